"""Tags that WeCom and the service accounts know, too: what they are called there, who bears them there, and whom to ask about."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Root


class TagLink(Root):
    """A tag of ours that an account of Tencent's has, too. `remote_id` is its id there, None until it was made; `remote_name` the name that
    we last gave it or found there.

    `due_at`: when to make it, or to read who bears it; None once it is `broken_at`, with the reason in `error`.
    """

    __tablename__ = "tag_links"
    __table_args__ = (
        UniqueConstraint("tag_id", "account_id"),
        UniqueConstraint("account_id", "remote_id"),
        Index("ix_tag_links_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    tag_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tags.id"))
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("wechat_accounts.id"))
    remote_id: Mapped[str | None]
    remote_name: Mapped[str | None]
    due_at: Mapped[datetime | None]
    broken_at: Mapped[datetime | None]
    error: Mapped[str | None]


class TagMark(Base):
    """Whether a customer is to bear a linked tag there (`wanted`), and what was last told or heard (`there`).

    While the two differ somebody has to tell it at `due_at`. What we told comes back as news that equals `there`, and changes nothing.
    """

    __tablename__ = "tag_marks"
    __table_args__ = (
        CheckConstraint("due_at IS NULL OR wanted <> there", name="due_where_it_differs"),
        Index("ix_tag_marks_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    link_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tag_links.id"), primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), primary_key=True, index=True)
    wanted: Mapped[bool]
    there: Mapped[bool]
    due_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    error: Mapped[str | None]


class ContactReading(Base):
    """A customer of a member in WeCom who was changed there, and is to be read again at `due_at`."""

    __tablename__ = "contact_readings"
    __table_args__ = (Index("ix_contact_readings_due_at", "due_at"),)

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("wechat_accounts.id"), primary_key=True)
    external_userid: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
