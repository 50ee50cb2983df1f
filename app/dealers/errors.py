"""What dealers refuse."""

from app.kit.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unauthorized


class LoginRefused(Unauthorized):
    code, message = "dealers.login_refused", "The user name or the password is wrong."


class LoginLocked(TooMany):
    code, message = "dealers.login_locked", "Too many wrong passwords; this account is locked for a while."


class CodeNeeded(Unauthorized):
    code, message = "dealers.code_needed", "This login needs a code of the authenticator app."


class CodeRefused(Invalid):
    code, message = "dealers.code_refused", "The code is wrong, or was used already."


class PasswordRefused(Invalid):
    code, message = "dealers.password_refused", "The present password is wrong."


class SessionUnknown(NotFound):
    code, message = "dealers.session_unknown", "There is no such session."


class SecondFactorOn(Conflict):
    code, message = "dealers.second_factor_on", "There is a second factor already."


class SecondFactorOff(Conflict):
    code, message = "dealers.second_factor_off", "There is no second factor."


class PasswordToChange(Forbidden):
    """Somebody else knows the password; only the doors of one's own login are open."""

    code, message = "dealers.password_to_change", "Choose a password of your own first."


class TeamRefused(Forbidden):
    code, message = "dealers.team_refused", "Only an administrator, or the dealer's manager, keeps the team."


class NotYourself(Conflict):
    code, message = "dealers.not_yourself", "Nobody does this to herself; ask somebody else who keeps the team."


class PlacesRefused(Forbidden):
    code, message = "dealers.places_refused", "Only administrators of the brand keep dealers and stores."


class NameTaken(Invalid):
    code, message = "dealers.name_taken", "There is one of this name already."


class StaffUnknown(NotFound):
    code, message = "dealers.staff_unknown", "There is no such person, or she is none of yours."


class UsernameTaken(Invalid):
    code, message = "dealers.username_taken", "Somebody has this user name already."


class WecomTaken(Invalid):
    code, message = "dealers.wecom_taken", "Somebody of the brand has this WeCom account already."


class DealerNeeded(Invalid):
    code, message = "dealers.dealer_needed", "Headquarters have no dealer, everybody else has one."


class StoreUnknown(NotFound):
    code, message = "dealers.store_unknown", "There is no such store."


class DealerUnknown(NotFound):
    code, message = "dealers.dealer_unknown", "There is no such dealer."


class AdministratorsOnly(Forbidden):
    code, message = "dealers.administrators_only", "Only administrators of the brand give keys to other systems."


class PartnerKeyUnknown(NotFound):
    code, message = "dealers.partner_key_unknown", "There is no such key."


class TooManyKeys(Conflict):
    code, message = "dealers.too_many_keys", "The brand has as many keys as it may have; take one back first."


class BrandUnclear(Invalid):
    code, message = "dealers.brand_unclear", "Say which brand; the keys there are stand in the details."


class RosterRefused(Invalid):
    code, message = "dealers.roster_refused", "This list of staff has rows that do not hold; nothing was changed."
