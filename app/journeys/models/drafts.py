"""What is being drawn, and the people who are being moved to what was published."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Root


class JourneyDraft(Base):
    """The graph that marketers draw, sound or not. `revision` counts its saves: whoever saves tells the one that was looked at."""

    __tablename__ = "journey_drafts"

    journey_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("journeys.id", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int]
    graph: Mapped[dict[str, Any]] = mapped_column(JSONB)
    saved_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    saved_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())


class MoveKind(StrEnum):
    """migrate: to places of another version, or out; eject: everybody out of older versions; cancel: everybody out of the journey."""

    migrate = "migrate"
    eject = "eject"
    cancel = "cancel"


class MoveStatus(StrEnum):
    """running → done, or replaced by a later publication or the end of the journey."""

    running = "running"
    done = "done"
    replaced = "replaced"


class JourneyMove(Root):
    """Everybody who is inside a journey when a version is published or the journey is cancelled, moved page by page.

    `places` says for every (version, node) on which somebody stood where those go: a list of {version_id, node_id, to, fresh}; no `to` is
    out, `fresh` that the new node is another one. `cursor` is the customer up to whom they are moved, `is_idle` that nobody was found to
    be moved since it began at the first of them. `people` is how many there were.
    """

    __tablename__ = "journey_moves"
    __table_args__ = (
        CheckConstraint("kind IN ('migrate', 'eject', 'cancel')", name="kind"),
        CheckConstraint("status IN ('running', 'done', 'replaced')", name="status"),
        CheckConstraint("(kind = 'cancel') = (version_id IS NULL)", name="goal"),
        Index("ix_journey_moves_journey", "journey_id", "created_at"),
        Index("uq_journey_moves_running", "journey_id", unique=True, postgresql_where=text("status = 'running'")),
    )

    journey_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("journeys.id"))
    version_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("journey_versions.id"))
    kind: Mapped[str]
    status: Mapped[str] = mapped_column(default=MoveStatus.running, server_default="running")
    places: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    cursor: Mapped[uuid.UUID | None]
    is_idle: Mapped[bool] = mapped_column(default=True, server_default=true())
    people: Mapped[int]
    moved: Mapped[int] = mapped_column(default=0, server_default="0")
    ejected: Mapped[int] = mapped_column(default=0, server_default="0")
    ended_at: Mapped[datetime | None]
