"""Looks at the inbox of a customer."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from app.messaging.models import InboxMessage


def messages(
    session: Session, customer_id: uuid.UUID, *, before: tuple[datetime, uuid.UUID] | None = None, limit: int = 20
) -> Sequence[InboxMessage]:
    """Her messages, newest first, continuing before (created_at, id)."""
    wanted = select(InboxMessage).filter_by(customer_id=customer_id)
    if before:
        wanted = wanted.where(tuple_(InboxMessage.created_at, InboxMessage.id) < tuple_(*before))
    return session.execute(wanted.order_by(InboxMessage.created_at.desc(), InboxMessage.id.desc()).limit(limit)).scalars().all()


def unread(session: Session, customer_id: uuid.UUID) -> int:
    """How many she has not read."""
    wanted = select(func.count()).select_from(InboxMessage).where(InboxMessage.customer_id == customer_id, InboxMessage.read_at.is_(None))
    return session.execute(wanted).scalar_one()
