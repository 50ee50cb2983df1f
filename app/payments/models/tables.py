"""The tables of payments: intents, attempts, refunds, incidents, and the double-entry ledger."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.db import Base, Root, new_id
from app.payments.models.states import Account, AttemptStatus, IncidentKind, IntentStatus, RefundStatus


def _one_of(states: type[StrEnum], column: str = "status") -> CheckConstraint:
    listed = ", ".join(f"'{state.value}'" for state in states)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class PaymentIntent(Root):
    """Money asked of a customer for one subject: (subject_type, subject_id), for instance ("order", <id>). One per subject."""

    __tablename__ = "payment_intents"
    __table_args__ = (
        UniqueConstraint("subject_type", "subject_id"),
        CheckConstraint("amount_fen > 0", name="amount"),
        _one_of(IntentStatus),
        # For the sweep over what has no owner: empty while all is well
        Index("ix_payment_intents_unheard", "paid_at", postgresql_where=text("status = 'paid' AND NOT is_heard")),
    )

    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    subject_type: Mapped[str]
    subject_id: Mapped[str]
    # What people call the subject, such as the order's number
    subject_number: Mapped[str] = mapped_column(default="", server_default="")
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(default="CNY")
    description: Mapped[str]
    # Who receives the money: the merchant, or its sub-merchant. Every row below that comes of it has the same pair, by triggers.
    payee_account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("wechat_accounts.id"))
    sub_mchid: Mapped[str | None]
    status: Mapped[str] = mapped_column(default=IntentStatus.open)
    # The last moment at which the money may come; attempts end a little earlier.
    expires_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    # Whether its subject knows that the money came; a trigger on the subject's table writes it.
    is_heard: Mapped[bool] = mapped_column(default=False, server_default=false())


class PaymentAttempt(Root):
    """One way of paying an intent, with a number of its own at WeChat; what we asked for is kept to compare with what we are told."""

    __tablename__ = "payment_attempts"
    __table_args__ = (
        UniqueConstraint("out_trade_no"),
        UniqueConstraint("transaction_id"),
        CheckConstraint("amount_fen > 0", name="amount"),
        _one_of(AttemptStatus),
        Index(
            "uq_payment_attempts_one_open",
            "intent_id",
            unique=True,
            postgresql_where=text("status IN ('created', 'prepay_ok', 'unknown')"),
        ),
        CheckConstraint("status NOT IN ('created', 'prepay_ok', 'unknown') OR certain_at IS NULL", name="open_is_uncertain"),
        Index("ix_payment_attempts_due", "due_at", postgresql_where=text("certain_at IS NULL")),
    )

    intent_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("payment_intents.id"), index=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("wechat_accounts.id"))
    out_trade_no: Mapped[str]
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    appid: Mapped[str]
    mchid: Mapped[str]
    sub_mchid: Mapped[str | None]
    openid: Mapped[str | None]
    status: Mapped[str] = mapped_column(default=AttemptStatus.created)
    prepay_id: Mapped[str | None]
    transaction_id: Mapped[str | None]
    expires_at: Mapped[datetime]
    # When we ask WeChat next, and how often we have asked.
    due_at: Mapped[datetime]
    polls: Mapped[int] = mapped_column(default=0, server_default="0")
    # Since when it is certain what became of it; until then we go on asking, also about one that was ended
    certain_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    # Paid when the intent was paid already: the money only passes through
    is_surplus: Mapped[bool] = mapped_column(default=False, server_default="false")
    error_code: Mapped[str | None]

    intent: Mapped[PaymentIntent] = relationship()


class PaymentIncident(Root):
    """Something about money that a person can see, and has to look at until it is resolved. One per kind and reference."""

    __tablename__ = "payment_incidents"
    __table_args__ = (
        UniqueConstraint("kind", "reference"),
        _one_of(IncidentKind, "kind"),
        Index("ix_payment_incidents_brand_id_created_at", "brand_id", "created_at"),
    )

    kind: Mapped[str]
    # WeChat's transaction_id, or our out_trade_no or out_refund_no
    reference: Mapped[str]
    intent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("payment_intents.id"), index=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("wechat_accounts.id"))
    sub_mchid: Mapped[str | None]
    out_trade_no: Mapped[str]
    # What WeChat says was paid, or what was to go back
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    # {"amount_fen": {"asked": 100000, "told": 99999}, …}; no personal data
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    resolved_at: Mapped[datetime | None]
    resolution: Mapped[str | None]
    resolved_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    note: Mapped[str | None]


class Refund(Root):
    """Money on its way back, under one number whatever happens on the way. Of an intent's attempt, or of money that had no order."""

    __tablename__ = "refunds"
    __table_args__ = (
        UniqueConstraint("out_refund_no"),
        CheckConstraint("amount_fen > 0 AND amount_fen <= paid_fen", name="amount"),
        CheckConstraint("attempt_id IS NOT NULL OR incident_id IS NOT NULL", name="owner"),
        _one_of(RefundStatus),
        Index("ix_refunds_brand_id_created_at", "brand_id", "created_at"),
        Index("ix_refunds_settled", "brand_id", "settled_at", postgresql_where=text("status = 'succeeded'")),
        Index("ix_refunds_due", "due_at", postgresql_where=text("status IN ('requested', 'submitted', 'abnormal')")),
    )

    intent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("payment_intents.id"), index=True)
    attempt_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("payment_attempts.id"), index=True)
    incident_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("payment_incidents.id"))
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("wechat_accounts.id"))
    sub_mchid: Mapped[str | None]
    out_trade_no: Mapped[str]
    out_refund_no: Mapped[str]
    refund_id: Mapped[str | None]
    paid_fen: Mapped[int] = mapped_column(BigInteger)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str]
    # The ledger account that the money comes from
    source: Mapped[str]
    status: Mapped[str] = mapped_column(default=RefundStatus.requested)
    due_at: Mapped[datetime]
    # When WeChat was last asked to send it: refunds of one payment are asked for a minute apart
    asked_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    settled_at: Mapped[datetime | None]
    error_code: Mapped[str | None]


class LedgerEntry(Root):
    """One movement of the money of one payee; its lines balance. Append-only and balanced by triggers of the database."""

    __tablename__ = "ledger_entries"
    __table_args__ = (UniqueConstraint("reference"), Index("ix_ledger_entries_brand_id_created_at", "brand_id", "created_at"))

    # What moved it, which can be booked once: "payment <transaction_id>", "refund requested <out_refund_no>", …
    reference: Mapped[str]
    kind: Mapped[str]
    # Whose money: an entry moves it between accounts of the ledger, never from one payee to another
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("wechat_accounts.id"))
    sub_mchid: Mapped[str | None]
    intent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("payment_intents.id"), index=True)
    refund_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("refunds.id"))
    incident_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("payment_incidents.id"))

    lines: Mapped[list[LedgerLine]] = relationship(order_by="LedgerLine.id")


class LedgerLine(Base):
    """One side of an entry: a debit or a credit on one account."""

    __tablename__ = "ledger_lines"
    __table_args__ = (
        CheckConstraint("debit_fen >= 0 AND credit_fen >= 0 AND (debit_fen = 0) <> (credit_fen = 0)", name="one_side"),
        _one_of(Account, "account"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    entry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ledger_entries.id"), index=True)
    account: Mapped[str]
    debit_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    credit_fen: Mapped[int] = mapped_column(BigInteger, default=0)
