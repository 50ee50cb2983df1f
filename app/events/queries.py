"""Looks at what happened."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app.events.models import Event, EventDelivery, EventRest, told_by


def of_customer(
    session: Session,
    customer_ids: Sequence[uuid.UUID],
    *,
    before: tuple[datetime, uuid.UUID] | None = None,
    name: str | None = None,
    limit: int = 50,
) -> Sequence[Event]:
    """A customer's timeline, newest first, continuing before (recorded_at, id)."""
    wanted = select(Event).where(Event.customer_id.in_(customer_ids))
    if name:
        wanted = wanted.where(Event.name == name)
    if before:
        wanted = wanted.where(tuple_(Event.recorded_at, Event.id) < tuple_(*before))
    return session.execute(wanted.order_by(Event.recorded_at.desc(), Event.id.desc()).limit(limit)).scalars().all()


def happened(session: Session, name: str, *, customer_id: uuid.UUID, since: datetime) -> bool:
    """Whether a customer has an event of this name at or after a moment."""
    return (
        session.execute(
            select(Event.id).where(Event.customer_id == customer_id, Event.name == name, Event.recorded_at >= since).limit(1)
        ).first()
        is not None
    )


def owner_of(session: Session, brand_id: uuid.UUID, visitor_id: str) -> uuid.UUID | None:
    """Who signed in last on a device, unless she has been forgotten since."""
    logins = select(Event.customer_id).where(Event.brand_id == brand_id, told_by == visitor_id, Event.name == "customer.logged_in")
    return session.execute(logins.order_by(Event.recorded_at.desc(), Event.id.desc()).limit(1)).scalar()


def devices_of(session: Session, brand_id: uuid.UUID, customer_ids: Sequence[uuid.UUID]) -> Sequence[str]:
    """What the phones called themselves that customers used, in a fixed order."""
    told = select(told_by).where(Event.brand_id == brand_id, Event.customer_id.in_(customer_ids), told_by.is_not(None))
    return sorted(session.execute(told.distinct()).scalars())


def of_nobody_on(session: Session, brand_id: uuid.UUID, visitor_ids: Sequence[str]) -> Sequence[Event]:
    """What devices told while nobody was known on them, newest first."""
    wanted = select(Event).where(Event.brand_id == brand_id, told_by.in_(visitor_ids), Event.customer_id.is_(None))
    return session.execute(wanted.order_by(Event.recorded_at.desc(), Event.id.desc())).scalars().all()


def dead_deliveries(session: Session, limit: int = 50) -> Sequence[EventDelivery]:
    """What a handler could not take after every attempt; a person has to look."""
    return (
        session.execute(select(EventDelivery).where(EventDelivery.dead_at.is_not(None)).order_by(EventDelivery.dead_at.desc()).limit(limit))
        .scalars()
        .all()
    )


def why_at_rest(session: Session, handlers: Sequence[str]) -> str | None:
    """What the first of these handlers said that can hear nothing any more; None where all hear."""
    resting = select(EventRest.error).where(EventRest.handler.in_(handlers)).order_by(EventRest.handler).limit(1)
    return session.execute(resting).scalar_one_or_none()
