"""Doors: marketers see who cannot go on and why, let them try again, or let one leave."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.journeys import stuck
from app.journeys.errors import JourneyUnknown, MarketersOnly, NotInside, NotStuck, WalkUnknown
from app.journeys.routes.callers import journey_of
from app.journeys.schemas import stuck as schemas
from app.journeys.service import troubles
from app.kit.web import Caller, blueprint, raises, transactional

staff = blueprint("journeys", audience="staff", part="stuck")


@staff.get("/<uuid:journey_id>/stuck")
@raises(MarketersOnly, JourneyUnknown)
@staff.output(schemas.TroublesOut)
@transactional
def groups(session: Session, who: Caller, journey_id: uuid.UUID) -> Any:
    """Who is stuck, by node and problem, and why the journey rests, if it does."""
    journey = journey_of(session, who, journey_id)
    return {"pause": stuck.pause(session, journey), "groups": stuck.groups(session, journey)}


@staff.get("/<uuid:journey_id>/stuck/walks")
@raises(MarketersOnly, JourneyUnknown)
@staff.input(schemas.StuckIn, location="query")
@staff.output(schemas.StuckOut)
@transactional
def walks(session: Session, who: Caller, journey_id: uuid.UUID, query_data: dict[str, Any]) -> Any:
    """The people who are stuck, page by page."""
    limit = query_data.pop("limit")
    found = stuck.walks(session, journey_of(session, who, journey_id), limit=limit + 1, **query_data)
    shown = found[:limit]
    return {"items": [stuck.walk_out(one) for one in shown], "next": shown[-1].id if len(found) > limit else None}


@staff.post("/<uuid:journey_id>/stuck/retry")
@raises(MarketersOnly, JourneyUnknown)
@staff.input(schemas.WhichIn)
@staff.output(schemas.RetriedOut)
@transactional
def retry_all(session: Session, who: Caller, journey_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Let all who are stuck try their step again, those of a node or of a problem alone where they are named."""
    return {"people": troubles.retry_all(session, journey_of(session, who, journey_id), **json_data)}


@staff.post("/<uuid:journey_id>/walks/<uuid:walk_id>/retry")
@raises(MarketersOnly, JourneyUnknown, WalkUnknown, NotStuck)
@staff.output(schemas.StuckWalkOut)
@transactional
def retry(session: Session, who: Caller, journey_id: uuid.UUID, walk_id: uuid.UUID) -> Any:
    """Let one person try her step again."""
    walk = stuck.walk(session, journey_of(session, who, journey_id), walk_id)
    troubles.retry(session, walk)
    return stuck.walk_out(walk)


@staff.post("/<uuid:journey_id>/walks/<uuid:walk_id>/leave")
@raises(MarketersOnly, JourneyUnknown, WalkUnknown, NotInside)
@staff.output(schemas.StuckWalkOut)
@transactional
def leave(session: Session, who: Caller, journey_id: uuid.UUID, walk_id: uuid.UUID) -> Any:
    """Let one person leave the journey; what is planned for her in it is taken back."""
    walk = stuck.walk(session, journey_of(session, who, journey_id), walk_id)
    troubles.let_out(session, walk)
    return stuck.walk_out(walk)
