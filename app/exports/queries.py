"""Looks at exports: each staff member sees her own."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.exports.errors import ExportUnknown
from app.exports.models import Export


def hers(session: Session, staff: Staff, *, before: uuid.UUID | None, limit: int) -> Sequence[Export]:
    """What she has asked for, the newest first."""
    wanted = select(Export).where(Export.staff_id == staff.id)
    if before is not None:
        wanted = wanted.where(Export.id < before)
    return session.execute(wanted.order_by(Export.id.desc()).limit(limit)).scalars().all()


def one_of_hers(session: Session, staff: Staff, export_id: uuid.UUID, *, for_update: bool = False) -> Export:
    """Raises `ExportUnknown`, also for another's."""
    wanted = select(Export).filter_by(id=export_id, staff_id=staff.id)
    found = session.execute(wanted.with_for_update() if for_update else wanted).scalar_one_or_none()
    if found is None:
        raise ExportUnknown
    return found
