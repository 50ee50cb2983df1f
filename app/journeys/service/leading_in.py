"""Let those who stand on a node into another journey, by that journey's own rules."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text, cast, exists, func, insert, literal, select

from app.journeys.graph import Graph
from app.journeys.models import JourneyVersion, Walk
from app.journeys.service.enrolling import arriving, clear, enrol
from app.journeys.visits import Standing, standing


def lead_in(here: Standing, inner: JourneyVersion) -> None:
    """Whoever has not been let in on this visit arrives there, as if what brought her here had brought her there: once, not while she
    walks there or too soon, not when an exit was recorded since or `exit_if` holds, between its dates, in the pace of its throttle, and
    not out of its control group.
    """
    session = here.session
    clear(session)
    key: Any = func.concat("walk:", cast(standing.c.walk_id, Text), ":", here.node_id, ":", standing.c.visit_no)
    if Graph(inner.graph).rules["reentry"]["mode"] == "once":
        key = literal("once")
    been = exists().where(Walk.parent_id == standing.c.walk_id, Walk.created_at >= standing.c.arrived_at)
    # What was done for her on a node out there is not done on the one of that name in here.
    told = standing.c.context.op("-")("acted")
    hers = (standing.c.triggered_at, standing.c.subject_type, standing.c.subject_id, told, standing.c.walk_id)
    coming = select(standing.c.customer_id, standing.c.customer_id, key, *hers).where(here.here, ~been)
    names = ("customer_id", "told_as", "entry_key", "triggered_at", "subject_type", "subject_id", "context", "parent_id")
    session.execute(insert(arriving).from_select(names, coming, include_defaults=False))
    enrol(session, inner, here.counts)
