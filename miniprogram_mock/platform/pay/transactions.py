"""Payments as WeChat Pay tells them: query and close, for direct merchants and service providers (spec 3.4, 3.8)."""

import json
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform.endpoints import Call
from miniprogram_mock.platform.pay.fields import text
from miniprogram_mock.platform.pay.wire import DIRECT, PARTNER, PayRefusal, dealer, pay_endpoint
from miniprogram_mock.platform.store import Row
from miniprogram_mock.platform.world import Merchant

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

STATES = {"NOTPAY": "订单未支付", "SUCCESS": "支付成功", "CLOSED": "订单已关闭", "REFUND": "订单发生过退款，退款详情请查询退款单"}
PAID = ("SUCCESS", "REFUND")
_MCHID = text(32)
_WHOSE = {DIRECT: {"mchid": _MCHID}, PARTNER: {"sp_mchid": _MCHID, "sub_mchid": _MCHID}}
_ROOTS = {DIRECT: "/v3/pay/transactions", PARTNER: "/v3/pay/partner/transactions"}


def _query(call: Call, merchant: Merchant) -> dict[str, Any]:
    return describe(call.platform, _existing(call, merchant, call.query, find(call.platform, merchant, call.path_args["out_trade_no"])))


def _query_by_id(call: Call, merchant: Merchant) -> dict[str, Any]:
    row = call.platform.store.one(
        "SELECT * FROM payments WHERE mchid = ? AND transaction_id = ?", merchant.mchid, call.path_args["transaction_id"]
    )
    return describe(call.platform, _existing(call, merchant, call.query, row))


def _close(call: Call, merchant: Merchant) -> None:
    """Close an unpaid order; a paid one is ORDERPAID, a closed one ORDER_CLOSED. It need not be five minutes old: that is advice only."""
    row = _existing(call, merchant, call.data, find(call.platform, merchant, call.path_args["out_trade_no"]))
    if row["state"] == "CLOSED":
        raise PayRefusal("ORDER_CLOSED", "订单已关闭，无需重复关闭")
    if row["state"] != "NOTPAY":
        raise PayRefusal("ORDERPAID", "订单已支付，不能关闭")
    call.platform.store.run(
        "UPDATE payments SET state = 'CLOSED', closed_at = ? WHERE mchid = ? AND out_trade_no = ?",
        call.platform.clock.now(), merchant.mchid, row["out_trade_no"],
    )  # fmt: skip


for _whom, _root in _ROOTS.items():
    pay_endpoint("GET", f"{_root}/out-trade-no/{{out_trade_no}}", for_whom=_whom, query=_WHOSE[_whom])(_query)
    pay_endpoint("GET", f"{_root}/id/{{transaction_id}}", for_whom=_whom, query=_WHOSE[_whom])(_query_by_id)
    pay_endpoint("POST", f"{_root}/out-trade-no/{{out_trade_no}}/close", for_whom=_whom, body=_WHOSE[_whom])(_close)


def find(platform: "Platform", merchant: Merchant, out_trade_no: str) -> Row | None:
    return platform.store.one("SELECT * FROM payments WHERE mchid = ? AND out_trade_no = ?", merchant.mchid, out_trade_no)


def request_of(row: Row) -> dict[str, Any]:
    """The prepay request of a payment, or the request of a refund, as the merchant sent it."""
    request: dict[str, Any] = json.loads(row["request"])
    return request


def payee(payment: Row) -> str:
    """The merchant number that gets the money: the dealer's own in partner mode."""
    number: str = request_of(payment).get("sub_mchid") or payment["mchid"]
    return number


def describe(platform: "Platform", row: Row) -> dict[str, Any]:
    """The query object, which is also what a payment notification carries; before payment it has only a few fields."""
    request = request_of(row)
    fields: dict[str, Any] = {
        **parties(row), "out_trade_no": row["out_trade_no"], "trade_state": row["state"], "trade_state_desc": STATES[row["state"]],
        "attach": request.get("attach", ""), "promotion_detail": [],
    }  # fmt: skip
    if row["transaction_id"] is None:
        return fields
    device = request.get("scene_info", {}).get("device_id")
    if device:
        fields["scene_info"] = {"device_id": device}
    money = {"total": row["total"], "payer_total": row["total"], "currency": "CNY", "payer_currency": "CNY"}
    return {
        **fields, "transaction_id": row["transaction_id"], "trade_type": "JSAPI", "bank_type": "OTHERS",
        "success_time": platform.clock.rfc3339(row["paid_at"]), "payer": _payer(platform, row, request), "amount": money,
    }  # fmt: skip


def parties(payment: Row) -> dict[str, str]:
    """Who is paid, in the words of the mode that the order was opened in."""
    request = request_of(payment)
    if "sp_mchid" not in request:
        return {"appid": payment["appid"], "mchid": payment["mchid"]}
    return {name: request[name] for name in ("sp_appid", "sp_mchid", "sub_appid", "sub_mchid") if name in request}


def _payer(platform: "Platform", row: Row, request: dict[str, Any]) -> dict[str, str]:
    """In partner mode she is told under both appids, whichever one the order named."""
    if "sp_mchid" not in request:
        return {"openid": row["openid"]}
    openids = {
        one["appid"]: one["openid"]
        for one in platform.store.all(
            "SELECT appid, openid FROM openids WHERE user_id = (SELECT user_id FROM openids WHERE openid = ?)", row["openid"]
        )
    }
    under = {"sp_openid": request["sp_appid"], "sub_openid": request.get("sub_appid")}
    return {name: openids[appid] for name, appid in under.items() if appid in openids}


def _existing(call: Call, merchant: Merchant, told: Any, row: Row | None) -> Row:
    """The order, if it is there and the numbers told are its own."""
    number = told.get("sp_mchid", told.get("mchid"))
    if number != merchant.mchid:
        raise PayRefusal(
            "PARAM_ERROR", "商户号与签名的商户号不一致", field="/sp_mchid" if merchant.sub_merchants else "/mchid", value=number
        )
    if merchant.sub_merchants:
        dealer(merchant, told["sub_mchid"])
    if row is None or (merchant.sub_merchants and payee(row) != told["sub_mchid"]):
        raise PayRefusal("ORDER_NOT_EXIST", "订单不存在")
    return row
