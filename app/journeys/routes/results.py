"""Doors: marketers see what a journey led to, who is behind each figure, one person's way, and why she is in it or not."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.journeys import behind
from app.journeys import results as counted
from app.journeys.errors import JourneyUnknown, MarketersOnly, VersionUnknown, WalkUnknown
from app.journeys.routes.callers import journey_of
from app.journeys.schemas import results as schemas
from app.kit.paging import CursorInvalid
from app.kit.web import Caller, blueprint, raises, transactional

staff = blueprint("journeys", audience="staff", part="results")


@staff.get("/<uuid:journey_id>/results")
@raises(MarketersOnly, JourneyUnknown, VersionUnknown)
@staff.input(schemas.VersionIn, location="query")
@staff.output(schemas.ResultsOut)
@transactional
def results(session: Session, who: Caller, journey_id: uuid.UUID, query_data: dict[str, Any]) -> Any:
    """The figures of every node, the goal with the control group, and the A/B tests; of one version or of all."""
    return counted.results(session, journey_of(session, who, journey_id), query_data["version"])


@staff.get("/<uuid:journey_id>/people")
@raises(MarketersOnly, JourneyUnknown, VersionUnknown, CursorInvalid)
@staff.input(schemas.BehindIn, location="query")
@staff.output(schemas.BehindOut)
@transactional
def people(session: Session, who: Caller, journey_id: uuid.UUID, query_data: dict[str, Any]) -> Any:
    """Who is behind a figure of a node, page by page."""
    return behind.people(session, journey_of(session, who, journey_id), **query_data)


@staff.get("/<uuid:journey_id>/walks/<uuid:walk_id>")
@raises(MarketersOnly, JourneyUnknown, WalkUnknown)
@staff.output(schemas.TimelineOut)
@transactional
def walk(session: Session, who: Caller, journey_id: uuid.UUID, walk_id: uuid.UUID) -> Any:
    """One person's way through the journey, node by node, with the messages that she got on it."""
    return behind.timeline(session, journey_of(session, who, journey_id), walk_id)


@staff.get("/<uuid:journey_id>/why")
@raises(MarketersOnly, JourneyUnknown)
@staff.input(schemas.WhyIn, location="query")
@staff.output(schemas.WhyOut)
@transactional
def why(session: Session, who: Caller, journey_id: uuid.UUID, query_data: dict[str, Any]) -> Any:
    """Why a customer is in the journey, or is not."""
    return behind.why(session, journey_of(session, who, journey_id), query_data["customer_id"])
