"""The merchants' money at WeChat Pay: every movement of every account, what of it is frozen, and what may be spent (spec 3.6 to 3.8)."""

from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.mini_program import shipping
from miniprogram_mock.platform.pay.transactions import payee
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.store import Row, declare

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

declare("""
CREATE TABLE IF NOT EXISTS pay_funds (
    id INTEGER PRIMARY KEY, mchid TEXT NOT NULL, account TEXT NOT NULL, at REAL NOT NULL, business TEXT NOT NULL, amount INTEGER NOT NULL,
    balance INTEGER NOT NULL, transaction_id TEXT NOT NULL, voucher TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS pay_funds_by_account ON pay_funds (mchid, account, id);
CREATE INDEX IF NOT EXISTS pay_funds_by_payment ON pay_funds (transaction_id);
CREATE TABLE IF NOT EXISTS pay_unsplit (
    transaction_id TEXT PRIMARY KEY, mchid TEXT NOT NULL, out_trade_no TEXT NOT NULL, amount INTEGER NOT NULL);
-- A file of an earlier version has payments and no book: it opens with what they left.
INSERT INTO pay_funds (mchid, account, at, business, amount, balance, transaction_id, voucher)
SELECT mchid, 'BASIC', max(paid_at), '期初余额', left_over, left_over, '', '' FROM (
    SELECT p.mchid, p.paid_at, sum(p.total) OVER (PARTITION BY p.mchid) - coalesce(
        (SELECT sum(r.amount) FROM refunds r WHERE r.mchid = p.mchid AND r.state <> 'CLOSED'), 0) AS left_over
    FROM payments p WHERE p.paid_at IS NOT NULL)
WHERE NOT EXISTS (SELECT 1 FROM pay_funds) GROUP BY mchid
""")
ACCOUNTS = ("BASIC", "OPERATION", "FEES")
FEE = limit("pay.fee_per_ten_thousand", 60, "the usual rate of 0.6 %; rounded half up to a fen per payment [K], not verified")
PAYMENT, FEE_OUT, REFUND, FEE_BACK = "交易", "扣除交易手续费", "退款", "退还交易手续费"
SHARED, SHARED_IN, SHARE_BACK, RETURNED_OUT, RETURNED_IN = "分账", "分账收入", "分账失败退回", "分账回退", "分账回退收入"
WITHDRAWAL, TOP_UP, CLOSED_REFUND = "提现", "充值", "退款关闭退回"


def fee(platform: "Platform", total: int) -> int:
    """WeChat Pay's share of so many fen."""
    return (total * platform.limits[FEE] + 5000) // 10_000


def fee_back(platform: "Platform", payment: Row, already: int, refund: int) -> int:
    """What of the fee comes back with a refund after `already` was refunded; all refunds of an order bring back its whole fee."""
    return fee(platform, payment["total"] - already) - fee(platform, payment["total"] - already - refund)


def move(
    platform: "Platform", mchid: str, amount: int, *, business: str, transaction_id: str = "", voucher: str = "", account: str = "BASIC"
) -> None:
    """Book so many fen in (positive) or out (negative)."""
    if amount:
        platform.store.insert(
            "pay_funds", mchid=mchid, account=account, at=platform.clock.now(), business=business, amount=amount,
            balance=held(platform, mchid, account) + amount, transaction_id=transaction_id, voucher=voucher,
        )  # fmt: skip


def held(platform: "Platform", mchid: str, account: str = "BASIC") -> int:
    """All the money on an account, frozen or not."""
    return (
        platform.store.value("SELECT balance FROM pay_funds WHERE mchid = ? AND account = ? ORDER BY id DESC LIMIT 1", mchid, account) or 0
    )


def pay_in(platform: "Platform", payment: Row) -> None:
    """A payment arrives, and its fee goes."""
    told: dict[str, Any] = {"transaction_id": payment["transaction_id"], "voucher": payment["out_trade_no"]}
    move(platform, payee(payment), payment["total"], business=PAYMENT, **told)
    move(platform, payee(payment), -fee(platform, payment["total"]), business=FEE_OUT, **told)


def withdraw(platform: "Platform", mchid: str, amount: int | None) -> int:
    """The operator takes money to the bank, all that may be spent unless said; gives how much. NotPossible when there is not so much."""
    free = available(platform, mchid)
    wanted = free if amount is None else amount
    if wanted > free:
        raise NotPossible(f"可用余额只有 {free} 分")
    move(platform, mchid, -wanted, business=WITHDRAWAL)
    return wanted


def unsplit(platform: "Platform", payment: Row) -> int:
    """What of a payment still waits for profit sharing, frozen."""
    return platform.store.value("SELECT amount FROM pay_unsplit WHERE transaction_id = ?", payment["transaction_id"]) or 0


def waits_for_sharing(platform: "Platform", mchid: str) -> int:
    return platform.store.value("SELECT sum(amount) FROM pay_unsplit WHERE mchid = ?", mchid) or 0


def waits_for_delivery(platform: "Platform", mchid: str) -> int:
    """What is frozen because the mini-program's trade is managed and the goods are on their way, beside what waits for sharing."""
    return sum(_undelivered(platform, row) for row in shipping.frozen_payments(platform) if payee(row) == mchid)


def available(platform: "Platform", mchid: str) -> int:
    """What may be spent now: neither waiting for profit sharing nor for a delivery."""
    return held(platform, mchid) - waits_for_sharing(platform, mchid) - waits_for_delivery(platform, mchid)


def spendable_on(platform: "Platform", payment: Row) -> int:
    """What a refund of this payment may use: the free money, and what is frozen of this payment itself."""
    own = _undelivered(platform, payment) if shipping.is_frozen(platform, payment["mchid"], payment["out_trade_no"]) else 0
    return available(platform, payee(payment)) + unsplit(platform, payment) + own


def _undelivered(platform: "Platform", payment: Row) -> int:
    booked = platform.store.value(
        "SELECT sum(amount) FROM pay_funds WHERE transaction_id = ? AND mchid = ?", payment["transaction_id"], payee(payment)
    )
    return (booked or 0) - unsplit(platform, payment)
