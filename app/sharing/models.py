"""Shares, who opened them, whom they touched, and what they led to."""

from __future__ import annotations

import secrets
import string
import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Root, new_id

_LETTERS = string.digits + string.ascii_letters


def new_share_id() -> str:
    """16 letters and digits (95 random bits): short enough for the scene of a mini-program code, which takes 32 characters."""
    return "".join(secrets.choice(_LETTERS) for _ in range(16))


class Conversion(StrEnum):
    """What a share may lead to."""

    login = "login"
    lead = "lead"
    order = "order"
    deposit = "deposit"


class Share(Base):
    """A car or a list of cars that a customer passes on. `parent_id` is the share that brought herself here.

    `target` is the canonical form of what is shared: the same car or the same filters always give the same text.
    `code_image` is the mini-program code, once somebody asked for it; it never changes.
    """

    __tablename__ = "shares"
    __table_args__ = (
        Index("ix_shares_customer_id_target", "customer_id", "target"),
        Index("ix_shares_brand_id_created_at", "brand_id", "created_at"),
        CheckConstraint("id ~ '^[0-9A-Za-z]{1,22}$'", name="fits_a_scene"),
        CheckConstraint("parent_id <> id", name="not_its_own_parent"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_share_id)
    brand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("brands.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[str]
    channel: Mapped[str]
    vehicle_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("vehicles.id"))
    filters: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    target: Mapped[str]
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("shares.id"), index=True)
    code_image: Mapped[bytes | None] = mapped_column(deferred=True)


class Poster(Base):
    """The poster of a share. `says` tells what it shows; when the car says something else, such as another price, it is made anew.

    `digest` names its file, None until there is one; `due_at` is when the job looks at it, None when it need not.
    """

    __tablename__ = "share_posters"
    __table_args__ = (Index("ix_share_posters_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),)

    share_id: Mapped[str] = mapped_column(ForeignKey("shares.id"), primary_key=True)
    says: Mapped[str]
    digest: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    due_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())


class ShareOpen(Base):
    """Somebody opened a share: a visitor whom only her device names, or a customer."""

    __tablename__ = "share_opens"
    __table_args__ = (
        Index("ix_share_opens_share_id", "share_id", "opened_at"),
        Index("ix_share_opens_visitor_id", "visitor_id", postgresql_where=text("visitor_id IS NOT NULL")),
        Index("ix_share_opens_customer_id", "customer_id", postgresql_where=text("customer_id IS NOT NULL")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    share_id: Mapped[str] = mapped_column(ForeignKey("shares.id"))
    visitor_id: Mapped[str | None]
    customer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("customers.id"))
    scene: Mapped[str | None]
    opened_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())


class ShareVisitor(Root):
    """Which customer a device turned out to belong to, when she logged in on it."""

    __tablename__ = "share_visitors"
    __table_args__ = (UniqueConstraint("brand_id", "visitor_id"),)

    visitor_id: Mapped[str]
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), index=True)


class ShareTouch(Base):
    """A customer whom somebody else's share reached: the first time and the last."""

    __tablename__ = "share_touches"

    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    share_id: Mapped[str] = mapped_column(ForeignKey("shares.id"), primary_key=True)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]


class ShareConversion(Base):
    """What a share led to. A lead, an order or a deposit is credited to one share: the last that touched her within the window;
    `first_share_id` is the first that ever did.
    """

    __tablename__ = "share_conversions"
    __table_args__ = (
        UniqueConstraint("share_id", "kind", "subject_id"),
        Index("uq_share_conversions_once", "kind", "subject_id", unique=True, postgresql_where=text("kind <> 'login'")),
        CheckConstraint("kind IN ('login', 'lead', 'order', 'deposit')", name="kind"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    share_id: Mapped[str] = mapped_column(ForeignKey("shares.id"))
    first_share_id: Mapped[str] = mapped_column(ForeignKey("shares.id"))
    kind: Mapped[str]
    subject_id: Mapped[str]
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())
