"""JSAPI payments: prepay, query, close, and what happens when the user pays (spec 3.3 to 3.5)."""

import json
import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.endpoints import Call
from miniprogram_mock.platform.pay.wire import PayRefusal, fen, notify_url, pay_endpoint, section, text
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.store import Row
from miniprogram_mock.platform.world import Merchant

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

DEFAULT_EXPIRY, LONGEST_EXPIRY, SHORTEST_EXPIRY = 7 * 86400, 90 * 86400, 60
PREPAY_LIFETIME = 2 * 3600
STATES = {"NOTPAY": "订单未支付", "SUCCESS": "支付成功", "CLOSED": "订单已关闭", "REFUND": "订单发生过退款，退款详情请查询退款单"}
_FIELDS = (
    "appid", "mchid", "description", "out_trade_no", "time_expire", "attach", "notify_url", "goods_tag", "support_fapiao", "amount",
    "payer", "detail", "scene_info", "settle_info",
)  # fmt: skip


@pay_endpoint("POST", "/v3/pay/transactions/jsapi", fields=_FIELDS)
def prepay(call: Call, merchant: Merchant) -> dict[str, Any]:
    """Open an order; the same parameters again give a fresh prepay_id for the same order."""
    data, platform = call.data, call.platform
    order = _checked(call, merchant)
    number = order["out_trade_no"]
    earlier = find(platform, merchant, number)
    platform.store.attempt("out_trade_no", number, effect=earlier is None)
    now = platform.clock.now()
    if earlier is None:
        platform.store.insert("payments", **order, state="NOTPAY", request=json.dumps(data, sort_keys=True), created_at=now)
    else:
        _check_same(earlier, data, now)
    prepay_id = f"wx{platform.clock.local(now):%Y%m%d%H%M%S}{secrets.token_hex(9)}0000"
    platform.store.insert("prepays", prepay_id=prepay_id, mchid=merchant.mchid, out_trade_no=number, issued_at=now)
    return {"prepay_id": prepay_id}


@pay_endpoint("GET", "/v3/pay/transactions/out-trade-no/{out_trade_no}")
def query(call: Call, merchant: Merchant) -> dict[str, Any]:
    return describe(
        call.platform, _existing(call, merchant, call.query.get("mchid"), find(call.platform, merchant, call.path_args["out_trade_no"]))
    )


@pay_endpoint("GET", "/v3/pay/transactions/id/{transaction_id}")
def query_by_id(call: Call, merchant: Merchant) -> dict[str, Any]:
    row = call.platform.store.one(
        "SELECT * FROM payments WHERE mchid = ? AND transaction_id = ?", merchant.mchid, call.path_args["transaction_id"]
    )
    return describe(call.platform, _existing(call, merchant, call.query.get("mchid"), row))


@pay_endpoint("POST", "/v3/pay/transactions/out-trade-no/{out_trade_no}/close", fields=("mchid",))
def close(call: Call, merchant: Merchant) -> None:
    """Close an unpaid order; a paid one is ORDERPAID, a closed one ORDER_CLOSED."""
    row = _existing(call, merchant, call.data.get("mchid"), find(call.platform, merchant, call.path_args["out_trade_no"]))
    if row["state"] == "CLOSED":
        raise PayRefusal("ORDER_CLOSED", "订单已关闭，无需重复关闭")
    if row["state"] != "NOTPAY":
        raise PayRefusal("ORDERPAID", "订单已支付，不能关闭")
    call.platform.store.run(
        "UPDATE payments SET state = 'CLOSED', closed_at = ? WHERE mchid = ? AND out_trade_no = ?",
        call.platform.clock.now(), merchant.mchid, row["out_trade_no"],
    )  # fmt: skip


def find(platform: "Platform", merchant: Merchant, out_trade_no: str) -> Row | None:
    return platform.store.one("SELECT * FROM payments WHERE mchid = ? AND out_trade_no = ?", merchant.mchid, out_trade_no)


def describe(platform: "Platform", row: Row) -> dict[str, Any]:
    """The query object, which is also what a payment notification carries; before payment it has only a few fields."""
    request = json.loads(row["request"])
    fields: dict[str, Any] = {
        "appid": row["appid"], "mchid": row["mchid"], "out_trade_no": row["out_trade_no"], "trade_state": row["state"],
        "trade_state_desc": STATES[row["state"]], "attach": request.get("attach", ""), "promotion_detail": [],
    }  # fmt: skip
    if row["transaction_id"] is None:
        return fields
    money = {"total": row["total"], "payer_total": row["total"], "currency": "CNY", "payer_currency": "CNY"}
    return {
        **fields, "transaction_id": row["transaction_id"], "trade_type": "JSAPI", "bank_type": "OTHERS",
        "success_time": platform.clock.rfc3339(row["paid_at"]), "payer": {"openid": row["openid"]}, "amount": money,
    }  # fmt: skip


def pay(platform: "Platform", user_id: int, sheet: dict[str, str], *, lose: bool = False, copies: int = 1) -> str | None:
    """The user confirms the pay sheet of `wx.requestPayment`; gives None when it was paid, else what the phone says.

    `lose` keeps the notification from being sent, `copies` sends it more than once.
    """
    problem, merchant, row = _open_order(platform, user_id, sheet)
    if problem or merchant is None or row is None:
        return problem
    now = platform.clock.now()
    transaction_id = f"4200{secrets.randbelow(10**7):07}{platform.clock.local(now):%Y%m%d}{secrets.randbelow(10**9):09}"
    platform.store.run(
        "UPDATE payments SET state = 'SUCCESS', transaction_id = ?, paid_at = ? WHERE mchid = ? AND out_trade_no = ?",
        transaction_id, now, merchant.mchid, row["out_trade_no"],
    )  # fmt: skip
    paid = find(platform, merchant, row["out_trade_no"])
    assert paid is not None
    url = json.loads(row["request"])["notify_url"]
    platform.callbacks.pay_notice(merchant, "TRANSACTION.SUCCESS", url=url, resource=describe(platform, paid), copies=copies, lost=lose)
    return None


def bill(platform: "Platform", prepay_id: str) -> dict[str, Any]:
    """Who is paid, for what, and how much in fen; NotPossible when there is no such prepay."""
    row = platform.store.one(
        "SELECT p.mchid, p.total, p.request FROM prepays JOIN payments p USING (mchid, out_trade_no) WHERE prepay_id = ?", prepay_id
    )
    if row is None:
        raise NotPossible("没有这个预支付会话", status=404)
    merchant = platform.world.merchant(row["mchid"])
    assert merchant is not None
    return {"merchant": merchant.name, "description": json.loads(row["request"])["description"], "total": row["total"]}


def _open_order(platform: "Platform", user_id: int, sheet: dict[str, str]) -> tuple[str | None, Merchant | None, Row | None]:
    """The order behind a pay sheet, or why it cannot be paid."""
    prepay_id = sheet["package"].removeprefix("prepay_id=")
    issued = platform.store.one("SELECT * FROM prepays WHERE prepay_id = ?", prepay_id)
    if issued is None or not sheet["package"].startswith("prepay_id="):
        return "requestPayment:fail 支付参数package错误，prepay_id不存在", None, None
    merchant = platform.world.merchant(issued["mchid"])
    assert merchant is not None
    row = find(platform, merchant, issued["out_trade_no"])
    assert row is not None
    lines = (sheet["appId"], sheet["timeStamp"], sheet["nonceStr"], sheet["package"])
    signed = (
        sheet["signType"] == "RSA" and sheet["timeStamp"].isdigit() and crypto.verifies(merchant.merchant_key, sheet["paySign"], *lines)
    )
    if sheet["appId"] != row["appid"] or not signed:
        return "requestPayment:fail 支付验证签名失败", None, None
    openid = platform.store.value("SELECT openid FROM openids WHERE appid = ? AND user_id = ?", row["appid"], user_id)
    now = platform.clock.now()
    refusals = [
        (openid != row["openid"], "当前支付用户与下单用户不一致"),
        (row["state"] in ("SUCCESS", "REFUND"), "该订单已支付"),
        (row["state"] == "CLOSED", "该订单已关闭"),
        (now >= row["expires_at"], "该订单已过期，请重新下单"),
        (now >= issued["issued_at"] + PREPAY_LIFETIME, "预支付会话已过期，请重新下单"),
    ]
    problem = next((f"requestPayment:fail {reason}" for refused, reason in refusals if refused), None)
    return problem, merchant, row


def _checked(call: Call, merchant: Merchant) -> Row:
    """The columns of a new payment from a prepay body, every field checked."""
    data = call.data
    if data.get("mchid") != merchant.mchid:
        raise PayRefusal("MCH_NOT_EXISTS", "商户号与签名的商户号不一致", field="/mchid", value=data.get("mchid"))
    if data.get("appid") != merchant.appid:
        raise PayRefusal("APPID_MCHID_NOT_MATCH", "appid和mchid不匹配，请检查是否已绑定", field="/appid", value=data.get("appid"))
    text(data, "description", most=127)
    number = text(data, "out_trade_no", most=32, pattern=r"[0-9A-Za-z_\-|*]{6,32}")
    text(data, "attach", most=128, required=False)
    text(data, "goods_tag", most=32, required=False)
    notify_url(data, most=255, required=True)
    amount = section(data, "amount", ("total", "currency"))
    total = fen(amount, "total", where="/amount")
    if amount.get("currency", "CNY") != "CNY":
        raise PayRefusal("PARAM_ERROR", "目前仅支持人民币CNY", field="/amount/currency", value=amount["currency"])
    openid = section(data, "payer", ("openid",)).get("openid")
    store = call.platform.store
    if not store.value("SELECT 1 FROM openids WHERE appid = ? AND openid = ?", data["appid"], openid):
        raise PayRefusal("OPENID_MISMATCH", "openid和appid不匹配", field="/payer/openid", value=openid)
    return {
        "out_trade_no": number, "mchid": merchant.mchid, "appid": data["appid"], "openid": openid, "total": total,
        "expires_at": _expires_at(call),
    }  # fmt: skip


def _expires_at(call: Call) -> float:
    """Last moment to pay: seven days unless said, at least a minute, at most ninety days from now."""
    now, said = call.platform.clock.now(), call.data.get("time_expire")
    if said is None:
        return now + DEFAULT_EXPIRY
    try:
        moment = datetime.fromisoformat(said)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise PayRefusal("PARAM_ERROR", "time_expire必须是RFC3339格式的时间", field="/time_expire", value=said)
    if not now < moment.timestamp() <= now + LONGEST_EXPIRY:
        raise PayRefusal("PARAM_ERROR", "time_expire必须晚于当前时间，且不超过90天", field="/time_expire", value=said)
    return max(moment.timestamp(), now + SHORTEST_EXPIRY)


def _check_same(earlier: Row, data: dict[str, Any], now: float) -> None:
    """A repeated order number must be the same open order."""
    if json.loads(earlier["request"]) != data:
        raise PayRefusal("OUT_TRADE_NO_USED", "商户订单号重复，且请求参数与首次下单不一致")
    if earlier["state"] == "CLOSED":
        raise PayRefusal("ORDER_CLOSED", "该订单已关闭，请更换商户订单号重新下单")
    if earlier["state"] != "NOTPAY":
        raise PayRefusal("ORDERPAID", "该订单已支付")
    if now >= earlier["expires_at"]:
        raise PayRefusal("INVALID_REQUEST", "该订单已过期，请更换商户订单号重新下单")


def _existing(call: Call, merchant: Merchant, mchid: Any, row: Row | None) -> Row:
    if mchid != merchant.mchid:
        raise PayRefusal("PARAM_ERROR", "参数mchid与签名的商户号不一致", field="/mchid", value=mchid)
    if row is None:
        raise PayRefusal("ORDER_NOT_EXIST", "订单不存在")
    return row
