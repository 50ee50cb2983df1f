"""The course of a refund: PROCESSING, then SUCCESS, CLOSED or ABNORMAL, what it moves, and how the merchant is told (spec 3.6)."""

import json
import secrets
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.pay import balance, transactions
from miniprogram_mock.platform.store import Row, declare_column
from miniprogram_mock.platform.timers import on_timer

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

# How it will end, decided when it is accepted: a planted fault strikes the next refund that is asked for.
declare_column("refunds", "fate", "TEXT NOT NULL DEFAULT 'SUCCESS'")
SETTLE = limit("pay.refund_settle_seconds", 1, "3.6: accepted is not done; how long it takes depends on the bank")
ENDS = ("SUCCESS", "CLOSED", "ABNORMAL")
_BALANCE_OF_USER = "支付用户零钱"
_RECEIVED_BY = {"USER_BANK_CARD": "用户银行卡", "MERCHANT_BANK_CARD": "商户结算银行账户"}


def refunded(platform: "Platform", payment: Row) -> int:
    """What of a payment is refunded or on its way; a closed refund gave its money back."""
    total: int | None = platform.store.value(
        "SELECT sum(amount) FROM refunds WHERE mchid = ? AND out_trade_no = ? AND state <> 'CLOSED'",
        payment["mchid"], payment["out_trade_no"],
    )  # fmt: skip
    return total or 0


def history(platform: "Platform", payment: Row) -> tuple[int, float]:
    """How many refunds of a payment there are, and when the last was asked for."""
    row = platform.store.one(
        "SELECT count(*) AS n, max(created_at) AS latest FROM refunds WHERE mchid = ? AND out_trade_no = ? AND state <> 'CLOSED'",
        payment["mchid"], payment["out_trade_no"],
    )  # fmt: skip
    assert row is not None
    return row["n"], row["latest"] or 0.0


def begin(platform: "Platform", payment: Row, request: dict[str, Any], *, already: int) -> dict[str, Any]:
    """Accept a refund, after everything was checked: its money leaves the merchant now, and it settles a little later."""
    now, wanted = platform.clock.now(), request["amount"]["refund"]
    refund_id = f"5030{secrets.randbelow(10**7):07}{platform.clock.local(now):%Y%m%d}{secrets.randbelow(10**10):010}"
    settle_at = now + platform.limits[SETTLE]
    platform.store.insert(
        "refunds", out_refund_no=request["out_refund_no"], mchid=payment["mchid"], out_trade_no=payment["out_trade_no"], amount=wanted,
        state="PROCESSING", refund_id=refund_id, request=json.dumps(request, sort_keys=True), created_at=now, settle_at=settle_at,
        fate=_fate(platform, payment["mchid"]),
    )  # fmt: skip
    platform.store.run(
        "UPDATE payments SET state = 'REFUND' WHERE mchid = ? AND out_trade_no = ?", payment["mchid"], payment["out_trade_no"]
    )
    _take(platform, payment, refund_id, wanted, fee=balance.fee_back(platform, payment, already, wanted))
    platform.timers.set("refund.settle", refund_id, after=platform.limits[SETTLE])
    return describe(platform, find(platform, refund_id))


def rescue(platform: "Platform", row: Row, *, to: str) -> dict[str, Any]:
    """An abnormal refund goes to another account, USER_BANK_CARD or MERCHANT_BANK_CARD, and is processed again."""
    request, fate = {**transactions.request_of(row), "_received_by": _RECEIVED_BY[to]}, _fate(platform, row["mchid"])
    platform.store.run(
        "UPDATE refunds SET state = 'PROCESSING', settle_at = ?, request = ?, fate = ? WHERE refund_id = ?",
        platform.clock.now() + platform.limits[SETTLE], json.dumps(request, sort_keys=True), fate, row["refund_id"],
    )  # fmt: skip
    platform.timers.set("refund.settle", row["refund_id"], after=platform.limits[SETTLE])
    return describe(platform, find(platform, row["refund_id"]))


@on_timer("refund.settle")
def _settle(platform: "Platform", refund_id: str) -> None:
    end(platform, refund_id, find(platform, refund_id)["fate"])


def _fate(platform: "Platform", mchid: str) -> str:
    return platform.faults.take("refund_status", account=mchid) or "SUCCESS"


def end(platform: "Platform", refund_id: str, state: str) -> None:
    """The refund ends as one of ENDS, and its notification is scheduled, if the request named an address for it."""
    platform.timers.stop("refund.settle", refund_id)
    platform.store.run(
        "UPDATE refunds SET state = ?, settle_at = NULL, settled_at = ? WHERE refund_id = ?", state, platform.clock.now(), refund_id
    )
    row = find(platform, refund_id)
    if state == "CLOSED":
        payment = payment_of(platform, row)
        for booked in platform.store.all("SELECT * FROM pay_funds WHERE voucher = ? ORDER BY id", refund_id):
            business = balance.CLOSED_REFUND
            told = {"business": business, "transaction_id": payment["transaction_id"], "voucher": refund_id}
            balance.move(platform, booked["mchid"], -booked["amount"], **told)
    _notify(platform, row)


def find(platform: "Platform", refund_id: str) -> Row:
    """Raises KeyError when there is no such refund."""
    row = platform.store.one("SELECT * FROM refunds WHERE refund_id = ?", refund_id)
    if row is None:
        raise KeyError(refund_id)
    return row


def payment_of(platform: "Platform", row: Row) -> Row:
    payment = platform.store.one("SELECT * FROM payments WHERE mchid = ? AND out_trade_no = ?", row["mchid"], row["out_trade_no"])
    assert payment is not None
    return payment


def describe(platform: "Platform", row: Row) -> dict[str, Any]:
    """The refund object of the answer and the query; the notification spells some of it differently."""
    payment, request = payment_of(platform, row), transactions.request_of(row)
    settled = {"success_time": platform.clock.rfc3339(row["settled_at"])} if row["state"] == "SUCCESS" else {}
    rescued = request.get("_received_by")
    return {
        "refund_id": row["refund_id"], "out_refund_no": row["out_refund_no"], "transaction_id": payment["transaction_id"],
        "out_trade_no": row["out_trade_no"], "channel": "OTHER_BANKCARD" if rescued else "ORIGINAL",
        "user_received_account": rescued or _BALANCE_OF_USER, **settled,
        "create_time": platform.clock.rfc3339(row["created_at"]), "status": row["state"], "funds_account": "AVAILABLE",
        "amount": {
            "total": payment["total"], "refund": row["amount"], "payer_total": payment["total"], "payer_refund": row["amount"],
            "settlement_refund": row["amount"], "settlement_total": payment["total"], "discount_refund": 0, "currency": "CNY",
            "from": request["amount"].get("from", []),
        },
        "promotion_detail": [],
    }  # fmt: skip


def _take(platform: "Platform", payment: Row, refund_id: str, wanted: int, *, fee: int) -> None:
    """Money that waits for profit sharing goes first."""
    waiting = balance.unsplit(platform, payment)
    platform.store.run(
        "UPDATE pay_unsplit SET amount = ? WHERE transaction_id = ?", waiting - min(waiting, wanted - fee), payment["transaction_id"]
    )
    told = {"transaction_id": payment["transaction_id"], "voucher": refund_id}
    balance.move(platform, transactions.payee(payment), -wanted, business=balance.REFUND, **told)
    balance.move(platform, transactions.payee(payment), fee, business=balance.FEE_BACK, **told)


def _notify(platform: "Platform", row: Row) -> None:
    request = transactions.request_of(row)
    url = request.get("notify_url")
    if not url:
        return
    merchant = platform.world.merchant(row["mchid"])
    assert merchant is not None
    told = describe(platform, row)
    amount = {name: told["amount"][name] for name in ("total", "refund", "payer_total", "payer_refund")}
    named = ("transaction_id", "out_trade_no", "refund_id", "out_refund_no", "success_time", "user_received_account")
    sub_mchid = request.get("sub_mchid")
    resource = {
        **({"sp_mchid": row["mchid"], "sub_mchid": sub_mchid} if sub_mchid else {"mchid": row["mchid"]}),
        **{name: told[name] for name in named if name in told},
        "refund_status": row["state"],
        "amount": amount,
    }
    platform.callbacks.pay_notice(merchant, f"REFUND.{row['state']}", url=url, resource=resource)
