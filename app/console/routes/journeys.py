"""Doors: headquarters look at journeys, their map with its numbers, and the people on it."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.console import schemas
from app.console.queries import journeys
from app.journeys import queries
from app.journeys.errors import JourneyUnknown, VersionUnknown
from app.kit.errors import Forbidden
from app.kit.paging import CursorInvalid
from app.kit.web import Caller, blueprint, raises, transactional

staff = blueprint("journeys", audience="staff")


def _brand_of(who: Caller) -> uuid.UUID:
    if not who.staff.sees_the_brand or who.brand_id is None:
        raise Forbidden
    return who.brand_id


@staff.get("/")
@raises(Forbidden, CursorInvalid)
@staff.input(schemas.JourneysIn, location="query")
@staff.output(schemas.JourneysOut)
@transactional
def listing(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """The journeys of the brand with how many people each holds."""
    items, following = queries.listing(session, _brand_of(who), **query_data)
    return {"items": items} | ({"next_cursor": following} if following else {})


@staff.get("/<uuid:journey_id>")
@raises(Forbidden, JourneyUnknown, VersionUnknown)
@staff.input(schemas.JourneyIn, location="query")
@staff.output(schemas.JourneyOut)
@transactional
def show(session: Session, who: Caller, journey_id: uuid.UUID, query_data: dict[str, Any]) -> Any:
    """One journey's graph in words, the published one or that of a version, with the numbers at each node."""
    return queries.described(session, queries.journey(session, _brand_of(who), journey_id), query_data["version"])


@staff.get("/<uuid:journey_id>/walks")
@raises(Forbidden, JourneyUnknown, CursorInvalid)
@staff.input(schemas.WalksIn, location="query")
@staff.output(schemas.WalksOut)
@transactional
def walks(session: Session, who: Caller, journey_id: uuid.UUID, query_data: dict[str, Any]) -> Any:
    """The people in a journey or on one of its nodes."""
    journey = queries.journey(session, _brand_of(who), journey_id)
    wanted = {"node": None, "status": None, "cursor": None} | query_data
    return journeys.walks(session, journey, **wanted)
