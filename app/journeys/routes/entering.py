"""Doors: marketers let people into journeys, by name or by the million, see how far that is, and stop it; other systems let one in."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.audience.errors import SegmentUnknown
from app.journeys import coming
from app.journeys.errors import FanOutOver, FanOutUnknown, JourneyUnknown, MarketersOnly, NotCalledFor, NothingPublished
from app.journeys.routes.callers import journey_of, marketer
from app.journeys.schemas import entering as schemas
from app.journeys.service import fanning_out, naming
from app.kit import paging
from app.kit.idempotency import idempotent
from app.kit.paging import CursorInvalid
from app.kit.web import Caller, blueprint, raises, transactional

staff = blueprint("journeys", audience="staff", part="entering")


@staff.post("/<uuid:journey_id>/entries")
@idempotent
@raises(MarketersOnly, JourneyUnknown, NothingPublished, NotCalledFor)
@staff.input(schemas.EntryIn)
@staff.output(schemas.EnrolledOut)
@transactional
def let_in(session: Session, who: Caller, journey_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Let one customer in, with what there is to tell of her; the same key again lets nobody in again."""
    return coming.enrolled_out(naming.let_in(session, journey_of(session, who, journey_id), **json_data))


@staff.post("/<uuid:journey_id>/people")
@idempotent
@raises(MarketersOnly, JourneyUnknown, NothingPublished)
@staff.input(schemas.ListIn)
@staff.output(schemas.ListedOut)
@transactional
def let_in_listed(session: Session, who: Caller, journey_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Let in people by their phone numbers or ids; whom nobody knows is named."""
    listed = naming.let_in_listed(session, journey_of(session, who, journey_id), **json_data)
    return coming.enrolled_out(listed.enrolled) | {"not_known": listed.unknown}


@staff.get("/<uuid:journey_id>/coming")
@raises(MarketersOnly, JourneyUnknown, SegmentUnknown)
@staff.input(schemas.ComingIn, location="query")
@staff.output(schemas.ComingOut)
@transactional
def preview(session: Session, who: Caller, journey_id: uuid.UUID, query_data: dict[str, Any]) -> Any:
    """How many people a segment, or everybody, would be now."""
    journey = journey_of(session, who, journey_id)
    return coming.preview(session, journey, coming.source(session, journey.brand_id, query_data["segment_id"]))


@staff.get("/<uuid:journey_id>/fan-outs")
@raises(MarketersOnly, JourneyUnknown, CursorInvalid)
@staff.input(schemas.FanOutsIn, location="query")
@staff.output(schemas.FanOutsOut)
@transactional
def fan_outs(session: Session, who: Caller, journey_id: uuid.UUID, query_data: dict[str, Any]) -> Any:
    """What was let in by the many, and how far it is; the newest first."""
    cursor, limit = query_data.get("cursor"), query_data["limit"]
    before = paging.moment_and_id(cursor) if cursor else None
    found = coming.fan_outs(session, journey_of(session, who, journey_id), before=before, limit=limit + 1)
    shown = found[:limit]
    more = len(found) > limit
    return {
        "items": [coming.fan_out_out(one) for one in shown],
        "next_cursor": paging.encode(shown[-1].created_at, shown[-1].id) if more else None,
    }


@staff.post("/<uuid:journey_id>/fan-outs")
@idempotent
@raises(MarketersOnly, JourneyUnknown, NothingPublished, SegmentUnknown)
@staff.input(schemas.FanOutIn)
@staff.output(schemas.FanOutOut, status_code=201)
@transactional
def begin(session: Session, who: Caller, journey_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Begin to let in everybody who is in a segment now, or everybody of the brand."""
    journey = journey_of(session, who, journey_id)
    wanted = coming.source(session, journey.brand_id, json_data["segment_id"])
    made = fanning_out.begin(session, journey, wanted, staff_id=marketer(who).id)
    assert made is not None
    return coming.fan_out_out(made)


@staff.get("/<uuid:journey_id>/fan-outs/<uuid:fan_out_id>")
@raises(MarketersOnly, JourneyUnknown, FanOutUnknown)
@staff.output(schemas.FanOutOut)
@transactional
def show(session: Session, who: Caller, journey_id: uuid.UUID, fan_out_id: uuid.UUID) -> Any:
    """One of them, with its progress."""
    return coming.fan_out_out(coming.fan_out(session, journey_of(session, who, journey_id), fan_out_id))


@staff.post("/<uuid:journey_id>/fan-outs/<uuid:fan_out_id>/pause")
@idempotent
@raises(MarketersOnly, JourneyUnknown, FanOutUnknown, FanOutOver)
@staff.output(schemas.FanOutOut)
@transactional
def pause(session: Session, who: Caller, journey_id: uuid.UUID, fan_out_id: uuid.UUID) -> Any:
    """Let nobody more in for now."""
    one = coming.fan_out(session, journey_of(session, who, journey_id), fan_out_id)
    fanning_out.pause(session, one)
    return coming.fan_out_out(one)


@staff.post("/<uuid:journey_id>/fan-outs/<uuid:fan_out_id>/resume")
@idempotent
@raises(MarketersOnly, JourneyUnknown, FanOutUnknown, FanOutOver)
@staff.output(schemas.FanOutOut)
@transactional
def resume(session: Session, who: Caller, journey_id: uuid.UUID, fan_out_id: uuid.UUID) -> Any:
    """Go on after the last one."""
    one = coming.fan_out(session, journey_of(session, who, journey_id), fan_out_id)
    fanning_out.resume(session, one)
    return coming.fan_out_out(one)


@staff.post("/<uuid:journey_id>/fan-outs/<uuid:fan_out_id>/cancel")
@idempotent
@raises(MarketersOnly, JourneyUnknown, FanOutUnknown, FanOutOver)
@staff.output(schemas.FanOutOut)
@transactional
def cancel(session: Session, who: Caller, journey_id: uuid.UUID, fan_out_id: uuid.UUID) -> Any:
    """Let nobody more in, for good; whoever is inside walks on."""
    one = coming.fan_out(session, journey_of(session, who, journey_id), fan_out_id)
    fanning_out.cancel(session, one)
    return coming.fan_out_out(one)
