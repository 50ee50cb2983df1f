"""The phone number behind a `getPhoneNumber` code (spec 1.3)."""

from miniprogram_mock.platform.endpoints import API, Call
from miniprogram_mock.platform.errcode import Refusal, Result, business, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.mini_program.users import owner_of_code, use_code
from miniprogram_mock.platform.rates import per_minute
from miniprogram_mock.platform.shapes import Text
from miniprogram_mock.platform.switches import switch

COUNTRY_AS_TEXT = switch("mini_program.country_code_as_text", False, "countryCode 写成文本（文档示例是数字）")
PER_MINUTE = limit("mini_program.phone_numbers_per_minute", 5000, "1.3 names 45011 without a number; [K], not verified")


@business(
    API, "POST", "/wxa/business/getuserphonenumber", kind="mini_program",
    fields={"code": Text(required=True, missing=40029, wrong=40029), "openid": Text()}, rates=(per_minute(PER_MINUTE),),
)  # fmt: skip
def getuserphonenumber(call: Call) -> Result:
    """Swap a `getPhoneNumber` code (not a login code) for the phone number; once and for five minutes."""
    user = owner_of_code(call, call.data["code"], kind="phone", appid=call.account.appid)
    if call.data.get("openid", user["openid"]) != user["openid"]:
        raise Refusal(40003, "invalid openid")
    use_code(call, call.data["code"])
    watermark = {"timestamp": int(call.platform.clock.now()), "appid": call.account.appid}
    number = parts(user["phone"])
    if call.platform.switches[call.account.appid, COUNTRY_AS_TEXT]:
        number["countryCode"] = str(number["countryCode"])
    return ok(phone_info={**number, "watermark": watermark})


def parts(phone: str) -> dict[str, str | int]:
    """A number as WeChat gives it: a foreign one (`+852-91234567`) with its country's code before it."""
    country, _, pure = phone.removeprefix("+").rpartition("-")
    if not country:
        return {"phoneNumber": phone, "purePhoneNumber": phone, "countryCode": 86}
    return {"phoneNumber": f"+{country}{pure}", "purePhoneNumber": pure, "countryCode": int(country)}
