"""Tags, who carries them with which value and until when, and the rules that give and take them."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from app.kit.db import Base, Root


class TagKind(StrEnum):
    """Who gives the tag: a rule that hears single events, only people, or the counting of what she did lately."""

    rule = "rule"
    manual = "manual"
    behavioural = "behavioural"


class ValueType(StrEnum):
    """What stands beside the tag for each customer; a date is written as 2026-01-31, a choice is one of the tag's `choices`."""

    none = "none"
    text = "text"
    number = "number"
    date = "date"
    choice = "choice"


class Source(StrEnum):
    """Who decided about a customer's tag. `import` is a file, `api` another system."""

    rule = "rule"
    staff = "staff"
    journey = "journey"
    import_ = "import"
    api = "api"
    wecom = "wecom"
    service_account = "service_account"
    behaviour = "behaviour"


class Action(StrEnum):
    """What a rule does when its event happens."""

    add = "add"
    remove = "remove"


_SOURCES = ", ".join(f"'{one}'" for one in Source)


class TagFolder(Root):
    """Under which name tags stand together in the console; it is also the name of their group in WeCom."""

    __tablename__ = "tag_folders"
    __table_args__ = (UniqueConstraint("brand_id", "name"),)

    name: Mapped[str]


class Tag(Root):
    """A word that a brand says about customers. `ttl_days`: for how long it is given unless somebody says otherwise; None for good.

    What is archived is given to nobody any more; who carries it keeps it.
    """

    __tablename__ = "tags"
    __table_args__ = (
        UniqueConstraint("brand_id", "key"),
        CheckConstraint("kind IN ('rule', 'manual', 'behavioural')", name="kind"),
        CheckConstraint("value_type IN ('none', 'text', 'number', 'date', 'choice')", name="value_type"),
        CheckConstraint("(value_type = 'choice') = (cardinality(choices) > 0)", name="choices"),
        CheckConstraint("ttl_days > 0", name="ttl_days"),
    )

    key: Mapped[str]
    label: Mapped[str]
    kind: Mapped[str]
    value_type: Mapped[str] = mapped_column(default=ValueType.none, server_default="none")
    choices: Mapped[list[str]] = mapped_column(ARRAY(String), default=list, server_default="{}")
    ttl_days: Mapped[int | None]
    folder_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("tag_folders.id"))
    archived_at: Mapped[datetime | None]

    folder: Mapped[TagFolder | None] = relationship()


class CustomerTag(Base):
    """The last decision about one tag of one customer; what was taken away stays as a row, so that a late event cannot bring it back.

    `subject_*` is what the decision was about (an order), `decided_at` and `event_id` order the decisions that are about nothing in common.
    When `expires_at` comes the tag is taken away, and `decided_at` stays: an event that is heard late may still give it for longer.
    """

    __tablename__ = "customer_tags"
    __table_args__ = (
        CheckConstraint(f"source IN ({_SOURCES})", name="source"),
        Index("ix_customer_tags_carriers", "tag_id", "customer_id", postgresql_where=text("active")),
        Index("ix_customer_tags_expires_at", "expires_at", postgresql_where=text("active AND expires_at IS NOT NULL")),
    )

    # Neither is a foreign key: nobody deletes a customer or a tag, and whoever gives one has read both.
    customer_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    tag_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    active: Mapped[bool]
    source: Mapped[str]
    subject_type: Mapped[str | None]
    subject_id: Mapped[str | None]
    event_id: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())
    value: Mapped[str | None]
    expires_at: Mapped[datetime | None]

    tag: Mapped[Tag] = relationship(primaryjoin=lambda: Tag.id == foreign(CustomerTag.tag_id))


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


class BehaviourRule(Base):
    """A behavioural tag is carried by whoever did this `at_least` so often within the last `within`.

    `different` counts what it was done to: three cars, and not one car three times. `data` are values that the event must have,
    `vehicle` those of the car that it names (body, energy, condition, series_id). `due_at`: when everybody is to be counted anew.
    """

    __tablename__ = "behaviour_rules"
    __table_args__ = (
        CheckConstraint("at_least > 0", name="at_least"),
        CheckConstraint("within > interval '0'", name="within"),
        Index("ix_behaviour_rules_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    tag_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tags.id"), primary_key=True)
    event_name: Mapped[str]
    at_least: Mapped[int]
    within: Mapped[timedelta]
    different: Mapped[bool] = mapped_column(default=False, server_default="false")
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    vehicle: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict, server_default="{}")
    due_at: Mapped[datetime | None]

    tag: Mapped[Tag] = relationship()
