"""The welcome to a new customer: once, within 20 seconds (spec 4.5; its codes 41050 and 41051 are not verified there [K])."""

from miniprogram_mock.platform.endpoints import Call, Refusal
from miniprogram_mock.platform.errcode import Result, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.shapes import Text
from miniprogram_mock.platform.wecom import customers, media
from miniprogram_mock.platform.wecom.access import work

WELCOME_SECONDS = limit("wecom.welcome_seconds", 20, "4.5")


@work("POST", "externalcontact/send_welcome_msg", customers=True, fields={"welcome_code": Text(required=True), **media.FIELDS})
def send_welcome_msg(call: Call) -> Result:
    """41050 for a code that is unknown, used or too old; 41051 when the two have begun to chat."""
    store, now, data = call.platform.store, call.platform.clock.now(), call.data
    content = media.checked_content(call)
    row = store.one("SELECT * FROM wecom_welcome_codes WHERE code = ? AND corpid = ?", data["welcome_code"], call.account.corpid)
    if row is None or now - row["issued_at"] > call.platform.limits[WELCOME_SECONDS]:
        raise Refusal(41050, "invalid welcome code, or expired")
    whose = (row["corpid"], row["external_userid"], row["userid"])
    follow = customers.follow(call.platform, *whose)
    if follow is not None and (follow["chatted_at"] or 0) >= row["issued_at"]:
        raise Refusal(41051, "chat already started")
    once = store.run("UPDATE wecom_welcome_codes SET used_at = ? WHERE code = ? AND used_at IS NULL", now, row["code"]) == 1
    store.attempt("wecom_welcome", row["code"], effect=once)
    if not once:
        raise Refusal(41050, "invalid welcome code, already used")
    customers.say(call.platform, *whose, sender=row["userid"], kind="welcome", content=content)
    return ok()
