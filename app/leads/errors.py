"""What leads refuse."""

from app.kit.errors import Conflict, Forbidden, Invalid, NotFound


class LeadUnknown(NotFound):
    code, message = "leads.unknown", "There is no such lead."


class NotYours(Forbidden):
    code, message = "leads.not_yours", "Another adviser looks after this lead."


class LeadClosed(Conflict):
    code, message = "leads.closed", "This lead is closed."


class AlreadyAnswered(Conflict):
    code, message = "leads.already_answered", "This lead was answered already."


class PhoneNeeded(Conflict):
    code, message = "leads.phone_needed", "Bind a phone number first, so that the dealer can call."


class ConsentNeeded(Conflict):
    code, message = "leads.consent_needed", "Agree first that the dealer is told who asks."


class NothingToAskAbout(Invalid):
    code, message = "leads.nothing_to_ask_about", "Say which vehicle or which store this is about."


class TooEarly(Invalid):
    code, message = "leads.too_early", "A test drive lies in the future."
