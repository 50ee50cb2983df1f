"""What a customer has been told: mark it as read, and drop what is old."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.orm import Session

from app.identity.models import Customer
from app.interests.models import Alert


def mark_read(session: Session, customer: Customer, *, ids: Sequence[uuid.UUID] = (), until: uuid.UUID | None = None) -> None:
    """These alerts of hers, or all up to and with one, are read; another's, and what is read, stay as they are."""
    wanted = update(Alert).where(Alert.customer_id == customer.id, Alert.read_at.is_(None))
    if until is not None:
        newest = session.execute(select(Alert).filter_by(id=until, customer_id=customer.id)).scalar_one_or_none()
        if newest is None:
            return
        wanted = wanted.where(tuple_(Alert.created_at, Alert.id) <= tuple_(newest.created_at, newest.id))
    else:
        wanted = wanted.where(Alert.id.in_(ids))
    session.execute(wanted.values(read_at=func.marque_now()).execution_options(synchronize_session=False))


def forget_old(session: Session, *, older_than: timedelta) -> None:
    """Drop alerts that nobody looks for any more; what they told of is not told again."""
    session.execute(delete(Alert).where(Alert.created_at < func.marque_now() - older_than))
