"""Refunds: asked for, accepted, queried, and rescued when they went wrong (spec 3.6)."""

from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform.endpoints import Call
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.pay import balance, refund_course, sheet, transactions
from miniprogram_mock.platform.pay.fields import Shape, many, notify_url, other_number, section, text, whole
from miniprogram_mock.platform.pay.prepay import GOODS
from miniprogram_mock.platform.pay.wire import ANYBODY, PayRefusal, dealer_named, decrypted, pay_endpoint
from miniprogram_mock.platform.store import Row
from miniprogram_mock.platform.world import Merchant

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

MOST_REFUNDS = limit("pay.refunds_of_one_order", 50, "3.6")
APART = limit("pay.refund_seconds_apart", 60, "3.6")
LATEST = limit("pay.refundable_seconds", 365 * 86400, "3.6")
NOTIFY_URL = limit("pay.refund_notify_url_characters", 256, "3.6")
REASON = limit("pay.refund_reason_characters", 80, "3.6")
RATE = limit("pay.refund_per_second", 150, "3.6")
ERROR_RATE = limit("pay.refund_errors_per_second", 6, "3.6")
OLD_ORDER = limit("pay.old_order_seconds", 30 * 86400, "3.6: an order of more than a month")
OLD_ORDER_RATE = limit("pay.old_order_refunds_per_minute", 5000, "3.6")

_ID = text(32)
_REFUND: Shape = {
    "transaction_id?": _ID, "out_trade_no?": _ID, "out_refund_no": other_number(), "reason?": text(REASON),
    "notify_url?": notify_url(NOTIFY_URL), "funds_account?": text(32, one_of=("AVAILABLE",)), "sub_mchid?": _ID,
    "amount": section({
        "refund": whole(1), "total": whole(1), "currency": text(16, one_of=("CNY",)),
        "from?": many(section({"account": text(32, one_of=("AVAILABLE", "UNAVAILABLE")), "amount": whole(1)}), most=2),
    }),
    "goods_detail?": many(section({
        "merchant_goods_id": _ID, "wechatpay_goods_id?": _ID, "goods_name?": text(256), "unit_price": whole(0), "refund_amount": whole(0),
        "refund_quantity": whole(1),
    }), most=GOODS),
}  # fmt: skip
_RESCUE: Shape = {
    "out_refund_no": other_number(), "type": text(32, one_of=("USER_BANK_CARD", "MERCHANT_BANK_CARD")), "sub_mchid?": _ID,
    "bank_type?": text(32, pattern=r"[A-Z]+_(DEBIT|CREDIT)"), "bank_account?": text(1024), "real_name?": text(1024),
}  # fmt: skip


@pay_endpoint("POST", "/v3/refund/domestic/refunds", for_whom=ANYBODY, body=_REFUND, rate=RATE, error_rate=ERROR_RATE)
def refund(call: Call, merchant: Merchant) -> dict[str, Any]:
    """Ask for a refund; the same `out_refund_no` is always the same single refund."""
    data, platform = call.data, call.platform
    number, wanted = data["out_refund_no"], data["amount"]["refund"]
    if sum(one["amount"] for one in data["amount"].get("from", ())) not in (0, wanted):
        raise PayRefusal("PARAM_ERROR", "退款出资账户金额之和须等于退款金额", field="/amount/from")
    payment = _payment(call, merchant)
    earlier = _find(platform, merchant, number)
    if earlier is not None:
        platform.store.attempt("out_refund_no", number, effect=False)
        if (earlier["out_trade_no"], earlier["amount"]) != (payment["out_trade_no"], wanted):
            raise PayRefusal("INVALID_REQUEST", "商户退款单号已被使用，且订单或金额与首次申请不一致")
        return refund_course.describe(platform, earlier)
    already = refund_course.refunded(platform, payment)
    _check_allowed(platform, payment, wanted=wanted, total=data["amount"]["total"], already=already)
    _check_money(platform, payment, wanted=wanted, already=already)
    platform.store.attempt("out_refund_no", number, effect=True)
    return refund_course.begin(platform, payment, data, already=already)


@pay_endpoint("GET", "/v3/refund/domestic/refunds/{out_refund_no}", for_whom=ANYBODY, query={"sub_mchid?": _ID})
def query_refund(call: Call, merchant: Merchant) -> dict[str, Any]:
    dealer_named(merchant, call.query)
    return refund_course.describe(call.platform, _existing(call, merchant, call.path_args["out_refund_no"], call.query))


@pay_endpoint("POST", "/v3/refund/domestic/refunds/{refund_id}/apply-abnormal-refund", for_whom=ANYBODY, body=_RESCUE)
def apply_abnormal_refund(call: Call, merchant: Merchant) -> dict[str, Any]:
    """Settle an abnormal refund to a bank card of the user, named in fields encrypted for WeChat Pay, or to the merchant's own account."""
    data = call.data
    dealer_named(merchant, data)
    row = _existing(call, merchant, data["out_refund_no"], data)
    if row["refund_id"] != call.path_args["refund_id"]:
        raise PayRefusal("RESOURCE_NOT_EXISTS", "退款单不存在")
    if data["type"] == "USER_BANK_CARD":
        _check_card(call, merchant)
    if row["state"] != "ABNORMAL":
        raise PayRefusal("INVALID_REQUEST", "退款单不是退款异常状态")
    return refund_course.rescue(call.platform, row, to=data["type"])


def _check_card(call: Call, merchant: Merchant) -> None:
    for name in ("bank_type", "bank_account", "real_name"):
        if name not in call.data:
            raise PayRefusal("PARAM_ERROR", f"退至用户银行卡时{name}必填", field=f"/{name}")
    for name in ("bank_account", "real_name"):
        decrypted(call, merchant, call.data[name], f"/{name}")


def _find(platform: "Platform", merchant: Merchant, out_refund_no: str) -> Row | None:
    return platform.store.one("SELECT * FROM refunds WHERE mchid = ? AND out_refund_no = ?", merchant.mchid, out_refund_no)


def _existing(call: Call, merchant: Merchant, out_refund_no: str, told: Any) -> Row:
    row = _find(call.platform, merchant, out_refund_no)
    if row is None or transactions.request_of(row).get("sub_mchid") != told.get("sub_mchid"):
        raise PayRefusal("RESOURCE_NOT_EXISTS", "退款单不存在")
    return row


def _payment(call: Call, merchant: Merchant) -> Row:
    sub = dealer_named(merchant, call.data)
    transaction_id, out_trade_no = call.data.get("transaction_id"), call.data.get("out_trade_no")
    if bool(transaction_id) == bool(out_trade_no):
        raise PayRefusal("PARAM_ERROR", "transaction_id与out_trade_no须二选一", field="/out_trade_no")
    row = call.platform.store.one(
        "SELECT * FROM payments WHERE mchid = ? AND (transaction_id = ? OR out_trade_no = ?)", merchant.mchid, transaction_id, out_trade_no
    )
    if row is None or transactions.payee(row) != (sub.sub_mchid if sub else merchant.mchid):
        raise PayRefusal("RESOURCE_NOT_EXISTS", "订单不存在")
    return row


def _check_allowed(platform: "Platform", payment: Row, *, wanted: int, total: int, already: int) -> None:
    now, limits = platform.clock.now(), platform.limits
    if payment["state"] not in transactions.PAID:
        raise PayRefusal("INVALID_REQUEST", "订单未支付，不能退款")
    if total != payment["total"]:
        raise PayRefusal("INVALID_REQUEST", "订单金额与原订单不一致", field="/amount/total", value=total)
    age = now - payment["paid_at"]
    if age > limits[LATEST]:
        raise PayRefusal("RULE_LIMIT", "订单已超过可退款的最大期限（支付完成后一年内）")
    if age > limits[OLD_ORDER]:
        used = platform.store.count_up("pay.old_order_refunds", f"{payment['mchid']} {platform.clock.minute()}")
        if used > limits[OLD_ORDER_RATE]:
            raise PayRefusal("FREQUENCY_LIMITED", "一个月之前的订单申请退款频率超限")
    if already + wanted > payment["total"]:
        raise PayRefusal("INVALID_REQUEST", "申请退款金额大于订单剩余可退款金额", field="/amount/refund", value=wanted)
    count, latest = refund_course.history(platform, payment)
    if count >= limits[MOST_REFUNDS]:
        raise PayRefusal("INVALID_REQUEST", f"一笔订单最多支持{limits[MOST_REFUNDS]}次部分退款")
    if count and now - latest < limits[APART]:
        raise PayRefusal("FREQUENCY_LIMITED", "同一订单两次部分退款须间隔1分钟以上")
    if sheet.is_abnormal(platform, payment):
        raise PayRefusal("USER_ACCOUNT_ABNORMAL", "用户账户异常或已注销，无法退款")


def _check_money(platform: "Platform", payment: Row, *, wanted: int, already: int) -> None:
    """The money of the order itself, frozen or not, and what the merchant has free."""
    if wanted - balance.fee_back(platform, payment, already, wanted) > balance.spendable_on(platform, payment):
        raise PayRefusal("NOT_ENOUGH", "基本账户余额不足，请充值后重新发起")
