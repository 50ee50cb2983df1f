"""Looks at the runs of feeds and at the rows that they refused."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.dealers.scope import Scope
from app.vehicles.errors import RunUnknown
from app.vehicles.models import ImportRow, ImportRun


def run_of_staff(session: Session, staff: Staff, run_id: uuid.UUID) -> ImportRun:
    """A feed of this person's dealer, or of the brand for headquarters. Raises `RunUnknown`, also for another dealer's."""
    wanted = select(ImportRun).where(Scope.of(staff).covers(ImportRun), ImportRun.id == run_id)
    found = session.execute(wanted).scalar_one_or_none()
    if found is None:
        raise RunUnknown
    return found


def runs_of_staff(session: Session, staff: Staff, *, before: uuid.UUID | None, limit: int) -> Sequence[ImportRun]:
    """Feeds of this person's dealer or brand, the newest first, continuing before an id."""
    wanted = select(ImportRun).where(Scope.of(staff).covers(ImportRun)).order_by(ImportRun.id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(ImportRun.id < before)
    return session.execute(wanted).scalars().all()


def refused_rows(session: Session, run_id: uuid.UUID, *, after: tuple[int, int], limit: int) -> Sequence[ImportRow]:
    """The rows and pictures of a feed that did not hold, by their line, continuing after a line and its picture."""
    wanted = select(ImportRow).where(ImportRow.run_id == run_id, tuple_(ImportRow.line, ImportRow.picture) > tuple_(*after))
    return session.execute(wanted.order_by(ImportRow.line, ImportRow.picture).limit(limit)).scalars().all()


def every_refused_row(session: Session, run_id: uuid.UUID) -> Iterator[ImportRow]:
    """All of them, one after the other, however many there are."""
    wanted = select(ImportRow).filter_by(run_id=run_id).order_by(ImportRow.line, ImportRow.picture)
    yield from session.execute(wanted.execution_options(yield_per=1000)).scalars()
