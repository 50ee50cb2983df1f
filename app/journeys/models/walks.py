"""Walks of customers through journeys, and the steps that they took."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, new_id


class WalkStatus(StrEnum):
    """active → completed | exited; active ⇄ stuck, when a step failed and a person has to look.

    held_out: the control group, who never walk.
    """

    active = "active"
    completed = "completed"
    exited = "exited"
    stuck = "stuck"
    held_out = "held_out"


INSIDE = (WalkStatus.active, WalkStatus.stuck)


class Walk(Base):
    """One customer in one journey, on the version that was published when she entered.

    `entry_key` is the event that brought her in, or "once" for a journey that is walked once in a life. `triggered_at` is when the
    cause of her entry began, `subject_*` what it was about (an order). `due_at` is when the node she stands on is to be visited; None once
    she walks no more. `ends_at` is when she leaves wherever she stands. `awaits` are the events that may end her stay there sooner.
    `visit_no` counts the nodes she came to: with it a step has a name of its own, and so has whatever a step starts elsewhere.

    `parent_id` is the walk in which a node of the kind `sub_journey` let her in.

    Without foreign keys: a million walks begin at once, each from a row that names what exists, and none of that is ever deleted.
    """

    __tablename__ = "walks"
    __table_args__ = (
        # Begins with the customer, so that hers are found by it, too.
        UniqueConstraint("customer_id", "journey_id", "entry_key"),
        CheckConstraint("status IN ('active', 'completed', 'exited', 'stuck', 'held_out')", name="status"),
        CheckConstraint("(status = 'active') = (due_at IS NOT NULL)", name="due_while_active"),
        Index("uq_walks_one_at_a_time", "journey_id", "customer_id", unique=True, postgresql_where=text("status IN ('active', 'stuck')")),
        Index("uq_walks_held_out", "journey_id", "customer_id", unique=True, postgresql_where=text("status = 'held_out'")),
        Index("ix_walks_due", "journey_id", "due_at", postgresql_where=text("status = 'active'")),
        # Only journeys that let nobody stay for ever fill it.
        Index("ix_walks_ends", "ends_at", postgresql_where=text("status IN ('active', 'stuck') AND ends_at IS NOT NULL")),
        Index("ix_walks_parent", "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
        Index("ix_walks_places", "journey_id", "node_id", "status", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    brand_id: Mapped[uuid.UUID]
    created_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())
    journey_id: Mapped[uuid.UUID]
    version_id: Mapped[uuid.UUID]
    customer_id: Mapped[uuid.UUID]
    entry_key: Mapped[str]
    status: Mapped[str] = mapped_column(default=WalkStatus.active, server_default="active")
    node_id: Mapped[str]
    visit_no: Mapped[int] = mapped_column(default=1, server_default="1")
    arrived_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    awaits: Mapped[list[str] | None] = mapped_column(ARRAY(String))
    triggered_at: Mapped[datetime]
    subject_type: Mapped[str | None]
    subject_id: Mapped[str | None]
    context: Mapped[dict[str, Any]] = mapped_column(JSONB)
    exit_reason: Mapped[str | None]
    problem: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    parent_id: Mapped[uuid.UUID | None]


class WalkStep(Base):
    """A step that was taken: which way the customer left the node, the message it planned, and why what the node does was left out, if it
    was. Partitioned by the month of the entry.

    Walks have UUIDs of version 7, which begin with the time: ranges of them are months. Without foreign keys, as walks are.
    """

    __tablename__ = "walk_steps"
    __table_args__ = ({"postgresql_partition_by": "RANGE (walk_id)"},)

    walk_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    visit_no: Mapped[int] = mapped_column(primary_key=True)
    journey_id: Mapped[uuid.UUID]
    version_id: Mapped[uuid.UUID]
    node_id: Mapped[str]
    port: Mapped[str | None]
    send_id: Mapped[uuid.UUID | None]
    skipped: Mapped[str | None]
    arrived_at: Mapped[datetime]
    left_at: Mapped[datetime]
