"""Taking shared money back from a receiver who allowed it (spec 3.8)."""

import json
import secrets
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform.endpoints import Call
from miniprogram_mock.platform.faults import kind
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.pay import balance, receivers, sharing, transactions
from miniprogram_mock.platform.pay.fields import Shape, other_number, text, whole
from miniprogram_mock.platform.pay.wire import ANYBODY, PayRefusal, pay_endpoint
from miniprogram_mock.platform.store import Row, declare
from miniprogram_mock.platform.switches import switch
from miniprogram_mock.platform.timers import on_timer
from miniprogram_mock.platform.world import Merchant

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

declare("""
CREATE TABLE IF NOT EXISTS pay_sharing_returns (
    return_id TEXT PRIMARY KEY, mchid TEXT NOT NULL, out_return_no TEXT NOT NULL, order_id TEXT NOT NULL REFERENCES pay_sharings,
    return_mchid TEXT NOT NULL, amount INTEGER NOT NULL, result TEXT NOT NULL, fail_reason TEXT, request TEXT NOT NULL,
    created_at REAL NOT NULL, finished_at REAL, UNIQUE (mchid, out_return_no))
""")
MOST_RETURNS = limit("pay.sharing_returns_of_a_receiver", 20, "3.8")
LATEST = limit("pay.sharing_return_seconds", 180 * 86400, "3.8")
ALLOWED = switch("pay_allows_sharing_return", True, "作为分账接收方，同意分账回退")
FAILS = kind("sharing_return_failure", "下一笔分账回退失败，原因是 status，如 ACCOUNT_ABNORMAL", status=None)

_ID, _NUMBER = text(32), other_number()
_RETURN: Shape = {
    "sub_mchid?": _ID, "order_id?": text(64), "out_order_no?": _NUMBER, "out_return_no": _NUMBER, "return_mchid": _ID, "amount": whole(1),
    "description": text(80),
}  # fmt: skip


@pay_endpoint("POST", "/v3/profitsharing/return-orders", for_whom=ANYBODY, body=_RETURN)
def take_back(call: Call, merchant: Merchant) -> dict[str, Any]:
    """Take back from a receiver; the same `out_return_no` is always the same single return."""
    data, platform = call.data, call.platform
    mchid = receivers.sharer(call, merchant)
    earlier = _find(platform, merchant, data["out_return_no"])
    if earlier is not None:
        platform.store.attempt("out_return_no", data["out_return_no"], effect=False)
        if transactions.request_of(earlier) != data:
            raise PayRefusal("INVALID_REQUEST", "商户回退单号已被使用，且请求参数与首次请求不一致")
        return _describe(platform, earlier)
    order = _order(call, merchant, mchid)
    _check_allowed(call, order)
    platform.store.attempt("out_return_no", data["out_return_no"], effect=True)
    now = platform.clock.now()
    return_id = f"3009{secrets.randbelow(10**7):07}{platform.clock.local(now):%Y%m%d}{secrets.randbelow(10**9):09}"
    platform.store.insert(
        "pay_sharing_returns", return_id=return_id, mchid=merchant.mchid, out_return_no=data["out_return_no"], order_id=order["order_id"],
        return_mchid=data["return_mchid"], amount=data["amount"], result="PROCESSING", request=json.dumps(data, sort_keys=True),
        fail_reason=platform.faults.take(FAILS, account=merchant.mchid), created_at=now,
    )  # fmt: skip
    _move(platform, data["return_mchid"], -data["amount"], order, return_id=return_id, business=balance.RETURNED_OUT)
    platform.timers.set("sharing.return", return_id, after=platform.limits[sharing.SETTLE])
    kept = _find(platform, merchant, data["out_return_no"])
    assert kept is not None
    return _describe(platform, kept)


@pay_endpoint(
    "GET", "/v3/profitsharing/return-orders/{out_return_no}", for_whom=ANYBODY, query={"out_order_no": _NUMBER, "sub_mchid?": _ID}
)  # fmt: skip
def query(call: Call, merchant: Merchant) -> dict[str, Any]:
    row = _find(call.platform, merchant, call.path_args["out_return_no"])
    told = None if row is None else _describe(call.platform, row)
    if told is None or (told["out_order_no"], told.get("sub_mchid")) != (call.query["out_order_no"], call.query.get("sub_mchid")):
        raise PayRefusal("RESOURCE_NOT_EXISTS", "分账回退单不存在")
    return told


@on_timer("sharing.return")
def _finish(platform: "Platform", return_id: str) -> None:
    row = platform.store.one(
        "SELECT r.*, s.payee, s.transaction_id FROM pay_sharing_returns r JOIN pay_sharings s USING (order_id) WHERE return_id = ?",
        return_id,
    )  # fmt: skip
    assert row is not None
    result = "FAILED" if row["fail_reason"] else "SUCCESS"
    platform.store.run(
        "UPDATE pay_sharing_returns SET result = ?, finished_at = ? WHERE return_id = ?", result, platform.clock.now(), return_id
    )
    back_to = row["return_mchid"] if result == "FAILED" else row["payee"]
    _move(platform, back_to, row["amount"], row, return_id=return_id, business=balance.RETURNED_IN)


def _move(platform: "Platform", mchid: str, amount: int, order: Row, *, return_id: str, business: str) -> None:
    balance.move(platform, mchid, amount, business=business, transaction_id=order["transaction_id"], voucher=return_id)


def _order(call: Call, merchant: Merchant, mchid: str) -> Row:
    data = call.data
    if ("order_id" in data) == ("out_order_no" in data):
        raise PayRefusal("PARAM_ERROR", "order_id与out_order_no须二选一", field="/order_id")
    row = call.platform.store.one(
        "SELECT * FROM pay_sharings WHERE mchid = ? AND payee = ? AND (order_id = ? OR out_order_no = ?)",
        merchant.mchid, mchid, data.get("order_id"), data.get("out_order_no"),
    )  # fmt: skip
    if row is None:
        raise PayRefusal("RESOURCE_NOT_EXISTS", "分账单不存在")
    return row


def _check_allowed(call: Call, order: Row) -> None:
    platform, data = call.platform, call.data
    who = (order["order_id"], data["return_mchid"])
    got = platform.store.value(
        "SELECT sum(amount) FROM pay_shares WHERE order_id = ? AND account = ? AND type = 'MERCHANT_ID' AND result = 'SUCCESS'", *who
    )
    if not got or data["return_mchid"] == order["payee"]:
        raise PayRefusal("INVALID_REQUEST", "该商户没有收到这笔分账", field="/return_mchid", value=data["return_mchid"])
    if not platform.switches[data["return_mchid"], ALLOWED]:
        raise PayRefusal("NO_AUTH", "分账接收方未开通同意回退")
    if platform.clock.now() - order["created_at"] > platform.limits[LATEST]:
        raise PayRefusal("RULE_LIMIT", "分账单已超过可回退的期限")
    earlier = platform.store.all(
        "SELECT amount FROM pay_sharing_returns WHERE order_id = ? AND return_mchid = ? AND result <> 'FAILED'", *who
    )
    if len(earlier) >= platform.limits[MOST_RETURNS]:
        raise PayRefusal("RULE_LIMIT", f"同一接收方最多回退{platform.limits[MOST_RETURNS]}次")
    if sum(row["amount"] for row in earlier) + data["amount"] > got:
        raise PayRefusal("INVALID_REQUEST", "回退金额超过可回退金额", field="/amount", value=data["amount"])
    if data["amount"] > balance.available(platform, data["return_mchid"]):
        raise PayRefusal("NOT_ENOUGH", "回退方可用余额不足")


def _find(platform: "Platform", merchant: Merchant, out_return_no: str) -> Row | None:
    return platform.store.one("SELECT * FROM pay_sharing_returns WHERE mchid = ? AND out_return_no = ?", merchant.mchid, out_return_no)


def _describe(platform: "Platform", row: Row) -> dict[str, Any]:
    order = platform.store.one("SELECT * FROM pay_sharings WHERE order_id = ?", row["order_id"])
    assert order is not None
    sub = {"sub_mchid": order["payee"]} if order["payee"] != order["mchid"] else {}
    ended = {"finish_time": platform.clock.rfc3339(row["finished_at"])} if row["finished_at"] else {}
    failed = {"fail_reason": row["fail_reason"]} if row["result"] == "FAILED" else {}
    return {
        **sub, "order_id": row["order_id"], "out_order_no": order["out_order_no"], "out_return_no": row["out_return_no"],
        "return_id": row["return_id"], "return_mchid": row["return_mchid"], "amount": row["amount"],
        "description": transactions.request_of(row)["description"], "result": row["result"],
        "create_time": platform.clock.rfc3339(row["created_at"]), **ended, **failed,
    }  # fmt: skip
