"""People let in by the million, page by page; times that let them in; and how fast they may begin."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Root
from app.kit.states import Machine

# How many people a list may name.
MOST_NAMED = 5_000


class FanOutStatus(StrEnum):
    """running ⇄ paused → finished | cancelled."""

    running = "running"
    paused = "paused"
    finished = "finished"
    cancelled = "cancelled"


FAN_OUT = Machine(
    {"running": frozenset({"paused", "finished", "cancelled"}), "paused": frozenset({"running", "cancelled"})},
)


class JourneyFanOut(Root):
    """Everybody of a source enters a journey, in parts; whoever dies on the way goes on after the last page of a part.

    `source` is {"kind": "segment", "segment_id": …}, {"kind": "everybody"}, or {"kind": "planned", "trigger": one of a graph, "at": …}.
    `occasion` names what it was begun for: nothing is begun for twice. `seen` people were looked at, of whom `entered` and `held_out`, and
    the rest was left out, by reason. `total` is how many there were when it began.
    """

    __tablename__ = "journey_fan_outs"
    __table_args__ = (
        UniqueConstraint("journey_id", "occasion"),
        CheckConstraint("status IN ('running', 'paused', 'finished', 'cancelled')", name="status"),
        CheckConstraint("(status IN ('finished', 'cancelled')) = (ended_at IS NOT NULL)", name="ended"),
        Index("ix_journey_fan_outs_due", "due_at", postgresql_where=text("status = 'running'")),
    )

    journey_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("journeys.id"))
    occasion: Mapped[str]
    source: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(default=FanOutStatus.running, server_default="running")
    due_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())
    total: Mapped[int | None] = mapped_column(BigInteger)
    seen: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    entered: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    held_out: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    left_out: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict, server_default="{}")
    made_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    ended_at: Mapped[datetime | None]


class JourneyFanOutPart(Base):
    """What is left of a part of a fan-out: those after `reached_id`, up to and with `up_to_id`, in the order of their ids. None is before
    the first, or after the last. Whoever lets some of them in holds the row; it goes with the last of them.
    """

    __tablename__ = "journey_fan_out_parts"

    fan_out_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("journey_fan_outs.id"), primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    reached_id: Mapped[uuid.UUID | None]
    up_to_id: Mapped[uuid.UUID | None]


class JourneyClock(Base):
    """When a trigger of a journey's published version lets people in next; `trigger` is a digest of it, so that a new version that has the
    same one goes on with it.
    """

    __tablename__ = "journey_clocks"
    __table_args__ = (Index("ix_journey_clocks_next_at", "next_at", postgresql_where=text("next_at IS NOT NULL")),)

    journey_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("journeys.id"), primary_key=True)
    trigger: Mapped[str] = mapped_column(primary_key=True)
    next_at: Mapped[datetime | None]


class JourneyPace(Base):
    """When the next one of a journey with a throttle may begin."""

    __tablename__ = "journey_paces"

    journey_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("journeys.id"), primary_key=True)
    next_at: Mapped[datetime]


class JourneyBegin(Base):
    """How many people of a journey with a throttle began lately: `recent` is a list of [until when, in seconds since 1970; how many].

    Who came due together, as after an outage, and may not all begin, begins in a second line, whose next place is at `behind_at`. Without a
    key: whoever publishes the journey and whoever takes its steps do not wait for each other.
    """

    __tablename__ = "journey_begins"

    journey_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    recent: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    behind_at: Mapped[datetime | None]
