"""Tags, who carries them, and the rules that give and take them."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.db import Base, Root


class TagKind(StrEnum):
    """Whether a rule gives the tag, or only people do."""

    rule = "rule"
    manual = "manual"


class Source(StrEnum):
    """Who decided about a customer's tag."""

    rule = "rule"
    staff = "staff"
    journey = "journey"


class Action(StrEnum):
    """What a rule does when its event happens."""

    add = "add"
    remove = "remove"


class Tag(Root):
    """A word that a brand says about customers."""

    __tablename__ = "tags"
    __table_args__ = (UniqueConstraint("brand_id", "key"), CheckConstraint("kind IN ('rule', 'manual')", name="kind"))

    key: Mapped[str]
    label: Mapped[str]
    kind: Mapped[str]


class CustomerTag(Base):
    """The last decision about one tag of one customer; what was taken away stays as a row, so that a late event cannot bring it back.

    `subject_*` is what the decision was about (an order), `decided_at` and `event_id` order the decisions that are about nothing in common.
    """

    __tablename__ = "customer_tags"
    __table_args__ = (
        CheckConstraint("source IN ('rule', 'staff', 'journey')", name="source"),
        Index("ix_customer_tags_carriers", "tag_id", "customer_id", postgresql_where=text("active")),
    )

    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    tag_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tags.id"), primary_key=True)
    active: Mapped[bool]
    source: Mapped[str]
    subject_type: Mapped[str | None]
    subject_id: Mapped[str | None]
    event_id: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())

    tag: Mapped[Tag] = relationship()


class TagRule(Root):
    """When an event of this name happens to a customer, she gets or loses a tag."""

    __tablename__ = "tag_rules"
    __table_args__ = (
        UniqueConstraint("brand_id", "event_name", "tag_id"),
        CheckConstraint("action IN ('add', 'remove')", name="action"),
    )

    event_name: Mapped[str]
    tag_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tags.id"))
    action: Mapped[str]

    tag: Mapped[Tag] = relationship()
