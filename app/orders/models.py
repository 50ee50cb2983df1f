"""Deposit terms, orders, and the reservations that hold a vehicle for them."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Root
from app.kit.states import Machine


class OrderStatus(StrEnum):
    """The fulfilment axis; whether and how much was paid is never here, see `payments.queries.standing`."""

    created = "created"
    awaiting_payment = "awaiting_payment"
    paid = "paid"
    confirmed = "confirmed"
    converted = "converted"
    closed = "closed"


class ReservationStatus(StrEnum):
    soft_held = "soft_held"
    expiring = "expiring"
    cancelling = "cancelling"
    hard_held = "hard_held"
    converted = "converted"
    expired = "expired"
    cancelled = "cancelled"
    failed = "failed"
    cancelled_by_user = "cancelled_by_user"
    cancelled_by_dealer = "cancelled_by_dealer"
    sold_elsewhere = "sold_elsewhere"


class CloseReason(StrEnum):
    expired = "expired"
    cancelled_by_customer = "cancelled_by_customer"
    payment_failed = "payment_failed"
    hold_ended = "hold_ended"
    declined_by_dealer = "declined_by_dealer"
    sold_offline = "sold_offline"


class DepositType(StrEnum):
    """意向金 and 订金 always go back; 定金 is at most 20 % of the price (Civil Code, art. 586) and may be forfeited (art. 587)."""

    intent_deposit = "intent_deposit"
    deposit = "deposit"
    earnest_money = "earnest_money"


class RefundRule(StrEnum):
    """`forfeit`: kept when she withdraws or lets the time run out; back when the dealer ends it. Only earnest money may be."""

    full = "full"
    forfeit = "forfeit"


class PayeeKind(StrEnum):
    """Into whose merchant account the money goes: it is never collected for one and passed on to another."""

    brand = "brand"
    dealer = "dealer"


# While a reservation is in one of these, nobody else gets the vehicle.
ACTIVE = (ReservationStatus.soft_held, ReservationStatus.expiring, ReservationStatus.cancelling, ReservationStatus.hard_held)
# Until WeChat has closed the payment, or turns out to have been paid.
ENDING = (ReservationStatus.expiring, ReservationStatus.cancelling)
_ACTIVE_SQL = "status IN ('soft_held', 'expiring', 'cancelling', 'hard_held')"

# A closed order comes back to life only by money that arrived late while its vehicle was still free.
ORDER = Machine(
    {
        "created": frozenset({"awaiting_payment", "paid", "closed"}),
        "awaiting_payment": frozenset({"paid", "closed"}),
        "paid": frozenset({"confirmed", "converted", "closed"}),
        "confirmed": frozenset({"converted", "closed"}),
        "closed": frozenset({"paid"}),
    }
)
RESERVATION = Machine(
    {
        "soft_held": frozenset({"hard_held", "expiring", "cancelling", "failed"}),
        "expiring": frozenset({"hard_held", "expired", "cancelling"}),
        "cancelling": frozenset({"cancelled", "cancelled_by_user", "cancelled_by_dealer", "sold_elsewhere"}),
        # To itself when the dealer extends it
        "hard_held": frozenset({"hard_held", "converted", "expired", "cancelled_by_user", "cancelled_by_dealer", "sold_elsewhere"}),
    }
)


def _one_of(states: type[StrEnum], column: str = "status") -> CheckConstraint:
    listed = ", ".join(f"'{state.value}'" for state in states)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class DepositTerms(Root):
    """What a customer agrees to when she pays a deposit: the policy of the brand, or of one dealer, which then goes before the brand's.

    A version is never changed; the newest that has not ended is in force.
    """

    __tablename__ = "deposit_terms"
    __table_args__ = (
        UniqueConstraint("brand_id", "version"),
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("hold_hours > 0", name="hold_hours"),
        CheckConstraint("pay_minutes >= 6 AND extension_hours >= 0 AND active_per_customer >= 1", name="windows"),
        CheckConstraint("refund_rule = 'full' OR deposit_type = 'earnest_money'", name="only_earnest_money_is_forfeited"),
        _one_of(DepositType, "deposit_type"),
        _one_of(RefundRule, "refund_rule"),
        _one_of(PayeeKind, "payee"),
    )

    dealer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("dealers.id"), index=True)
    version: Mapped[str]
    text: Mapped[str]
    deposit_type: Mapped[str]
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    pay_minutes: Mapped[int] = mapped_column(default=15, server_default="15")
    hold_hours: Mapped[int]
    # How much longer the dealer may hold it, once; 0 where he may not
    extension_hours: Mapped[int] = mapped_column(default=72, server_default="72")
    active_per_customer: Mapped[int] = mapped_column(default=1, server_default="1")
    refund_rule: Mapped[str] = mapped_column(default=RefundRule.full, server_default="full")
    payee: Mapped[str] = mapped_column(default=PayeeKind.brand, server_default="brand")
    ended_at: Mapped[datetime | None]


class Order(Root):
    """A deposit order of one customer for one vehicle."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("customer_id", "request_key"),
        CheckConstraint("amount_fen > 0", name="amount"),
        _one_of(OrderStatus),
        _one_of(CloseReason, "close_reason"),
        _one_of(DepositType, "deposit_type"),
        _one_of(RefundRule, "refund_rule"),
        # For the sweep over what has no owner: what is under way, and what has ended with its money still somewhere
        Index("ix_orders_live", "id", postgresql_where=text("status IN ('created', 'awaiting_payment', 'paid', 'confirmed')")),
        Index(
            "ix_orders_closed_and_paid",
            "closed_at",
            postgresql_where=text("status = 'closed' AND paid_at IS NOT NULL AND refunded_at IS NULL"),
        ),
        Index("ix_orders_brand_id_created_at", "brand_id", "created_at"),
        Index("ix_orders_paid", "brand_id", "paid_at", postgresql_where=text("paid_at IS NOT NULL")),
        Index("ix_orders_dealer_id_created_at", "dealer_id", "created_at"),
    )

    number: Mapped[str]
    kind: Mapped[str] = mapped_column(default="deposit")
    status: Mapped[str] = mapped_column(default=OrderStatus.created)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    vehicle_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("vehicles.id"), index=True)
    dealer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("dealers.id"))
    store_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("stores.id"))
    intent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("payment_intents.id"), unique=True)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    deposit_type: Mapped[str]
    terms_version: Mapped[str]
    terms_accepted_at: Mapped[datetime]
    # How long the vehicle stays hers once she has paid, as the accepted terms say
    hold_hours: Mapped[int]
    extension_hours: Mapped[int] = mapped_column(default=72, server_default="72")
    refund_rule: Mapped[str] = mapped_column(default=RefundRule.full, server_default="full")
    # Who receives the money, as the pay sheet and the terms name it
    payee_name: Mapped[str] = mapped_column(default="", server_default="")
    refundable_until: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    # By the dealer: that the car is there and kept for her; that she has it longer
    confirmed_at: Mapped[datetime | None]
    extended_at: Mapped[datetime | None]
    refunded_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    # Known from the moment somebody ends it, while WeChat is still asked whether she has paid
    close_reason: Mapped[str | None]
    # Her own words
    cancel_reason: Mapped[str | None]
    # Why the dealer declined it or sold the car to another, in words that she reads
    dealer_note: Mapped[str | None]
    # The Idempotency-Key of the request that made it, by which that request is resumed
    request_key: Mapped[str | None]

    @property
    def goes_back(self) -> bool:
        """Whether her money goes back when she withdraws or lets the time run out; when the dealer ends it, it always does."""
        return self.refund_rule == RefundRule.full


class Reservation(Root):
    """A vehicle held for an order: softly while she pays, firmly once she has. At most one active per vehicle."""

    __tablename__ = "reservations"
    __table_args__ = (
        _one_of(ReservationStatus),
        Index("one_active_hold", "vehicle_id", unique=True, postgresql_where=text(_ACTIVE_SQL)),
        Index("ix_reservations_due", "expires_at", postgresql_where=text(_ACTIVE_SQL)),
        Index("ix_reservations_held", "order_id", postgresql_where=text(_ACTIVE_SQL)),
        Index("ix_reservations_ending", "order_id", postgresql_where=text("status IN ('expiring', 'cancelling')")),
        Index("ix_reservations_customer_active", "customer_id", postgresql_where=text(_ACTIVE_SQL)),
    )

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    vehicle_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("vehicles.id"), index=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    status: Mapped[str] = mapped_column(default=ReservationStatus.soft_held)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
