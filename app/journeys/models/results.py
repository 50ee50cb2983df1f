"""What a journey led to."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base


class Conversion(Base):
    """That the goal of a journey happened to somebody who walks it, or to one of the control group (`held_out`): once for each walk.

    `send_id` and `node_id` are of the last message of that walk that she had got by then. Without foreign keys and without the customer:
    the walk knows her.
    """

    __tablename__ = "journey_conversions"
    __table_args__ = (Index("ix_journey_conversions_node", "version_id", "node_id", "walk_id"),)

    walk_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    version_id: Mapped[uuid.UUID]
    node_id: Mapped[str | None]
    send_id: Mapped[uuid.UUID | None]
    held_out: Mapped[bool]
    converted_at: Mapped[datetime]


class JourneyClick(Base):
    """That a message of a journey was clicked first: it brought her into the mini-program, or she read it in her inbox.

    Without foreign keys and without the customer: the message knows her.
    """

    __tablename__ = "journey_clicks"
    __table_args__ = (Index("ix_journey_clicks_node", "version_id", "node_id", "send_id"),)

    send_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    version_id: Mapped[uuid.UUID]
    node_id: Mapped[str]
    clicked_at: Mapped[datetime]


class JourneyClickMark(Base):
    """Until when it was looked for clicks: one row, whose lock belongs to who looks."""

    __tablename__ = "journey_click_marks"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seen_until: Mapped[datetime]
