"""Journeys and their versions."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.db import Root
from app.kit.states import Machine


class JourneyStatus(StrEnum):
    """draft (nothing published) → active ⇄ paused; cancelled is for good."""

    draft = "draft"
    active = "active"
    paused = "paused"
    cancelled = "cancelled"


class VersionStatus(StrEnum):
    """One version of a journey takes the people who enter; those who entered an earlier one finish it, unless they are moved."""

    published = "published"
    superseded = "superseded"


JOURNEY = Machine(
    {
        "draft": frozenset({"active", "cancelled"}),
        "active": frozenset({"paused", "cancelled"}),
        "paused": frozenset({"active", "cancelled"}),
    }
)


class Journey(Root):
    """What happens to a customer after something happened to her."""

    __tablename__ = "journeys"
    __table_args__ = (
        UniqueConstraint("brand_id", "key"),
        CheckConstraint("status IN ('draft', 'active', 'paused', 'cancelled')", name="status"),
    )

    key: Mapped[str]
    name: Mapped[str]
    status: Mapped[str] = mapped_column(default=JourneyStatus.draft, server_default="draft")
    updated_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())
    archived_at: Mapped[datetime | None]
    # Of the rules of the published version: 1 has its turn first.
    priority: Mapped[int] = mapped_column(SmallInteger, default=5, server_default="5")
    # The version to which people are being moved: meanwhile nobody else takes a step. Without a key: versions know their journeys.
    moving_to: Mapped[uuid.UUID | None]
    # The journey whose draft marketers try on themselves in this one, which is shown to nobody else. Without a key: it may be deleted.
    test_of: Mapped[uuid.UUID | None]


class JourneyVersion(Root):
    """A graph that was found sound and never changes; its form is described in `app/journeys/graph.py`.

    `hears` and `exit_on` are the events that let people in and out, `awaits` those that somebody inside may wait for,
    `watches` those that may make her one of whom the rule `exit_if` speaks.
    """

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
    hears: Mapped[list[str]] = mapped_column(ARRAY(String))
    exit_on: Mapped[list[str]] = mapped_column(ARRAY(String))
    awaits: Mapped[list[str]] = mapped_column(ARRAY(String), default=list, server_default="{}")
    watches: Mapped[list[str]] = mapped_column(ARRAY(String), default=list, server_default="{}")
    # `copy_of` is the number of the version that this one brings back.
    note: Mapped[str] = mapped_column(default="", server_default="")
    published_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    copy_of: Mapped[int | None]
    # Up to when those inside were looked at whom time alone may have let out by the rule `exit_if`.
    looked_at: Mapped[datetime | None]

    journey: Mapped[Journey] = relationship()
