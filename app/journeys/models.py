"""Journeys, their published versions, the walks of customers and the steps they took."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.db import Base, Root


class JourneyStatus(StrEnum):
    """draft (nothing published) → active ⇄ paused."""

    draft = "draft"
    active = "active"
    paused = "paused"


class VersionStatus(StrEnum):
    """One version of a journey takes the people who enter; those who entered an earlier one finish it."""

    published = "published"
    superseded = "superseded"


class WalkStatus(StrEnum):
    """active → completed | exited; active ⇄ stuck, when a step failed and a person has to look."""

    active = "active"
    completed = "completed"
    exited = "exited"
    stuck = "stuck"


INSIDE = (WalkStatus.active, WalkStatus.stuck)


class Journey(Root):
    """What happens to a customer after something happened to her."""

    __tablename__ = "journeys"
    __table_args__ = (UniqueConstraint("brand_id", "key"), CheckConstraint("status IN ('draft', 'active', 'paused')", name="status"))

    key: Mapped[str]
    name: Mapped[str]
    status: Mapped[str] = mapped_column(default=JourneyStatus.draft, server_default="draft")
    updated_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())


class JourneyVersion(Root):
    """A graph that was found sound and never changes; its form is described in `app/journeys/graph.py`."""

    __tablename__ = "journey_versions"
    __table_args__ = (
        UniqueConstraint("journey_id", "number"),
        CheckConstraint("status IN ('published', 'superseded')", name="status"),
        Index("uq_journey_versions_published", "journey_id", unique=True, postgresql_where=text("status = 'published'")),
    )

    journey_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("journeys.id"))
    number: Mapped[int]
    status: Mapped[str]
    graph: Mapped[dict[str, Any]] = mapped_column(JSONB)
    trigger_event: Mapped[str]
    exit_on: Mapped[list[str]] = mapped_column(ARRAY(String))

    journey: Mapped[Journey] = relationship()


class Walk(Root):
    """One customer in one journey, on the version that was published when she entered.

    `entry_key` is the event that brought her in, or "once" for a journey that is walked once in a life. `triggered_at` is when the
    cause of her entry began, `subject_*` what it was about (an order). `due_at` is when the step she stands on is to be visited; None once
    she walks no more. `fence` counts the claims, so that a step whose lease ended meanwhile is taken by one worker only.
    """

    __tablename__ = "walks"
    __table_args__ = (
        UniqueConstraint("journey_id", "customer_id", "entry_key"),
        CheckConstraint("status IN ('active', 'completed', 'exited', 'stuck')", name="status"),
        CheckConstraint("(status = 'active') = (due_at IS NOT NULL)", name="due_while_active"),
        Index("uq_walks_one_at_a_time", "journey_id", "customer_id", unique=True, postgresql_where=text("status IN ('active', 'stuck')")),
        Index("ix_walks_due", "journey_id", "due_at", postgresql_where=text("status = 'active'")),
        Index("ix_walks_places", "journey_id", "node_id", "status", "id"),
        Index("ix_walks_customer_id", "customer_id"),
    )

    journey_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("journeys.id"))
    version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("journey_versions.id"))
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"))
    entry_key: Mapped[str]
    status: Mapped[str] = mapped_column(default=WalkStatus.active, server_default="active")
    node_id: Mapped[str]
    visit_no: Mapped[int] = mapped_column(default=1, server_default="1")
    arrived_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0, server_default="0")
    triggered_at: Mapped[datetime]
    subject_type: Mapped[str | None]
    subject_id: Mapped[str | None]
    context: Mapped[dict[str, Any]] = mapped_column(JSONB)
    exit_reason: Mapped[str | None]
    problem: Mapped[str | None]
    ended_at: Mapped[datetime | None]


class WalkStep(Base):
    """A step that was taken: which way the customer left it, and the message it planned."""

    __tablename__ = "walk_steps"
    __table_args__ = (Index("ix_walk_steps_journey_id_node_id", "journey_id", "node_id"),)

    walk_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("walks.id"), primary_key=True)
    node_id: Mapped[str] = mapped_column(primary_key=True)
    visit_no: Mapped[int] = mapped_column(primary_key=True)
    journey_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("journeys.id"))
    port: Mapped[str | None]
    send_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sends.id"))
    arrived_at: Mapped[datetime]
    left_at: Mapped[datetime]
