"""Looks at who would be let into a journey, and at how far that is."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from app.audience.errors import SegmentUnknown
from app.audience.models import Segment
from app.identity.models import Customer
from app.journeys.errors import FanOutUnknown
from app.journeys.models import INSIDE, Journey, Walk
from app.journeys.models.entering import JourneyFanOut
from app.journeys.service.enrolling import Enrolled
from app.journeys.service.fanning_out import people_of
from app.kit.texts import t


def source(session: Session, brand_id: uuid.UUID, segment_id: uuid.UUID | None) -> dict[str, Any]:
    """The source of a fan-out to a segment that is kept up, or to everybody. Raises `SegmentUnknown`."""
    if segment_id is None:
        return {"kind": "everybody"}
    if session.execute(select(Segment.id).filter_by(brand_id=brand_id, id=segment_id, archived_at=None)).first() is None:
        raise SegmentUnknown
    return {"kind": "segment", "segment_id": str(segment_id)}


def preview(session: Session, journey: Journey, of: dict[str, Any]) -> dict[str, int]:
    """How many living people are of a source now, and how many of those are inside and have walked before."""
    found = people_of(journey.brand_id, of).subquery("found")
    hers = select(Walk.customer_id, func.bool_or(Walk.status.in_(INSIDE)).label("inside")).where(Walk.journey_id == journey.id)
    walks = hers.group_by(Walk.customer_id).subquery("walks")
    told = select(func.count(), func.count().filter(walks.c.inside), func.count(walks.c.customer_id).filter(~walks.c.inside))
    told = told.select_from(found).join(Customer, Customer.id == found.c[0]).outerjoin(walks, walks.c.customer_id == found.c[0])
    living = Customer.merged_into_id.is_(None), Customer.erased_at.is_(None)
    people, inside, walked = session.execute(told.where(*living)).one()
    return {"people": people, "inside": inside, "walked": walked}


def fan_outs(session: Session, journey: Journey, *, before: tuple[datetime, uuid.UUID] | None, limit: int) -> Sequence[JourneyFanOut]:
    """Of a journey, the newest first."""
    wanted = select(JourneyFanOut).filter_by(journey_id=journey.id)
    if before:
        wanted = wanted.where(tuple_(JourneyFanOut.created_at, JourneyFanOut.id) < before)
    return session.execute(wanted.order_by(JourneyFanOut.created_at.desc(), JourneyFanOut.id.desc()).limit(limit)).scalars().all()


def fan_out(session: Session, journey: Journey, fan_out_id: uuid.UUID) -> JourneyFanOut:
    """Raises `FanOutUnknown`, also for another journey's."""
    found = session.execute(select(JourneyFanOut).filter_by(id=fan_out_id, journey_id=journey.id)).scalar_one_or_none()
    if found is None:
        raise FanOutUnknown
    return found


def enrolled_out(done: Enrolled) -> dict[str, Any]:
    """What became of people, for a door."""
    return {"entered": done.entered, "held_out": done.held_out, "left_out": _reasons(done.left_out)}


def fan_out_out(one: JourneyFanOut) -> dict[str, Any]:
    """A fan-out with its progress, for a door."""
    names = ("id", "status", "total", "seen", "entered", "held_out", "created_at", "ended_at")
    own = {name: getattr(one, name) for name in names}
    return own | {"kind": one.source["kind"], "segment_id": one.source.get("segment_id"), "left_out": _reasons(one.left_out)}


def _reasons(left_out: dict[str, int]) -> list[dict[str, Any]]:
    return [{"key": key, "label": t(f"journeys.left_out.{key}"), "people": people} for key, people in sorted(left_out.items())]
