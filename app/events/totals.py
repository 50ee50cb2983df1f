"""How often each customer did what: counted day by day, so that whoever asks about everybody and all time need not read every event."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.events.models import Event, EventsCounted, EventTotal
from app.kit import clock

# No transaction that records an event lasts longer.
RECORDED_WITHIN = timedelta(hours=1)
DAY = timedelta(days=1)
_LOCK = "hashtext('event totals')"


def counted_until(session: Session) -> datetime | None:
    """Up to when all events are in the totals, which stays so until this transaction ends; None where they cannot be asked now."""
    if not session.execute(text(f"SELECT pg_try_advisory_xact_lock_shared({_LOCK})")).scalar_one():
        return None
    return session.execute(select(EventsCounted.until)).scalar_one_or_none()


def count_up(session: Session, *, step: timedelta = DAY) -> bool:
    """Count the events of the next day, or of more at a time; False when all are counted that nobody may still be recording."""
    session.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    begun = session.execute(select(EventsCounted.until)).scalar_one_or_none()
    since = begun or session.execute(select(func.min(Event.recorded_at))).scalar_one_or_none()
    last = clock.now(session) - RECORDED_WITHIN
    if since is None or since >= last:
        return False
    until = min(since + step, last)
    _count(session, and_(Event.recorded_at >= since, Event.recorded_at < until))
    written = insert(EventsCounted).values(until=until)
    session.execute(written.on_conflict_do_update(index_elements=["the_one"], set_={"until": written.excluded.until}))
    return until < last


def count_again(session: Session, customer_id: uuid.UUID) -> None:
    """Count a customer's events anew: what somebody did on a device became hers, however long ago it was done."""
    session.execute(text(f"SELECT pg_advisory_xact_lock_shared({_LOCK})"))
    until = session.execute(select(EventsCounted.until)).scalar_one_or_none()
    if until is None:
        return
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:who, 0))"), {"who": f"event totals {customer_id}"})
    session.execute(delete(EventTotal).where(EventTotal.customer_id == customer_id))
    _count(session, and_(Event.recorded_at < until, Event.customer_id == customer_id))


def _count(session: Session, which: ColumnElement[bool]) -> None:
    counted = (
        select(Event.customer_id, Event.name, Event.brand_id, func.count(), func.min(Event.recorded_at), func.max(Event.recorded_at))
        .where(which, Event.customer_id.is_not(None))
        .group_by(Event.customer_id, Event.name, Event.brand_id)
    )
    written = insert(EventTotal).from_select(["customer_id", "name", "brand_id", "times", "first_at", "last_at"], counted)
    more = {
        "times": EventTotal.times + written.excluded.times,
        "first_at": func.least(EventTotal.first_at, written.excluded.first_at),
        "last_at": func.greatest(EventTotal.last_at, written.excluded.last_at),
    }
    session.execute(written.on_conflict_do_update(index_elements=["customer_id", "name"], set_=more))
