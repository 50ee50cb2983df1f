"""The unionid of whoever has just paid, without a login (spec 2.2).

Not verified: the names of the parameters, and 89002 (no Open Platform account) and 89300 (no such payment, or too long ago).
"""

from miniprogram_mock.platform.endpoints import API, Call
from miniprogram_mock.platform.errcode import Refusal, Result, business, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.mini_program import shipping
from miniprogram_mock.platform.mini_program.login import OPEN_PLATFORM
from miniprogram_mock.platform.mini_program.users import person

AFTER_PAYMENT = limit("mini_program.paid_unionid_seconds", 300, "2.2: within five minutes after the payment")


@business(API, "GET", "/wxa/getpaidunionid", kind="mini_program")
def getpaidunionid(call: Call) -> Result:
    """By the openid of the buyer and her payment: its `transaction_id`, or `mch_id` and `out_trade_no`."""
    user, query, platform = person(call, call.query.get("openid")), call.query, call.platform
    if not platform.switches[call.account.appid, OPEN_PLATFORM]:
        raise Refusal(89002, "open not exists")
    paid = shipping.payment(
        platform, call.account.appid, transaction_id=query.get("transaction_id"), mchid=query.get("mch_id", ""),
        out_trade_no=query.get("out_trade_no", ""),
    )  # fmt: skip
    if paid is None or paid["openid"] != user["openid"] or platform.clock.now() - paid["paid_at"] > platform.limits[AFTER_PAYMENT]:
        raise Refusal(89300, "invalid order")
    return ok(unionid=user["unionid"])
