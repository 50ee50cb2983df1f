"""Leads, what they are interested in, whom they were given to, and what was done."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.crypto import EncryptedText
from app.kit.db import Base, Root, new_id


class Status(StrEnum):
    """new → assigned → accepted | callback_promised → test_drive_booked → won | defeated; a merged lead is a duplicate."""

    new = "new"
    assigned = "assigned"
    accepted = "accepted"
    callback_promised = "callback_promised"
    test_drive_booked = "test_drive_booked"
    won = "won"
    defeated = "defeated"
    duplicate = "duplicate"


class Grade(StrEnum):
    """How soon she is likely to buy: within 7, 15, 30 or 90 days by custom of the trade."""

    H = "H"
    A = "A"
    B = "B"
    C = "C"


class BusinessLine(StrEnum):
    vehicle_sales = "vehicle_sales"


class Interest(StrEnum):
    """What she did about a car or a store."""

    contact = "contact"
    finance = "finance"
    reservation = "reservation"
    deposit = "deposit"


class Cause(StrEnum):
    """Why an adviser is asked to look after a lead (now, or again)."""

    contact = "contact"
    deposit_paid = "deposit_paid"
    not_paid = "not_paid"
    journey = "journey"


# As SQL: the states in which a customer may have a new lead beside this one.
CLOSED = "('won', 'defeated', 'duplicate')"


class Lead(Root):
    """One customer's wish for one business line; one id from the first touch to the end. `version` counts its changes.

    Of two leads that turn out to be one, the other keeps its id and says which lead it became (`merged_into_id`).
    """

    __tablename__ = "leads"
    __table_args__ = (
        Index("uq_leads_open", "customer_id", "business_line", unique=True, postgresql_where=text(f"status NOT IN {CLOSED}")),
        Index("ix_leads_dealer", "dealer_id", "created_at", "id"),
        Index("ix_leads_brand", "brand_id", "created_at", "id"),
        CheckConstraint(
            "status IN ('new', 'assigned', 'accepted', 'callback_promised', 'test_drive_booked', 'won', 'defeated', 'duplicate')",
            name="status",
        ),
        CheckConstraint("grade IN ('H', 'A', 'B', 'C')", name="grade"),
        CheckConstraint("owner_id IS NULL OR dealer_id IS NOT NULL", name="owner_has_dealer"),
        CheckConstraint("(status = 'duplicate') = (merged_into_id IS NOT NULL)", name="duplicate_of"),
    )

    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    business_line: Mapped[str] = mapped_column(default=BusinessLine.vehicle_sales)
    status: Mapped[str] = mapped_column(default=Status.new)
    grade: Mapped[str] = mapped_column(default=Grade.B)
    dealer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("dealers.id"))
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)
    assigned_at: Mapped[datetime | None]
    first_response_at: Mapped[datetime | None]
    next_action_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    merged_into_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("leads.id"))


class LeadInterest(Base):
    """A car or a store that she asked about, reserved or paid for; the latest time counts. `message` is her own words."""

    __tablename__ = "lead_interests"
    __table_args__ = (
        UniqueConstraint("lead_id", "kind", "vehicle_id", "store_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("vehicle_id IS NOT NULL OR store_id IS NOT NULL", name="in_something"),
        CheckConstraint("kind IN ('contact', 'finance', 'reservation', 'deposit')", name="kind"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    lead_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("leads.id"))
    kind: Mapped[str]
    vehicle_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("vehicles.id"))
    store_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("stores.id"))
    message: Mapped[str | None] = mapped_column(EncryptedText)
    latest_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())


class LeadAssignment(Base):
    """A decision who looks after a lead, with everything that went into it, and the answer of whoever was asked.

    `candidates` is the list of advisers in the order of choice: {staff_id, capacity, recent, last_at}. `reference` names what caused it
    (an order, an interest): the same cause asks nobody twice. `staff_id` is None when the dealer has nobody.
    """

    __tablename__ = "lead_assignments"
    __table_args__ = (
        UniqueConstraint("lead_id", "cause", "reference"),
        Index("ix_lead_assignments_staff", "staff_id", "created_at"),
        Index("ix_lead_assignments_dealer", "dealer_id", "created_at"),
        CheckConstraint("cause IN ('contact', 'deposit_paid', 'not_paid', 'journey')", name="cause"),
        CheckConstraint("rule IN ('owner_kept', 'round_robin', 'manager', 'nobody')", name="rule"),
        CheckConstraint("answer IN ('accepted', 'callback_promised')", name="answer"),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered_once"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    lead_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("leads.id"))
    cause: Mapped[str]
    reference: Mapped[str]
    rule: Mapped[str]
    dealer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("dealers.id"))
    staff_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    candidates: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    answer: Mapped[str | None]
    answered_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    answered_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())


class LeadActivity(Base):
    """A line in the lead's own log. `reference` makes each line come once, however often its cause is delivered."""

    __tablename__ = "lead_activities"
    __table_args__ = (
        UniqueConstraint("lead_id", "kind", "reference"),
        Index("ix_lead_activities_test_drives", "created_at", postgresql_where=text("kind = 'test_drive_booked'")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    lead_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("leads.id"))
    kind: Mapped[str]
    reference: Mapped[str]
    staff_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    created_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())


class AdviserCapacity(Base):
    """How many leads a day an adviser can take, where it is not the usual number."""

    __tablename__ = "adviser_capacities"
    __table_args__ = (CheckConstraint("leads_per_day > 0", name="positive"),)

    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    leads_per_day: Mapped[int]
