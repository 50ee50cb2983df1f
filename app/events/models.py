"""Events, who still has to hear of them, and who subscribed at run time."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, func, literal_column, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, new_id


class Event(Base):
    """A fact in the past tense. `data` holds ids and figures, never personal data. Partitioned by month of `recorded_at`."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_customer", "customer_id", "recorded_at", "id"),
        Index("ix_events_subject", "subject_id", "recorded_at", postgresql_where=text("subject_id IS NOT NULL")),
        # With the person: who did something within a time is counted without a look at the rows.
        Index("ix_events_brand_name", "brand_id", "name", "recorded_at", postgresql_include=["customer_id"]),
        Index(
            "ix_events_device",
            "brand_id",
            text("(data ->> 'visitor_id')"),
            "recorded_at",
            postgresql_where=text("(data ->> 'visitor_id') IS NOT NULL"),
        ),
        {"postgresql_partition_by": "RANGE (recorded_at)"},
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    recorded_at: Mapped[datetime] = mapped_column(primary_key=True, server_default=func.marque_now())
    # Neither is a foreign key: nobody deletes a brand or a customer, and to look for them is a fourth of what recording costs.
    brand_id: Mapped[uuid.UUID]
    name: Mapped[str]
    customer_id: Mapped[uuid.UUID | None]
    subject_type: Mapped[str | None]
    subject_id: Mapped[str | None]
    actor_type: Mapped[str]
    actor_id: Mapped[str | None]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)


# What the phone that told of an event, or on which somebody signed in, calls itself; written as its index has it.
told_by = Event.data.op("->>", return_type=String())(literal_column("'visitor_id'"))


class EventDelivery(Base):
    """One event for one handler: the outbox row, and once `delivered_at` is set, the receipt."""

    __tablename__ = "event_deliveries"
    __table_args__ = (
        Index(
            "ix_event_deliveries_due",
            "handler",
            "event_id",
            postgresql_where=text("delivered_at IS NULL AND dead_at IS NULL"),
        ),
        Index("ix_event_deliveries_dead", "dead_at", postgresql_where=text("dead_at IS NOT NULL")),
    )

    handler: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    recorded_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    error: Mapped[str | None]
    delivered_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]


class EventSubscription(Base):
    """A handler that asked, at run time, to hear of a name: a published journey, a tag rule.

    Only of facts whose data has all of `about`, and of one brand where there is one.
    """

    __tablename__ = "event_subscriptions"
    __table_args__ = (Index("ix_event_subscriptions_event_name", "event_name"),)

    handler: Mapped[str] = mapped_column(primary_key=True)
    event_name: Mapped[str] = mapped_column(primary_key=True)
    about: Mapped[dict[str, Any]] = mapped_column(JSONB, primary_key=True, default=dict, server_default="{}")
    brand_id: Mapped[uuid.UUID | None]


class EventRest(Base):
    """A handler that can hear nothing for now, and why: what waits for it waits, and no attempt is counted."""

    __tablename__ = "event_rests"

    handler: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime]
    error: Mapped[str]


class ClientEvent(Base):
    """That a device told of something, under an id of its own: told again, it is known. Dropped after some weeks."""

    __tablename__ = "client_events"
    __table_args__ = (Index("ix_client_events_recorded_at", "recorded_at", postgresql_using="brin"),)

    brand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("brands.id"), primary_key=True)
    visitor_id: Mapped[str] = mapped_column(primary_key=True)
    client_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    event_id: Mapped[uuid.UUID]
    recorded_at: Mapped[datetime]


class EventTotal(Base):
    """How often somebody did something, when first and when last, as far as events are counted: see `EventsCounted`.

    Under the id under which it was recorded. Without foreign keys: of a day's events there are hundreds of thousands at once.
    """

    __tablename__ = "event_totals"
    __table_args__ = (
        Index("ix_event_totals_brand_name", "brand_id", "name", "last_at", postgresql_include=["customer_id", "times"]),
        CheckConstraint("times > 0", name="times"),
    )

    customer_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    brand_id: Mapped[uuid.UUID]
    times: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]


class EventsCounted(Base):
    """The one row that says up to when events are in `event_totals`; none while none are."""

    __tablename__ = "events_counted"
    __table_args__ = (CheckConstraint("the_one", name="one_row"),)

    the_one: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    until: Mapped[datetime]
