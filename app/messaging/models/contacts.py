"""Which members of the corp a customer has in WeCom, and the messages that they have been asked to send her."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base


class Contact(Base):
    """She and a member are contacts. The identity is what the corp calls her (its external_userid), under the corp's appid."""

    __tablename__ = "wecom_contacts"

    identity_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("wechat_identities.id", ondelete="CASCADE"), primary_key=True)
    userid: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime | None]
    read_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ContactSync(Base):
    """When the contacts of a corp are read next."""

    __tablename__ = "wecom_contact_syncs"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("wechat_accounts.id"), primary_key=True)
    due_at: Mapped[datetime]


class MemberTask(Base):
    """A message that a member has to confirm before it goes to her; asked after at `due_at` until it is known what he did.

    `reminded`: how often he was told again that it waits.
    """

    __tablename__ = "wecom_member_tasks"
    __table_args__ = (Index("ix_wecom_member_tasks_due_at", "due_at"),)

    send_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    identity_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("wechat_identities.id", ondelete="CASCADE"), index=True)
    userid: Mapped[str]
    due_at: Mapped[datetime]
    reminded: Mapped[int] = mapped_column(default=0, server_default="0")
