"""What campaigns refuse."""

from app.kit.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable


class CampaignUnknown(NotFound):
    code, message = "campaigns.unknown", "There is no such campaign."


class CodeUnknown(NotFound):
    code, message = "campaigns.code_unknown", "The campaign has no such code."


class CostUnknown(NotFound):
    code, message = "campaigns.cost_unknown", "The campaign has no such cost."


class ManagersOnly(Forbidden):
    code, message = "campaigns.managers_only", "Marketers, administrators and the dealer's manager run campaigns."


class FieldsUnfit(Invalid):
    code, message = "campaigns.fields_unfit", "These fields of the campaign do not hold."


class FormUnfit(Invalid):
    code, message = "campaigns.form_unfit", "The landing form does not hold."


class FixedByNow(Conflict):
    code, message = "campaigns.fixed_by_now", "This can be changed in a draft only."


class NotEditable(Conflict):
    code, message = "campaigns.not_editable", "A campaign that has ended or was cancelled is not changed."


class Outdated(Conflict):
    code, message = "campaigns.outdated", "Somebody else changed this campaign; look again."


class StepImpossible(Conflict):
    code, message = "campaigns.step_impossible", "The campaign cannot take this step as it stands."


class LabelTaken(Conflict):
    code, message = "campaigns.label_taken", "The campaign has a code of this label."


class AlreadyReversed(Conflict):
    code, message = "campaigns.already_reversed", "This cost was reversed already, or is a reversal itself."


class CodePictureUnavailable(Unavailable):
    code, message = "campaigns.picture_unavailable", "WeChat gives no code at the moment."


class NotBegun(Conflict):
    code, message = "campaigns.not_begun", "The campaign has not begun."


class Over(Conflict):
    code, message = "campaigns.over", "The campaign is over."


class AnswerUnfit(Invalid):
    code, message = "campaigns.answer_unfit", "Some answers do not hold."


class ConsentNeeded(Conflict):
    code, message = "campaigns.consent_needed", "She has to agree to the text that the form shows."


class TicketUnfit(Invalid):
    code, message = "campaigns.ticket_unfit", "This is no check-in code of this campaign."


class TicketExpired(Conflict):
    code, message = "campaigns.ticket_expired", "This check-in code is too old; the phone shows a new one."
