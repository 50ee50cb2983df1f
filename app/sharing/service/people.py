"""Customers who turn out to be one, and customers who leave."""

from __future__ import annotations

import uuid

from sqlalchemy import delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.sharing.models import Share, ShareConversion, ShareOpen, ShareTouch, ShareVisitor


def merge(session: Session, *, kept_id: uuid.UUID, merged_id: uuid.UUID) -> None:
    """Everything of the merged customer is the kept one's; what one of them led the other to was herself, and counts no more."""
    theirs = select(literal(kept_id), ShareTouch.share_id, ShareTouch.first_at, ShareTouch.last_at)
    moved = insert(ShareTouch).from_select(
        ["customer_id", "share_id", "first_at", "last_at"], theirs.where(ShareTouch.customer_id == merged_id)
    )
    session.execute(
        moved.on_conflict_do_update(
            index_elements=["customer_id", "share_id"],
            set_={
                "first_at": func.least(ShareTouch.first_at, moved.excluded.first_at),
                "last_at": func.greatest(ShareTouch.last_at, moved.excluded.last_at),
            },
        )
    )
    session.execute(delete(ShareTouch).where(ShareTouch.customer_id == merged_id))
    for table in (Share, ShareOpen, ShareVisitor, ShareConversion):
        session.execute(update(table).where(table.customer_id == merged_id).values(customer_id=kept_id))
    own = select(Share.id).where(Share.customer_id == kept_id)
    for credited in (ShareTouch, ShareConversion):
        session.execute(delete(credited).where(credited.customer_id == kept_id, credited.share_id.in_(own)))


def forget(session: Session, customer_id: uuid.UUID) -> None:
    """An erased customer's devices are nobody's; the figures of shares stay."""
    session.execute(delete(ShareVisitor).where(ShareVisitor.customer_id == customer_id))
    session.execute(update(ShareOpen).where(ShareOpen.customer_id == customer_id).values(visitor_id=None))
