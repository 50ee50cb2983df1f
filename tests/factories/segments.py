"""Segments, and people who did things some time ago, for tests."""

from __future__ import annotations

import itertools
import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.audience.models import Segment, SegmentKind
from app.audience.service import computing, segments
from app.dealers.models import Brand, Role, Staff
from app.events import service as events
from app.events.models import Event
from app.identity.models import Customer
from app.kit import clock
from tests.factories import dealers

_count = itertools.count(1)


def marketer(session: Session, of: Brand) -> Staff:
    return dealers.staff(session, of, Role.marketer)


def segment(
    session: Session, of: Brand, tree: dict[str, Any], *, kind: SegmentKind = SegmentKind.dynamic, by: Staff | None = None, **fields: Any
) -> Segment:
    """A segment of a brand with its members found."""
    made = segments.create(session, by or marketer(session, of), name=f"人群{next(_count)}", tree=tree, kind=kind, **fields)
    session.commit()
    computing.compute_due()
    session.expire_all()
    return made


def leaf(kind: str, **config: Any) -> dict[str, Any]:
    return {"kind": kind, "config": config}


def did(session: Session, who: Customer, name: str, *, ago: timedelta = timedelta(0), about: uuid.UUID | None = None, **data: Any) -> Event:
    """Something that a customer did so long ago; nobody hears of it."""
    made = Event(
        brand_id=who.brand_id,
        recorded_at=clock.now(session) - ago,
        name=name,
        customer_id=who.id,
        subject_type="vehicle" if about else None,
        subject_id=str(about) if about else None,
        actor_type="customer",
        actor_id=str(who.id),
        data=data,
    )
    session.add(made)
    session.flush()
    return made


def does(session: Session, who: Customer, name: str, **data: Any) -> Event:
    """Something that a customer does now; whoever listens hears of it."""
    return events.record(session, name, brand_id=who.brand_id, customer_id=who.id, subject=("customer", who.id), data=data)
