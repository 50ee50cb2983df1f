"""Which way of an A/B test won, and who was sent which way to find out."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base


class Experiment(Base):
    """The test on a node of the kind `ab_test`, since somebody first came there; another version tests anew.

    `figures` are those by which it was decided: port → {"people", "converted"}; `interval` is by how much the winner did better than the
    next best, at 95 %: {"against", "low", "high"}.
    """

    __tablename__ = "journey_experiments"
    __table_args__ = (CheckConstraint("(winner IS NULL) = (decided_at IS NULL)", name="decided"),)

    version_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    node_id: Mapped[str] = mapped_column(primary_key=True)
    began_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())
    people: Mapped[int] = mapped_column(default=0, server_default="0")
    decided_at: Mapped[datetime | None]
    winner: Mapped[str | None]
    figures: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    interval: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class Tried(Base):
    """That a walk was sent a way while the test was open. Without foreign keys, as walks are."""

    __tablename__ = "journey_tested"

    version_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    node_id: Mapped[str] = mapped_column(primary_key=True)
    walk_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    port: Mapped[str]
    sent_at: Mapped[datetime]
