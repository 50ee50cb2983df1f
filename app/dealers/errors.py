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
