"""Profit sharing: money of an order waits frozen, is shared out in rounds, and what is left is set free (spec 3.8)."""

import json
import secrets
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform.endpoints import Call
from miniprogram_mock.platform.faults import kind
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.pay import balance, receivers, transactions
from miniprogram_mock.platform.pay.fields import Shape, flag, many, other_number, section, text, whole
from miniprogram_mock.platform.pay.sheet import when_paid
from miniprogram_mock.platform.pay.wire import ANYBODY, PARTNER, PayRefusal, dealer, decrypted, pay_endpoint
from miniprogram_mock.platform.store import Row, declare
from miniprogram_mock.platform.switches import switch
from miniprogram_mock.platform.timers import on_timer
from miniprogram_mock.platform.world import Merchant

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

declare("""
CREATE TABLE IF NOT EXISTS pay_sharings (
    order_id TEXT PRIMARY KEY, mchid TEXT NOT NULL, out_order_no TEXT NOT NULL, payee TEXT NOT NULL, transaction_id TEXT NOT NULL,
    state TEXT NOT NULL, request TEXT NOT NULL, created_at REAL NOT NULL, UNIQUE (mchid, out_order_no));
CREATE INDEX IF NOT EXISTS pay_sharings_of ON pay_sharings (transaction_id);
CREATE TABLE IF NOT EXISTS pay_shares (
    detail_id TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES pay_sharings, type TEXT NOT NULL, account TEXT NOT NULL,
    amount INTEGER NOT NULL, description TEXT NOT NULL, result TEXT NOT NULL, fail_reason TEXT, finished_at REAL);
CREATE INDEX IF NOT EXISTS pay_shares_of ON pay_shares (order_id)
""")
AFTER = limit("pay.sharing_after_seconds", 60, "3.8: not before a minute after the payment")
ROUNDS = limit("pay.sharing_rounds", 50, "3.8")
AT_ONCE = limit("pay.sharing_receivers_at_once", 50, "3.8")
FROZEN = limit("pay.sharing_frozen_seconds", 30 * 86400, "3.8: a direct merchant's money")
PARTNER_FROZEN = limit("pay.sharing_frozen_partner_seconds", 180 * 86400, "3.8: a dealer's money in partner mode")
SETTLE = limit("pay.sharing_settle_seconds", 1, "3.8: shares are PENDING first [K], not verified how long")
MOST_PERCENT = switch("pay_sharing_percent", 30, "最大分账比例：一笔订单的百分之几（3.8，30 为常见上限 [K]）")
FAILS = kind("sharing_failure", "下一笔分账明细失败，原因是 status，如 ACCOUNT_ABNORMAL", status=None)
_SET_FREE = "解冻给分账方"

_ID, _NUMBER = text(32), other_number()
_SHARE: Shape = {
    "type": text(32, one_of=receivers.TYPES), "account": text(64), "name?": text(1024), "amount": whole(1), "description": text(80),
}  # fmt: skip
_ORDER: Shape = {
    "appid": _ID, "sub_appid?": _ID, "sub_mchid?": _ID, "transaction_id": _ID, "out_order_no": _NUMBER,
    "receivers": many(section(_SHARE), most=AT_ONCE), "unfreeze_unsplit": flag(),
}  # fmt: skip
_UNFREEZE: Shape = {"sub_mchid?": _ID, "transaction_id": _ID, "out_order_no": _NUMBER, "description": text(80)}


@when_paid
def freeze(platform: "Platform", payment: Row) -> None:
    """An order that was opened with `settle_info.profit_sharing` waits for its sharing; unattended, it is set free by itself."""
    request = transactions.request_of(payment)
    if request.get("settle_info", {}).get("profit_sharing"):
        platform.store.insert(
            "pay_unsplit", transaction_id=payment["transaction_id"], mchid=transactions.payee(payment),
            out_trade_no=payment["out_trade_no"], amount=payment["total"] - balance.fee(platform, payment["total"]),
        )  # fmt: skip
        after = platform.limits[PARTNER_FROZEN if "sub_mchid" in request else FROZEN]
        platform.timers.set("sharing.unfreeze", payment["transaction_id"], after=after)


@on_timer("sharing.unfreeze")
def _set_free(platform: "Platform", transaction_id: str) -> None:
    platform.store.run("DELETE FROM pay_unsplit WHERE transaction_id = ?", transaction_id)


@pay_endpoint("POST", "/v3/profitsharing/orders", for_whom=ANYBODY, body=_ORDER)
def share(call: Call, merchant: Merchant) -> dict[str, Any]:
    """Share out once; the same `out_order_no` is always the same single round."""
    data, platform = call.data, call.platform
    mchid = receivers.sharer(call, merchant)
    if earlier := _repeated(call, merchant):
        return earlier
    payment = _payment(call, mchid)
    _check_shares(call, merchant, mchid)
    wanted = sum(one["amount"] for one in data["receivers"])
    _check_allowed(call, payment, mchid=mchid, wanted=wanted)
    order_id = _keep(call, merchant, mchid)
    for one in data["receivers"]:
        _keep_share(platform, order_id, one, fails=platform.faults.take(FAILS, account=merchant.mchid))
    balance.move(platform, mchid, -wanted, business=balance.SHARED, transaction_id=payment["transaction_id"], voucher=order_id)
    _reduce(platform, payment, wanted)
    if data["unfreeze_unsplit"]:
        _set_rest_free(platform, order_id, payment, mchid=mchid, description=_SET_FREE)
    return describe(platform, _find(platform, order_id))


@pay_endpoint("POST", "/v3/profitsharing/orders/unfreeze", for_whom=ANYBODY, body=_UNFREEZE)
def unfreeze(call: Call, merchant: Merchant) -> dict[str, Any]:
    """Set free what is left; from then on nothing of the order can be shared."""
    mchid = receivers.sharer(call, merchant)
    if earlier := _repeated(call, merchant):
        return earlier
    payment = _payment(call, mchid)
    order_id = _keep(call, merchant, mchid)
    _set_rest_free(call.platform, order_id, payment, mchid=mchid, description=call.data["description"])
    return describe(call.platform, _find(call.platform, order_id))


@pay_endpoint(
    "GET", "/v3/profitsharing/orders/{out_order_no}", for_whom=ANYBODY, query={"transaction_id": _ID, "sub_mchid?": _ID}
)  # fmt: skip
def query(call: Call, merchant: Merchant) -> dict[str, Any]:
    row = find(call.platform, merchant, call.path_args["out_order_no"])
    if row is None or (row["transaction_id"], row["payee"]) != (call.query["transaction_id"], call.query.get("sub_mchid", merchant.mchid)):
        raise PayRefusal("RESOURCE_NOT_EXISTS", "分账单不存在")
    return describe(call.platform, row)


@pay_endpoint("GET", "/v3/profitsharing/transactions/{transaction_id}/amounts", for_whom=ANYBODY)
def amounts(call: Call, merchant: Merchant) -> dict[str, Any]:
    """What of an order still waits to be shared."""
    payment = call.platform.store.one(
        "SELECT * FROM payments WHERE mchid = ? AND transaction_id = ?", merchant.mchid, call.path_args["transaction_id"]
    )
    if payment is None:
        raise PayRefusal("RESOURCE_NOT_EXISTS", "订单不存在")
    return {"transaction_id": payment["transaction_id"], "unsplit_amount": balance.unsplit(call.platform, payment)}


@pay_endpoint("GET", "/v3/profitsharing/merchant-configs/{sub_mchid}", for_whom=PARTNER)
def most(call: Call, merchant: Merchant) -> dict[str, Any]:
    """The dealer's greatest share, in ten-thousandths."""
    sub = dealer(merchant, call.path_args["sub_mchid"])
    return {"sub_mchid": sub.sub_mchid, "max_ratio": call.platform.switches[sub.sub_mchid, MOST_PERCENT] * 100}


def find(platform: "Platform", merchant: Merchant, out_order_no: str) -> Row | None:
    return platform.store.one("SELECT * FROM pay_sharings WHERE mchid = ? AND out_order_no = ?", merchant.mchid, out_order_no)


def describe(platform: "Platform", row: Row) -> dict[str, Any]:
    shares = platform.store.all("SELECT * FROM pay_shares WHERE order_id = ? ORDER BY rowid", row["order_id"])
    sub = {"sub_mchid": row["payee"]} if row["payee"] != row["mchid"] else {}
    return {
        **sub, "transaction_id": row["transaction_id"], "out_order_no": row["out_order_no"], "order_id": row["order_id"],
        "state": row["state"], "receivers": [_share_told(platform, row, one) for one in shares],
    }  # fmt: skip


def _share_told(platform: "Platform", order: Row, one: Row) -> dict[str, Any]:
    told = {name: one[name] for name in ("amount", "description", "type", "account", "result", "detail_id")}
    ended = {"finish_time": platform.clock.rfc3339(one["finished_at"])} if one["finished_at"] else {}
    failed = {"fail_reason": one["fail_reason"]} if one["result"] == "CLOSED" else {}
    return {**told, "create_time": platform.clock.rfc3339(order["created_at"]), **ended, **failed}


def _repeated(call: Call, merchant: Merchant) -> dict[str, Any] | None:
    """What the same number got before; names are encrypted anew each time and do not count."""
    earlier = find(call.platform, merchant, call.data["out_order_no"])
    if earlier is None:
        return None
    call.platform.store.attempt("out_order_no", call.data["out_order_no"], effect=False)
    if transactions.request_of(earlier) != _without_names(call.data):
        raise PayRefusal("INVALID_REQUEST", "商户分账单号已被使用，且请求参数与首次请求不一致")
    return describe(call.platform, earlier)


def _without_names(data: dict[str, Any]) -> dict[str, Any]:
    if "receivers" not in data:
        return data
    return {**data, "receivers": [{name: value for name, value in one.items() if name != "name"} for one in data["receivers"]]}


def _payment(call: Call, mchid: str) -> Row:
    """The order to be shared, while it can be."""
    platform, transaction_id = call.platform, call.data["transaction_id"]
    payment = platform.store.one("SELECT * FROM payments WHERE transaction_id = ?", transaction_id)
    if payment is None or transactions.payee(payment) != mchid:
        raise PayRefusal("RESOURCE_NOT_EXISTS", "订单不存在", field="/transaction_id", value=transaction_id)
    if platform.clock.now() - payment["paid_at"] < platform.limits[AFTER]:
        raise PayRefusal("INVALID_REQUEST", "订单支付成功后须等待1分钟才能分账")
    if not transactions.request_of(payment).get("settle_info", {}).get("profit_sharing"):
        raise PayRefusal("INVALID_REQUEST", "非分账订单，不支持分账")
    if not platform.store.value("SELECT 1 FROM pay_unsplit WHERE transaction_id = ?", transaction_id):
        raise PayRefusal("INVALID_REQUEST", "订单剩余资金已解冻，不能再分账")
    return payment


def _check_shares(call: Call, merchant: Merchant, mchid: str) -> None:
    for position, one in enumerate(call.data["receivers"]):
        field = f"/receivers/{position}"
        known = receivers.find(call.platform, mchid, one["type"], one["account"])
        if known is None:
            raise PayRefusal("INVALID_REQUEST", "分账接收方关系不存在，请先添加", field=f"{field}/account", value=one["account"])
        if "name" in one and decrypted(call, merchant, one["name"], f"{field}/name") != known["name"]:
            raise PayRefusal("INVALID_REQUEST", "分账接收方姓名不匹配", field=f"{field}/name")


def _check_allowed(call: Call, payment: Row, *, mchid: str, wanted: int) -> None:
    platform, transaction_id = call.platform, payment["transaction_id"]
    rounds = platform.store.value("SELECT count(*) FROM pay_sharings WHERE transaction_id = ?", transaction_id)
    if rounds >= platform.limits[ROUNDS]:
        raise PayRefusal("RULE_LIMIT", f"一笔订单最多分账{platform.limits[ROUNDS]}次")
    shared = platform.store.value(
        "SELECT sum(amount) FROM pay_shares JOIN pay_sharings USING (order_id) "
        "WHERE transaction_id = ? AND result <> 'CLOSED' AND NOT (type = ? AND account = payee)", transaction_id, receivers.MERCHANT,
    )  # fmt: skip
    percent = platform.switches[mchid, MOST_PERCENT]
    if ((shared or 0) + wanted) * 100 > payment["total"] * percent:
        raise PayRefusal("RULE_LIMIT", f"分账金额超过最大分账比例{percent}%")
    if wanted > balance.unsplit(platform, payment):
        raise PayRefusal("NOT_ENOUGH", "分账金额超过订单剩余待分金额")


def _keep(call: Call, merchant: Merchant, mchid: str) -> str:
    platform, now = call.platform, call.platform.clock.now()
    platform.store.attempt("out_order_no", call.data["out_order_no"], effect=True)
    order_id = f"3008{secrets.randbelow(10**7):07}{platform.clock.local(now):%Y%m%d}{secrets.randbelow(10**9):09}"
    platform.store.insert(
        "pay_sharings", order_id=order_id, mchid=merchant.mchid, out_order_no=call.data["out_order_no"], payee=mchid,
        transaction_id=call.data["transaction_id"], state="PROCESSING", request=json.dumps(_without_names(call.data), sort_keys=True),
        created_at=now,
    )  # fmt: skip
    platform.timers.set("sharing.finish", order_id, after=platform.limits[SETTLE])
    return order_id


def _keep_share(platform: "Platform", order_id: str, one: dict[str, Any], *, fails: str | None = None) -> None:
    """`fails`: why it will not arrive, which is told only once it did not."""
    platform.store.insert(
        "pay_shares", detail_id=f"3601{secrets.randbelow(10**24):024}", order_id=order_id, type=one["type"], account=one["account"],
        amount=one["amount"], description=one["description"], result="PENDING", fail_reason=fails,
    )  # fmt: skip


def _reduce(platform: "Platform", payment: Row, amount: int) -> None:
    platform.store.run("UPDATE pay_unsplit SET amount = amount - ? WHERE transaction_id = ?", amount, payment["transaction_id"])


def _set_rest_free(platform: "Platform", order_id: str, payment: Row, *, mchid: str, description: str) -> None:
    """The rest is told as a share of the merchant itself; no money moves, it only thaws."""
    rest = balance.unsplit(platform, payment)
    platform.timers.stop("sharing.unfreeze", payment["transaction_id"])
    _set_free(platform, payment["transaction_id"])
    _keep_share(platform, order_id, {"type": receivers.MERCHANT, "account": mchid, "amount": rest, "description": description})


@on_timer("sharing.finish")
def _finish(platform: "Platform", order_id: str) -> None:
    """Every share arrives, or fails and its money is the merchant's again."""
    order, now = _find(platform, order_id), platform.clock.now()
    for one in platform.store.all("SELECT * FROM pay_shares WHERE order_id = ?", order_id):
        is_own = (one["type"], one["account"]) == (receivers.MERCHANT, order["payee"])
        result = "CLOSED" if one["fail_reason"] else "SUCCESS"
        platform.store.run("UPDATE pay_shares SET result = ?, finished_at = ? WHERE detail_id = ?", result, now, one["detail_id"])
        told = {"transaction_id": order["transaction_id"], "voucher": order_id}
        if result == "CLOSED":
            balance.move(platform, order["payee"], one["amount"], business=balance.SHARE_BACK, **told)
        elif not is_own and one["type"] == receivers.MERCHANT:
            balance.move(platform, one["account"], one["amount"], business=balance.SHARED_IN, **told)
    platform.store.run("UPDATE pay_sharings SET state = 'FINISHED' WHERE order_id = ?", order_id)


def _find(platform: "Platform", order_id: str) -> Row:
    row = platform.store.one("SELECT * FROM pay_sharings WHERE order_id = ?", order_id)
    assert row is not None
    return row
