"""What the merchant tells WeChat of its deliveries (发货信息管理, spec 1.12).

The codes beside 47001, 268485226 and 268485228 are from Tencent's page as others quote it: [K], not verified.
"""

import json
from datetime import datetime
from typing import Any

from miniprogram_mock.platform.endpoints import API, Call
from miniprogram_mock.platform.errcode import Refusal, Result, business, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.mini_program import shipping
from miniprogram_mock.platform.shapes import Flag, Int, Many, Object, Text
from miniprogram_mock.platform.store import Row

MOST_PARCELS = limit("mini_program.parcels_per_order", 15, "1.12")
LONGEST_DESCRIPTION = limit("mini_program.item_desc_characters", 120, "1.12 names none; [K], not verified")
LONGEST_DELAY = limit("mini_program.special_order_seconds", 330 * 86400, "1.12: a pre-sale order is reported for up to 330 days")
UNIFIED, SPLIT = 1, 2
_MOST_SHIPPINGS = 2
_UPLOAD_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)"
# The last four digits may not be masked.
_CONTACT = Text(least=0, most=1024, pattern=r"[0-9*+\-]*\d{2,4}(-?\d{2,4})?", wrong=10060014)
_ORDER_KEY = {
    "order_number_type": Int(required=True, choices=(1, 2), missing=268485194, wrong=268485194),
    "transaction_id": Text(least=0), "mchid": Text(least=0), "out_trade_no": Text(least=0),
}  # fmt: skip
_PARCEL = {
    "tracking_no": Text(least=0, most=128, measure="bytes", too_long=10060026),
    "express_company": Text(least=0, most=128, measure="bytes", too_long=10060025),
    "item_desc": Text(required=True, missing=10060008, wrong=10060008, most=LONGEST_DESCRIPTION, too_long=10060009),
    "contact": Object({"consignor_contact": _CONTACT, "receiver_contact": _CONTACT}),
}  # fmt: skip


@business(
    API, "POST", "/wxa/sec/order/upload_shipping_info", kind="mini_program",
    fields={
        "order_key": Object(_ORDER_KEY, required=True, missing=10060014),
        "logistics_type": Int(required=True, choices=(1, 2, 3, 4), missing=10060005, wrong=10060005),
        "delivery_mode": Int(required=True, choices=(UNIFIED, SPLIT), missing=268485224, wrong=268485224), "is_all_delivered": Flag(),
        "shipping_list": Many(
            Object(_PARCEL), required=True, most=MOST_PARCELS, too_long=10060024, wrong=10060014, missing=10060014
        ),
        "upload_time": Text(required=True, missing=268485216, wrong=268485216, pattern=_UPLOAD_TIME),
        "payer": Object({"openid": Text(required=True, missing=10060014, wrong=10060014)}, required=True, missing=10060014),
    },
)  # fmt: skip
def upload_shipping_info(call: Call) -> Result:
    """Ship a paid order, in one go or parcel by parcel; once all is shipped it may be shipped anew exactly once.

    `upload_time` puts the uploads of an order in order: one that comes late changes nothing.
    """
    data, moment = call.data, _moment(call.data["upload_time"])
    paid = _ordered(call)
    if paid["openid"] != data["payer"]["openid"]:
        raise Refusal(10060031, "该笔支付单不属于 openid 所指定的用户")
    _check_parcels(data)
    row = shipping.shipment(call.platform, paid)
    if shipping.is_refunded(call.platform, paid) or row["confirmed_at"] is not None:
        raise Refusal(10060004, "支付单处于不可发货的状态")
    if moment < row["uploaded_at"]:
        raise Refusal(10060023, "发货信息未更新, hint: upload_time 早于上一次")
    parcels = _parcels(call, row, moment)
    call.platform.store.run(
        "UPDATE shipments SET logistics_type = ?, delivery_mode = ?, parcels = ?, uploaded_at = ? WHERE transaction_id = ?",
        data["logistics_type"], data["delivery_mode"], json.dumps(parcels, ensure_ascii=False), moment, paid["transaction_id"],
    )  # fmt: skip
    if data["delivery_mode"] == UNIFIED or data["is_all_delivered"]:
        shipping.finish(call.platform, paid, logistics_type=data["logistics_type"])
    return ok()


@business(
    API, "POST", "/wxa/sec/order/opspecialorder", kind="mini_program",
    fields={
        "order_id": Text(required=True, missing=268546002, wrong=268546002),
        "type": Int(required=True, choices=(1, 2), missing=268546000, wrong=268546000), "delay_to": Int(wrong=268546001),
    },
)  # fmt: skip
def opspecialorder(call: Call) -> Result:
    """Report an order that ships late: a pre-sale (1) until `delay_to`, a test order (2). It must not be shipped yet."""
    data, platform, now = call.data, call.platform, call.platform.clock.now()
    found = platform.store.all(
        "SELECT * FROM payments WHERE appid = ? AND transaction_id IS NOT NULL AND ? IN (transaction_id, out_trade_no)",
        call.account.appid, data["order_id"],
    )  # fmt: skip
    if len(found) != 1 or shipping.shipment(platform, found[0])["finished"]:
        raise Refusal(268546002, "账户不存在这个待发货单号")
    longest = found[0]["paid_at"] + platform.limits[LONGEST_DELAY]
    if data["type"] == 1 and not now < data.get("delay_to", 0) <= longest:
        raise Refusal(268546001, "delay_to非法")
    until = data["delay_to"] if data["type"] == 1 else longest
    platform.store.run("UPDATE shipments SET delay_to = ? WHERE transaction_id = ?", until, found[0]["transaction_id"])
    return ok()


def _ordered(call: Call) -> Row:
    key, appid = call.data["order_key"], call.account.appid
    if key["order_number_type"] == 2:
        if not key.get("transaction_id"):
            raise Refusal(268485195, "微信支付单号形式下 transaction_id 字段不能为空")
        paid = shipping.payment(call.platform, appid, transaction_id=key["transaction_id"])
    else:
        for name, errcode in (("mchid", 268485196), ("out_trade_no", 268485197)):
            if not key.get(name):
                raise Refusal(errcode, f"商户侧单号形式下 {name} 字段不能为空")
        paid = shipping.payment(call.platform, appid, mchid=key["mchid"], out_trade_no=key["out_trade_no"])
    if paid is None:
        raise Refusal(10060001, "支付单不存在")
    return paid


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise Refusal(268485216, "上传时间非法，请按照 RFC 3339 格式填写") from None


def _check_parcels(data: dict[str, Any]) -> None:
    parcels = data["shipping_list"]
    if data["delivery_mode"] == UNIFIED and len(parcels) != 1:
        raise Refusal(268485228, "统一发货模式下，物流信息列表长度必须为1")
    if data["delivery_mode"] == SPLIT:
        if data["logistics_type"] != shipping.EXPRESS:
            raise Refusal(10060006, "非快递发货时不允许分拆发货")
        if "is_all_delivered" not in data:
            raise Refusal(10060007, "分拆发货模式下必须填写 is_all_delivered 字段")
    if data["logistics_type"] != shipping.EXPRESS:
        return
    for parcel in parcels:
        if not parcel.get("tracking_no"):
            raise Refusal(268485226, "物流单号不能为空")
        if not parcel.get("express_company"):
            raise Refusal(268485227, "物流公司编码不能为空")
        if parcel["express_company"].startswith("SF") and not any(parcel.get("contact", {}).values()):
            raise Refusal(10060014, "参数错误, hint: 顺丰发货时联系方式必填")


def _parcels(call: Call, row: Row, moment: float) -> list[dict[str, Any]]:
    """The order's parcels after this upload; what a shipped order no longer takes is refused."""
    data, before = call.data, json.loads(row["parcels"])
    given = [{**parcel, "upload_time": int(moment)} for parcel in data["shipping_list"]]
    known = [_plain(parcel) for parcel in before]
    is_same = all(_plain(parcel) in known for parcel in given) and row["logistics_type"] == data["logistics_type"]
    if row["finished"] and data["delivery_mode"] == SPLIT and not data["is_all_delivered"]:
        raise Refusal(10060002, "支付单已完成发货，无法继续发货")
    if row["finished"] and is_same:
        raise Refusal(10060023, "发货信息未更新")
    if row["finished"] >= _MOST_SHIPPINGS:
        raise Refusal(10060003, "支付单已使用重新发货机会")
    is_continued = data["delivery_mode"] == SPLIT and row["delivery_mode"] == SPLIT and not row["finished"]
    if not is_continued:
        return given
    if is_same and not data["is_all_delivered"]:
        raise Refusal(10060023, "发货信息未更新")
    added = [parcel for parcel in given if _plain(parcel) not in known]
    if len(before) + len(added) > call.platform.limits[MOST_PARCELS]:
        raise Refusal(10060024, "物流信息列表太长")
    return [*before, *added]


def _plain(parcel: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parcel.items() if name != "upload_time"}
