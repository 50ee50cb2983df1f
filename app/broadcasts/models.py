"""Broadcasts, and the people that each is for."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Root
from app.kit.states import Machine


class BroadcastStatus(StrEnum):
    """draft → scheduled → sending ⇄ paused → finished | cancelled; a scheduled one may become a draft again."""

    draft = "draft"
    scheduled = "scheduled"
    sending = "sending"
    paused = "paused"
    finished = "finished"
    cancelled = "cancelled"


BROADCAST = Machine(
    {
        "draft": frozenset({"scheduled", "cancelled"}),
        "scheduled": frozenset({"draft", "sending", "cancelled"}),
        "sending": frozenset({"paused", "finished", "cancelled"}),
        "paused": frozenset({"sending", "cancelled"}),
    }
)


class Broadcast(Root):
    """One message to many.

    `audience` is {kind: "segment", segment_id}, {kind: "tag", tag} or {kind: "list"}, whose people are written down when it is made.
    `ladder` is the ways to reach each person, best first ({channel, template_key}); `context` what the message is about (ids only).
    `scheduled_at` is when it begins; `expires_hours` after that whoever was not reached is left out. `per_minute` slows it down.

    From its start on the audience is written down page by page: `listed_until` is the last person written, `listed_at` when all were. From
    that list people are handed to the ledger of messages just ahead of the sending, `next_at` is when that may go on.
    """

    __tablename__ = "broadcasts"
    __table_args__ = (
        CheckConstraint("status IN ('draft', 'scheduled', 'sending', 'paused', 'finished', 'cancelled')", name="status"),
        CheckConstraint("purpose IN ('transactional', 'marketing')", name="purpose"),
        CheckConstraint("per_minute > 0", name="per_minute"),
        CheckConstraint("expires_hours > 0", name="expires_hours"),
        CheckConstraint("status NOT IN ('sending', 'paused') OR started_at IS NOT NULL", name="started"),
        Index("ix_broadcasts_at_work", "status", "next_at", postgresql_where=text("status IN ('scheduled', 'sending')")),
    )

    name: Mapped[str]
    status: Mapped[str] = mapped_column(default=BroadcastStatus.draft, server_default="draft")
    purpose: Mapped[str]
    audience: Mapped[dict[str, Any]] = mapped_column(JSONB)
    ladder: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    context: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
    scheduled_at: Mapped[datetime | None]
    expires_hours: Mapped[int] = mapped_column(default=72, server_default="72")
    per_minute: Mapped[int | None]
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())
    started_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    listed_until: Mapped[uuid.UUID | None]
    listed_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None]


class BroadcastPerson(Base):
    """One person that a broadcast is for, and when her message was handed to the ledger."""

    __tablename__ = "broadcast_people"
    __table_args__ = (
        Index("ix_broadcast_people_waiting", "broadcast_id", "customer_id", postgresql_where=text("planned_at IS NULL")),
        Index("ix_broadcast_people_customer_id", "customer_id"),
    )

    broadcast_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("broadcasts.id", ondelete="CASCADE"), primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    added_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())
    planned_at: Mapped[datetime | None]
