"""What is counted of walks while they are walked, so that nobody has to count a million of them for a reader."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, Identity
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base


class JourneyCount(Base):
    """How often something happened at a node of a version. Added to in the transaction in which it happened.

    `what` is "entered", "left" (`detail`: the port), "rested" (was visited and stays), "finished", "moved" (to another version), "exited",
    "stuck" or "skipped" (`detail`: the reason), "freed" (is not stuck any more), "converted" (`detail`: "held_out" for the control group),
    or "noted" (`detail`: a key of `journeys.noted`). At the trigger it is "let_in", "left_out" (`detail`: why), "held_out", "unheld" (of
    the control group no more: two profiles are one person) or "moved_in". Of the messages that a node planned it is "sent", "delivered",
    "failed" or "not_sent" (`detail`: why), or "clicked".
    """

    __tablename__ = "journey_counts"

    version_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    node_id: Mapped[str] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(primary_key=True)
    detail: Mapped[str] = mapped_column(primary_key=True, default="", server_default="")
    times: Mapped[int] = mapped_column(BigInteger)


class JourneyMessageChange(Base):
    """By how much a count of messages changed, to be added to `JourneyCount`. A trigger on `sends` writes it."""

    __tablename__ = "journey_message_changes"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    version_id: Mapped[uuid.UUID]
    node_id: Mapped[str]
    what: Mapped[str]
    detail: Mapped[str]
    times: Mapped[int] = mapped_column(BigInteger)


class JourneyTrouble(Base):
    """How many walks of a journey got stuck since a moment, and the steps that it had taken before; there once something goes wrong.

    Since `paused_at` the journey rests by its own decision; `steps` are those that had been taken since `since`.
    """

    __tablename__ = "journey_troubles"

    journey_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    steps_before: Mapped[int] = mapped_column(BigInteger)
    steps: Mapped[int] = mapped_column(BigInteger)
    stuck: Mapped[int] = mapped_column(BigInteger)
    paused_at: Mapped[datetime | None]
