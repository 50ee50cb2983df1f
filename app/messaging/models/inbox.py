"""Messages that wait in the mini-program until she reads them."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.crypto import EncryptedText
from app.kit.db import Root


class InboxMessage(Root):
    """One message in her inbox; a send puts one there, however often it is sent."""

    __tablename__ = "inbox_messages"
    __table_args__ = (
        Index("ix_inbox_messages_customer_id", "customer_id", "id"),
        Index("ix_inbox_messages_unread", "customer_id", postgresql_where=text("read_at IS NULL")),
        Index("ix_inbox_messages_read_at", "read_at", postgresql_where=text("read_at IS NOT NULL")),
    )

    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"))
    send_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    purpose: Mapped[str]
    title: Mapped[str] = mapped_column(EncryptedText)
    content: Mapped[str] = mapped_column(EncryptedText)
    page: Mapped[str | None] = mapped_column(EncryptedText)
    read_at: Mapped[datetime | None]
