"""One reconciliation per merchant account and day, the lines of its bills, and what differs."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.db import Base, Root
from app.kit.states import Machine
from app.wechat.models import WechatAccount


class RunStatus(StrEnum):
    waiting = "waiting"
    downloading = "downloading"
    matching = "matching"
    done = "done"
    failed = "failed"


class LineKind(StrEnum):
    payment = "payment"
    refund = "refund"
    flow = "flow"


class Movement(StrEnum):
    """What moved the merchant's account, as far as trades are concerned."""

    payment = "payment"
    fee = "fee"
    refund = "refund"
    fee_back = "fee_back"
    other = "other"


class DifferenceKind(StrEnum):
    over = "over"  # WeChat has it and the ledger does not
    short = "short"  # the ledger has it and no bill does
    amount = "amount"
    status = "status"
    fee = "fee"  # the trade bill's fee is not what was taken
    order = "order"  # the ledger's money and the order's state do not go together
    flow = "flow"  # the trade bill and the fund-flow bill disagree
    duplicate = "duplicate"


class DifferenceStatus(StrEnum):
    open = "open"
    resolved = "resolved"
    cleared_by_itself = "cleared_by_itself"


class Action(StrEnum):
    """What a person can do about a difference."""

    ask = "ask"  # WeChat, about the payment or the refund, and take in what it says
    book = "book"  # as money without an owner
    refund = "refund"
    write_off = "write_off"  # against the suspense account
    accept = "accept"
    wait = "wait"  # for the next bill


RUN = Machine(
    {
        "waiting": frozenset({"downloading"}),
        "downloading": frozenset({"matching", "waiting", "failed"}),
        "matching": frozenset({"done"}),
        "done": frozenset({"waiting"}),
        "failed": frozenset({"waiting"}),
    }
)
DIFFERENCE = Machine({"open": frozenset({"resolved", "cleared_by_itself"}), "cleared_by_itself": frozenset({"open"})})
UNDER_WAY = (RunStatus.waiting, RunStatus.downloading, RunStatus.matching)


def _one_of(states: type[StrEnum], column: str = "status") -> CheckConstraint:
    listed = ", ".join(f"'{state.value}'" for state in states)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class Reconciliation(Root):
    """The bills of one merchant account and one day in China, and how far the work on them is.

    While `due_at` is set somebody has to work on it: at that time, unless whoever has taken it moves the time on. `fence` counts who took
    it: who comes back too late writes nothing.
    """

    __tablename__ = "reconciliations"
    __table_args__ = (
        UniqueConstraint("account_id", "bill_on"),
        _one_of(RunStatus),
        CheckConstraint("(due_at IS NULL) = (status IN ('done', 'failed'))", name="due_while_under_way"),
        Index("ix_reconciliations_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_reconciliations_brand_id_bill_on", "brand_id", "bill_on"),
    )

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("wechat_accounts.id"))
    bill_on: Mapped[date]
    status: Mapped[str] = mapped_column(default=RunStatus.waiting, server_default="waiting")
    due_at: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0, server_default="0")
    # How often in a row WeChat gave us no bill
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    lines_read: Mapped[int] = mapped_column(default=0, server_default="0")
    lines_total: Mapped[int | None]
    # {"ours": {payments, payments_fen, refunds, refunds_fen}, "theirs": the same and fee_fen, "flow": {in_fen, out_fen, other_fen}}
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    # WeChat's code, or ours: "bill_unreadable"; `detail` says more to whoever looks into it
    error: Mapped[str | None]
    detail: Mapped[str | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    account: Mapped[WechatAccount] = relationship()


class BillLine(Base):
    """A line of the trade bill or of the fund-flow bill, in fen. `number` is WeChat's own of this line; `position` counts through both.

    Of a flow `transaction_id` is the business that moved the money and `voucher` its second number; `state` is its `Movement`.
    """

    __tablename__ = "bill_lines"
    __table_args__ = (
        _one_of(LineKind, "kind"),
        Index("ix_bill_lines_number", "number"),
        Index("ix_bill_lines_flow_of", "transaction_id", postgresql_where=text("kind = 'flow'")),
    )

    reconciliation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reconciliations.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    at: Mapped[datetime]
    number: Mapped[str]
    transaction_id: Mapped[str]
    out_trade_no: Mapped[str | None]
    out_refund_no: Mapped[str | None]
    voucher: Mapped[str | None]
    sub_mchid: Mapped[str | None]
    state: Mapped[str]
    # Of the order, or of the refund; of a flow negative where it went out
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    # What of a payment reaches the merchant before the fee: less than the amount where WeChat's coupons paid
    settled_fen: Mapped[int] = mapped_column(BigInteger)
    fee_fen: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]


class Difference(Root):
    """One thing in which a day's bills, our ledger and the orders do not agree; the same thing on the same day is one row for good."""

    __tablename__ = "reconciliation_differences"
    __table_args__ = (
        UniqueConstraint("reconciliation_id", "kind", "reference"),
        _one_of(DifferenceKind, "kind"),
        _one_of(DifferenceStatus),
        _one_of(LineKind, "concerns"),
        CheckConstraint(f"resolution IN ({', '.join(repr(action.value) for action in Action)})", name="resolution"),
        Index("ix_reconciliation_differences_open", "brand_id", "id", postgresql_where=text("status = 'open'")),
    )

    reconciliation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reconciliations.id"))
    kind: Mapped[str]
    concerns: Mapped[str]
    # "payment <transaction_id>", "refund <refund_id>", "order <order_id>", "bill" …
    reference: Mapped[str]
    transaction_id: Mapped[str | None]
    out_trade_no: Mapped[str | None]
    out_refund_no: Mapped[str | None]
    sub_mchid: Mapped[str | None]
    attempt_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("payment_attempts.id"))
    refund_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("refunds.id"))
    order_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("orders.id"))
    ours_fen: Mapped[int | None] = mapped_column(BigInteger)
    theirs_fen: Mapped[int | None] = mapped_column(BigInteger)
    # States, where they are what differs
    ours: Mapped[str | None]
    theirs: Mapped[str | None]
    status: Mapped[str] = mapped_column(default=DifferenceStatus.open, server_default="open")
    # The `fence` of the reconciliation when it was last found
    found_in: Mapped[int]
    resolution: Mapped[str | None]
    note: Mapped[str | None]
    resolved_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    resolved_at: Mapped[datetime | None]

    reconciliation: Mapped[Reconciliation] = relationship()
