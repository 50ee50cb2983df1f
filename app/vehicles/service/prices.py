"""Marks of reductions, which end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import CursorResult, func, update
from sqlalchemy.orm import Session

from app.vehicles.models import Vehicle

MARKED_FOR = timedelta(days=30)


def fade_reductions(session: Session) -> int:
    """Take the mark off the cars whose price was reduced long ago; how many."""
    faded: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        update(Vehicle)
        .where(Vehicle.reduced_at < func.marque_now() - MARKED_FOR)
        .values(reduced_fen=None, reduced_at=None)
        .execution_options(synchronize_session=False)
    )
    return faded.rowcount
