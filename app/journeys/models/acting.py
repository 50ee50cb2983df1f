"""What journeys ask of people: tasks that staff confirm, and whether a customer lets us write to her."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Root


class TaskStatus(StrEnum):
    """open → confirmed (somebody did it) | timed_out | cancelled (her walk ended)."""

    open = "open"
    confirmed = "confirmed"
    timed_out = "timed_out"
    cancelled = "cancelled"


class StaffTask(Root):
    """Something that a journey asks staff to do about a customer. That it exists does not mean that it is done: somebody confirms it.

    `staff_id` is who is asked now: another when he has left; None while there is nobody to ask, and headquarters see it. `to_whom` is
    who was meant: the owner of her lead, or the managers of its dealer. `remind_at` is when it is looked at next, `reminders` how often it
    was said again.
    """

    __tablename__ = "staff_tasks"
    __table_args__ = (
        UniqueConstraint("walk_id", "visit_no", "node_id"),
        CheckConstraint("status IN ('open', 'confirmed', 'timed_out', 'cancelled')", name="status"),
        CheckConstraint("(status = 'confirmed') = (done_by_id IS NOT NULL)", name="done_by_somebody"),
        CheckConstraint("(status = 'open') = (done_at IS NULL)", name="done_once"),
        CheckConstraint("reminders BETWEEN 0 AND 3", name="few_reminders"),
        CheckConstraint("to_whom IN ('owner', 'managers')", name="to_whom"),
        Index("ix_staff_tasks_dealer", "dealer_id", "status", "created_at", "id"),
        Index("ix_staff_tasks_brand", "brand_id", "status", "created_at", "id"),
        Index("ix_staff_tasks_reminders", "remind_at", postgresql_where=text("status = 'open'")),
    )

    journey_id: Mapped[uuid.UUID]
    walk_id: Mapped[uuid.UUID]
    node_id: Mapped[str]
    visit_no: Mapped[int]
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    lead_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("leads.id"))
    dealer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("dealers.id"))
    staff_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    to_whom: Mapped[str]
    title: Mapped[str]
    status: Mapped[str] = mapped_column(default=TaskStatus.open, server_default="open")
    reminders: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    remind_at: Mapped[datetime | None]
    ends_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))


class AskStatus(StrEnum):
    """open → granted | refused | timed_out | cancelled (her walk ended)."""

    open = "open"
    granted = "granted"
    refused = "refused"
    timed_out = "timed_out"
    cancelled = "cancelled"


class CreditAsk(Root):
    """That the mini-program is to ask her, at her next tap where it may, whether she wants messages of a subscribe template."""

    __tablename__ = "credit_asks"
    __table_args__ = (
        UniqueConstraint("walk_id", "visit_no", "node_id"),
        CheckConstraint("status IN ('open', 'granted', 'refused', 'timed_out', 'cancelled')", name="status"),
        Index("ix_credit_asks_open", "customer_id", postgresql_where=text("status = 'open'")),
    )

    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    walk_id: Mapped[uuid.UUID]
    node_id: Mapped[str]
    visit_no: Mapped[int]
    template_key: Mapped[str]
    status: Mapped[str] = mapped_column(default=AskStatus.open, server_default="open")
    ends_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
