"""Asking WeChat about managed orders, and the reminders that a merchant may send (spec 1.12).

The fields of an order, and the codes beside those of the contract, are [K], not verified.
"""

import json
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform.endpoints import API, Call
from miniprogram_mock.platform.errcode import Refusal, Result, business, ok
from miniprogram_mock.platform.mini_program import shipping
from miniprogram_mock.platform.shapes import Int, Object, Text
from miniprogram_mock.platform.store import Row

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

_TO_SHIP, _SHIPPED, _CONFIRMED, _DONE, _REFUNDED = 1, 2, 3, 4, 5
_LONGEST_PAGE = 100
_APPID = {"appid": Text(required=True, missing=40097)}
_NUMBERS = {
    "transaction_id": Text(least=0),
    "merchant_id": Text(least=0),
    "sub_merchant_id": Text(least=0),
    "merchant_trade_no": Text(least=0),
}


@business(API, "POST", "/wxa/sec/order/is_trade_managed", kind="mini_program", fields=_APPID)
def is_trade_managed(call: Call) -> Result:
    """Whether payments are frozen until they are shipped; a mini-program may ask for itself only."""
    return ok(is_trade_managed=bool(_management(call)["managed"]))


@business(API, "POST", "/wxa/sec/order/is_trade_management_confirmation_completed", kind="mini_program", fields=_APPID)
def is_confirmation_completed(call: Call) -> Result:
    return ok(completed=bool(_management(call)["confirmed"]))


@business(API, "POST", "/wxa/sec/order/get_order", kind="mini_program", fields=_NUMBERS)
def get_order(call: Call) -> Result:
    return ok(order=describe(call.platform, _asked_for(call)))


@business(
    API, "POST", "/wxa/sec/order/get_order_list", kind="mini_program",
    fields={
        "pay_time_range": Object({"begin_time": Int(), "end_time": Int()}), "order_state": Int(choices=(1, 2, 3, 4, 5, 6), wrong=10060014),
        "openid": Text(least=0), "last_index": Text(least=0, pattern=r"\d*", wrong=10060011),
        "page_size": Int(least=1, most=_LONGEST_PAGE, wrong=10060014),
    },
)  # fmt: skip
def get_order_list(call: Call) -> Result:
    """Paid orders in the order of their creation; `last_index` goes on after a page that said `has_more`."""
    data, platform = call.data, call.platform
    wanted, between, found = data.get("page_size", _LONGEST_PAGE), data.get("pay_time_range", {}), []
    rows = platform.store.all(
        "SELECT rowid AS position, * FROM payments WHERE appid = ? AND transaction_id IS NOT NULL AND rowid > ? AND paid_at >= ? "
        "AND paid_at < ? AND (? = '' OR openid = ?) ORDER BY rowid", call.account.appid, int(data.get("last_index") or 0),
        between.get("begin_time", 0), between.get("end_time", 2**32 - 1) + 1, data.get("openid", ""), data.get("openid", ""),
    )  # fmt: skip
    for paid in rows:
        order = describe(platform, paid)
        if data.get("order_state", order["order_state"]) == order["order_state"]:
            found.append((paid["position"], order))
        if len(found) > wanted:
            break
    page = found[:wanted]
    last = str(page[-1][0]) if page else data.get("last_index", "")
    return ok(last_index=last, has_more=len(found) > wanted, order_list=[order for _, order in page])


@business(
    API, "POST", "/wxa/sec/order/notify_confirm_receive", kind="mini_program",
    fields={**_NUMBERS, "received_time": Int(required=True, missing=10060014)},
)  # fmt: skip
def notify_confirm_receive(call: Call) -> Result:
    """Ask her, once per order, to confirm an express delivery that has arrived."""
    paid = _asked_for(call)
    row = shipping.shipment(call.platform, paid)
    if not row["finished"] or row["confirmed_at"] is not None or shipping.is_refunded(call.platform, paid):
        raise Refusal(10060028, "支付单不是已发货状态")
    if row["logistics_type"] != shipping.EXPRESS:
        raise Refusal(10060032, "只有物流快递发货时允许提醒用户确认收货")
    if not int(row["shipped_at"]) <= call.data["received_time"] <= call.platform.clock.now():
        raise Refusal(10060029, "签收时间非法")
    if row["receive_reminded_at"] is not None:
        raise Refusal(10060030, "支付单已使用提醒收货机会")
    shipping.remind_receipt(call.platform, paid)
    return ok()


@business(API, "POST", "/wxa/sec/order/set_msg_jump_path", kind="mini_program", fields={"path": Text(required=True)})
def set_msg_jump_path(call: Call) -> Result:
    """Where WeChat's own notices about deliveries lead; a page of the mini-program, with a query if wanted."""
    if call.data["path"].partition("?")[0] not in call.account.pages:
        raise Refusal(40165, "invalid weapp pagepath")
    shipping.set_jump_path(call.platform, call.account.appid, call.data["path"])
    return ok()


def describe(platform: "Platform", paid: Row) -> dict[str, Any]:
    """A paid order with its delivery, as WeChat tells it."""
    row = shipping.shipment(platform, paid)
    request = json.loads(paid["request"])
    order = {
        "transaction_id": paid["transaction_id"], "merchant_id": paid["mchid"], "sub_merchant_id": shipping.sub_mchid(paid),
        "merchant_trade_no": paid["out_trade_no"], "description": request.get("description", ""), "paid_amount": paid["total"],
        "openid": paid["openid"], "trade_create_time": int(paid["created_at"]), "pay_time": int(paid["paid_at"]),
        "order_state": _state(platform, paid, row), "in_complaint": False, "shipping": {},
    }  # fmt: skip
    parcels = json.loads(row["parcels"])
    if parcels:
        order["shipping"] = {
            "delivery_mode": row["delivery_mode"], "logistics_type": row["logistics_type"], "finish_shipping": bool(row["finished"]),
            "goods_desc": "", "finish_shipping_count": row["finished"],
            "shipping_list": [{**parcel, "goods_desc": parcel.pop("item_desc")} for parcel in parcels],
        }  # fmt: skip
    return order


def _state(platform: "Platform", paid: Row, row: Row) -> int:
    if shipping.is_refunded(platform, paid):
        return _REFUNDED
    if row["settled_at"] is not None:
        return _DONE
    if row["confirmed_at"] is not None:
        return _CONFIRMED
    return _SHIPPED if row["finished"] else _TO_SHIP


def _management(call: Call) -> Row:
    if call.data["appid"] != call.account.appid:
        raise Refusal(40013, "invalid appid")
    return shipping.management(call.platform, call.account.appid)


def _asked_for(call: Call) -> Row:
    data, appid, paid = call.data, call.account.appid, None
    if data.get("transaction_id"):
        paid = shipping.payment(call.platform, appid, transaction_id=data["transaction_id"])
    elif data.get("merchant_id") and data.get("merchant_trade_no"):
        paid = shipping.payment(call.platform, appid, mchid=data["merchant_id"], out_trade_no=data["merchant_trade_no"])
    else:
        raise Refusal(10060014, "参数错误, hint: transaction_id 或 merchant_id 与 merchant_trade_no")
    if paid is None or data.get("sub_merchant_id", shipping.sub_mchid(paid)) != shipping.sub_mchid(paid):
        raise Refusal(10060001, "支付单不存在")
    return paid
