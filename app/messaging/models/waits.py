"""What messages waited for before they left, or did not."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base


class SendWait(Base):
    """That a message was due and had to wait for one reason: since when, until when last, and how often. One row per reason."""

    __tablename__ = "send_waits"

    send_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sends.id", ondelete="CASCADE"), primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    until: Mapped[datetime]
    times: Mapped[int] = mapped_column(default=1, server_default="1")
