"""What a person lets an account send her: credits for subscribe messages, and the time in which it may answer her.

All of it hangs on what the account calls her: it moves when she is merged, and goes when she is erased.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Root, new_id


class Credit(Root):
    """How many messages of one of WeChat's templates she still allows; what happened to it are its entries. After `revoked_at` only what
    she allows anew counts.
    """

    __tablename__ = "message_credits"
    __table_args__ = (
        UniqueConstraint("identity_id", "template_id"),
        CheckConstraint("balance >= 0", name="never_spent_twice"),
    )

    identity_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("wechat_identities.id", ondelete="CASCADE"))
    template_id: Mapped[str]
    balance: Mapped[int] = mapped_column(default=0, server_default="0")
    revoked_at: Mapped[datetime | None]


class Cause(StrEnum):
    granted = "granted"
    taken = "taken"
    given_back = "given_back"
    revoked = "revoked"


class CreditEntry(Base):
    """One change of a credit. A `key` counts once: it names what Tencent told."""

    __tablename__ = "message_credit_entries"
    __table_args__ = (
        UniqueConstraint("credit_id", "key"),
        CheckConstraint("cause IN ('granted', 'taken', 'given_back', 'revoked')", name="cause"),
        Index("ix_message_credit_entries_send_id", "send_id", postgresql_where=text("send_id IS NOT NULL")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    credit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("message_credits.id", ondelete="CASCADE"))
    cause: Mapped[str]
    delta: Mapped[int]
    key: Mapped[str | None]
    send_id: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())


class ReplyWindow(Base):
    """She did something (`opened_by`) that lets the account write to her until `closes_at`, `balance` times more."""

    __tablename__ = "reply_windows"
    __table_args__ = (CheckConstraint("balance >= 0", name="never_spent_twice"),)

    identity_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("wechat_identities.id", ondelete="CASCADE"), primary_key=True)
    opened_by: Mapped[str] = mapped_column(primary_key=True)
    opened_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    balance: Mapped[int]


class ReplyUse(Base):
    """Which window a message has used a place of."""

    __tablename__ = "reply_uses"

    send_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    identity_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("wechat_identities.id", ondelete="CASCADE"), index=True)
    opened_by: Mapped[str]
    opened_at: Mapped[datetime]
