"""Segments with their versions, who is in them, and what is computed about people."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Root


class SegmentKind(StrEnum):
    """Whether people come and go by themselves, or stay as they were found at one moment."""

    dynamic = "dynamic"
    snapshot = "snapshot"


class Segment(Root):
    """People for whom a tree of conditions holds: {"all": […]}, {"any": […]}, {"not": …} and {"kind": …, "config": {…}}.

    `due_at` is when it is to be computed anew, `computing_at` since when a worker does; meanwhile nobody else changes its members, and
    who would have been looked at is noted in `segment_touched`. `listens` are the facts that can change who is in it, `uses` the segments
    that it asks about. `swept_at` is up to which moment it is known whom time alone moved; empty where time moves nobody.
    """

    __tablename__ = "segments"
    __table_args__ = (
        UniqueConstraint("brand_id", "key"),
        CheckConstraint("kind IN ('dynamic', 'snapshot')", name="kind"),
        Index("ix_segments_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_segments_swept", "swept_at", postgresql_where=text("swept_at IS NOT NULL")),
    )

    key: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    tree: Mapped[dict[str, Any]] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    listens: Mapped[list[str]] = mapped_column(ARRAY(String))
    uses: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid))
    # As of `computed_at` and what changed since; kept where the members change.
    members: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    due_at: Mapped[datetime | None]
    computing_at: Mapped[datetime | None]
    computed_at: Mapped[datetime | None]
    swept_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())


class SegmentVersion(Base):
    """What a segment asked from some moment on, and who said so."""

    __tablename__ = "segment_versions"

    segment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("segments.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    tree: Mapped[dict[str, Any]] = mapped_column(JSONB)
    made_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())


class SegmentMember(Base):
    """That somebody is in a segment, and since when. Without foreign keys: a million are written in one statement."""

    __tablename__ = "segment_members"
    __table_args__ = (Index("ix_segment_members_customer", "customer_id"),)

    segment_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    entered_at: Mapped[datetime]


class SegmentTouched(Base):
    """Whom something happened to while a segment was computed: looked at as soon as that is done."""

    __tablename__ = "segment_touched"
    __table_args__ = (Index("ix_segment_touched_customer", "customer_id"),)

    segment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("segments.id"), primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)


class SegmentCrowd(Base):
    """Many to whom the same happened at once, in a file for one: every segment that listens to it is still to look at them.

    Whoever was merged or forgotten since is passed over: where that was heard, the segments looked.
    """

    __tablename__ = "segment_crowds"
    __table_args__ = (Index("ix_segment_crowds_due_at", "due_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    brand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("brands.id"))
    # Of the event
    name: Mapped[str]
    customer_ids: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid))
    due_at: Mapped[datetime]


class CustomerAttribute(Base):
    """What was computed about a customer: a word, a number or a moment. `due_at` is when time alone changes it."""

    __tablename__ = "customer_attributes"
    __table_args__ = (
        CheckConstraint("num_nonnulls(word, number, moment) = 1", name="one_value"),
        Index("ix_customer_attributes_word", "name", "word", "customer_id"),
        Index("ix_customer_attributes_number", "name", "number", "customer_id"),
        Index("ix_customer_attributes_moment", "name", "moment", "customer_id"),
        Index("ix_customer_attributes_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    word: Mapped[str | None]
    number: Mapped[int | None] = mapped_column(BigInteger)
    moment: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
