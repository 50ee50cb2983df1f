"""Refunds: accepted at once, settled a moment later, told by a notification (spec 3.6)."""

import json
import secrets
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform.endpoints import Call
from miniprogram_mock.platform.pay import transactions
from miniprogram_mock.platform.pay.wire import PayRefusal, fen, notify_url, pay_endpoint, section, text
from miniprogram_mock.platform.store import Row
from miniprogram_mock.platform.timers import on_timer
from miniprogram_mock.platform.world import Merchant

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

SETTLE_SECONDS = 1.0
MOST_REFUNDS, SECONDS_APART, LATEST_SECONDS = 50, 60, 365 * 86400
_FIELDS = ("transaction_id", "out_trade_no", "out_refund_no", "reason", "notify_url", "funds_account", "amount", "goods_detail")
_RECEIVED_ACCOUNT = "支付用户零钱"


@pay_endpoint("POST", "/v3/refund/domestic/refunds", fields=_FIELDS)
def refund(call: Call, merchant: Merchant) -> dict[str, Any]:
    """Ask for a refund; the same `out_refund_no` is always the same single refund."""
    data, platform = call.data, call.platform
    number = text(data, "out_refund_no", most=64, pattern=r"[0-9A-Za-z_\-|*@]{1,64}")
    text(data, "reason", most=80, required=False)
    notify_url(data, most=256, required=False)
    amount = section(data, "amount", ("refund", "total", "currency", "from"))
    wanted, total = fen(amount, "refund", where="/amount"), fen(amount, "total", where="/amount")
    if amount.get("currency") != "CNY":
        raise PayRefusal("PARAM_ERROR", "退款币种必填，目前仅支持CNY", field="/amount/currency", value=amount.get("currency"))
    payment = _payment(call, merchant)
    earlier = _find(platform, merchant, str(number))
    platform.store.attempt("out_refund_no", str(number), effect=earlier is None)
    if earlier is not None:
        if (earlier["out_trade_no"], earlier["amount"]) != (payment["out_trade_no"], wanted):
            raise PayRefusal("INVALID_REQUEST", "商户退款单号已被使用，且订单或金额与首次申请不一致")
        return describe(platform, merchant, earlier)
    _check_allowed(platform, payment, wanted=wanted, total=total)
    now = platform.clock.now()
    platform.store.insert(
        "refunds", out_refund_no=number, mchid=merchant.mchid, out_trade_no=payment["out_trade_no"], amount=wanted, state="PROCESSING",
        refund_id=f"5030{secrets.randbelow(10**7):07}{platform.clock.local(now):%Y%m%d}{secrets.randbelow(10**10):010}",
        request=json.dumps(data, sort_keys=True), created_at=now, settle_at=now + SETTLE_SECONDS,
    )  # fmt: skip
    platform.store.run("UPDATE payments SET state = 'REFUND' WHERE mchid = ? AND out_trade_no = ?", merchant.mchid, payment["out_trade_no"])
    accepted = _find(platform, merchant, str(number))
    assert accepted is not None
    platform.timers.set("refund.settle", accepted["refund_id"], after=SETTLE_SECONDS)
    return describe(platform, merchant, accepted)


@pay_endpoint("GET", "/v3/refund/domestic/refunds/{out_refund_no}")
def query_refund(call: Call, merchant: Merchant) -> dict[str, Any]:
    row = _find(call.platform, merchant, call.path_args["out_refund_no"])
    if row is None:
        raise PayRefusal("RESOURCE_NOT_EXISTS", "退款单不存在")
    return describe(call.platform, merchant, row)


@pay_endpoint("POST", "/v3/refund/domestic/refunds/{refund_id}/apply-abnormal-refund", fields=("out_refund_no", "type"))
def apply_abnormal_refund(call: Call, merchant: Merchant) -> dict[str, Any]:
    """Settle an abnormal refund into the merchant's own bank account; the user's bank card would need encrypted fields."""
    row = _find(call.platform, merchant, str(call.data.get("out_refund_no")))
    if row is None or row["refund_id"] != call.path_args["refund_id"]:
        raise PayRefusal("RESOURCE_NOT_EXISTS", "退款单不存在")
    if call.data.get("type") != "MERCHANT_BANK_CARD":
        raise PayRefusal("PARAM_ERROR", "模拟器仅支持退至商户银行账户MERCHANT_BANK_CARD", field="/type", value=call.data.get("type"))
    if row["state"] != "ABNORMAL":
        raise PayRefusal("INVALID_REQUEST", "退款单不是退款异常状态")
    settle_at = call.platform.clock.now() + SETTLE_SECONDS
    call.platform.store.run("UPDATE refunds SET state = 'PROCESSING', settle_at = ? WHERE refund_id = ?", settle_at, row["refund_id"])
    call.platform.timers.set("refund.settle", row["refund_id"], after=SETTLE_SECONDS)
    return describe(call.platform, merchant, {**row, "state": "PROCESSING"})


@on_timer("refund.settle")
def _settle(platform: "Platform", refund_id: str) -> None:
    """The refund ends, and its notification is scheduled, if the request named an address for it."""
    row = platform.store.one("SELECT * FROM refunds WHERE refund_id = ?", refund_id)
    assert row is not None
    state, now = platform.faults.take("refund_status") or "SUCCESS", platform.clock.now()
    platform.store.run("UPDATE refunds SET state = ?, settle_at = NULL, settled_at = ? WHERE refund_id = ?", state, now, refund_id)
    _notify(platform, {**row, "state": state, "settled_at": now})


def describe(platform: "Platform", merchant: Merchant, row: Row) -> dict[str, Any]:
    """The refund object of the answer and the query; the notification spells some of it differently."""
    payment = transactions.find(platform, merchant, row["out_trade_no"])
    assert payment is not None
    settled = {"success_time": platform.clock.rfc3339(row["settled_at"])} if row["state"] == "SUCCESS" else {}
    return {
        "refund_id": row["refund_id"], "out_refund_no": row["out_refund_no"], "transaction_id": payment["transaction_id"],
        "out_trade_no": row["out_trade_no"], "channel": "ORIGINAL", "user_received_account": _RECEIVED_ACCOUNT, **settled,
        "create_time": platform.clock.rfc3339(row["created_at"]), "status": row["state"], "funds_account": "AVAILABLE",
        "amount": {
            "total": payment["total"], "refund": row["amount"], "payer_total": payment["total"], "payer_refund": row["amount"],
            "settlement_refund": row["amount"], "settlement_total": payment["total"], "discount_refund": 0, "currency": "CNY", "from": [],
        },
        "promotion_detail": [],
    }  # fmt: skip


def _notify(platform: "Platform", row: Row) -> None:
    url = json.loads(row["request"]).get("notify_url")
    if not url:
        return
    merchant = platform.world.merchant(row["mchid"])
    assert merchant is not None
    told = describe(platform, merchant, row)
    amount = {name: told["amount"][name] for name in ("total", "refund", "payer_total", "payer_refund")}
    named = ("transaction_id", "out_trade_no", "refund_id", "out_refund_no", "success_time", "user_received_account")
    resource = {
        "mchid": row["mchid"],
        **{name: told[name] for name in named if name in told},
        "refund_status": row["state"],
        "amount": amount,
    }
    platform.callbacks.pay_notice(merchant, f"REFUND.{row['state']}", url=url, resource=resource)


def _find(platform: "Platform", merchant: Merchant, out_refund_no: str) -> Row | None:
    return platform.store.one("SELECT * FROM refunds WHERE mchid = ? AND out_refund_no = ?", merchant.mchid, out_refund_no)


def _payment(call: Call, merchant: Merchant) -> Row:
    transaction_id, out_trade_no = call.data.get("transaction_id"), call.data.get("out_trade_no")
    if bool(transaction_id) == bool(out_trade_no):
        raise PayRefusal("PARAM_ERROR", "transaction_id与out_trade_no须二选一", field="/out_trade_no")
    row = call.platform.store.one(
        "SELECT * FROM payments WHERE mchid = ? AND (transaction_id = ? OR out_trade_no = ?)", merchant.mchid, transaction_id, out_trade_no
    )
    if row is None:
        raise PayRefusal("RESOURCE_NOT_EXISTS", "订单不存在")
    return row


def _check_allowed(platform: "Platform", payment: Row, *, wanted: int, total: int) -> None:
    now = platform.clock.now()
    if payment["state"] not in ("SUCCESS", "REFUND"):
        raise PayRefusal("INVALID_REQUEST", "订单未支付，不能退款")
    if total != payment["total"]:
        raise PayRefusal("INVALID_REQUEST", "订单金额与原订单不一致", field="/amount/total", value=total)
    if now - payment["paid_at"] > LATEST_SECONDS:
        raise PayRefusal("RULE_LIMIT", "订单已超过可退款的最大期限（支付完成后一年内）")
    earlier = platform.store.all(
        "SELECT amount, created_at FROM refunds WHERE mchid = ? AND out_trade_no = ? AND state NOT IN ('CLOSED')",
        payment["mchid"], payment["out_trade_no"],
    )  # fmt: skip
    if sum(row["amount"] for row in earlier) + wanted > payment["total"]:
        raise PayRefusal("INVALID_REQUEST", "申请退款金额大于订单剩余可退款金额", field="/amount/refund", value=wanted)
    if len(earlier) >= MOST_REFUNDS:
        raise PayRefusal("INVALID_REQUEST", "一笔订单最多支持50次部分退款")
    if earlier and now - max(row["created_at"] for row in earlier) < SECONDS_APART:
        raise PayRefusal("FREQUENCY_LIMITED", "同一订单两次部分退款须间隔1分钟以上")
