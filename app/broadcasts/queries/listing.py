"""Which broadcasts a brand has."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app.broadcasts.errors import BroadcastUnknown
from app.broadcasts.models import Broadcast


def by_id(session: Session, brand_id: uuid.UUID, broadcast_id: uuid.UUID) -> Broadcast:
    """The brand's broadcast. Raises `BroadcastUnknown`, also for another brand's."""
    found = session.execute(select(Broadcast).filter_by(id=broadcast_id, brand_id=brand_id)).scalar_one_or_none()
    if found is None:
        raise BroadcastUnknown
    return found


def locked(session: Session, brand_id: uuid.UUID, broadcast_id: uuid.UUID) -> Broadcast:
    """The brand's broadcast, as it is when nobody else changes or feeds it. Raises `BroadcastUnknown`."""
    found = session.execute(
        select(Broadcast).filter_by(id=broadcast_id, brand_id=brand_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise BroadcastUnknown
    return found


def listing(
    session: Session,
    brand_id: uuid.UUID,
    *,
    status: str | None = None,
    q: str | None = None,
    before: tuple[datetime, uuid.UUID] | None = None,
    limit: int,
) -> Sequence[Broadcast]:
    """The brand's broadcasts, newest first, continuing before (created_at, id); `q` is a part of the name."""
    wanted = select(Broadcast).where(Broadcast.brand_id == brand_id)
    if status:
        wanted = wanted.where(Broadcast.status == status)
    if q:
        wanted = wanted.where(Broadcast.name.icontains(q, autoescape=True))
    if before:
        wanted = wanted.where(tuple_(Broadcast.created_at, Broadcast.id) < tuple_(*before))
    return session.execute(wanted.order_by(Broadcast.created_at.desc(), Broadcast.id.desc()).limit(limit)).scalars().all()
