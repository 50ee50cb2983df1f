"""Doors: how far people got, of the brand or of the caller's dealer."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.analytics import anomalies
from app.analytics.errors import AnomalyUnknown
from app.analytics.models import Step
from app.analytics.queries import Asked, By
from app.console import insight_schemas as schemas
from app.console.queries import anomalies as flagged
from app.console.queries import insight, shares
from app.console.queries.attribution import attribution
from app.console.queries.league import Sort, league
from app.console.queries.scope import Scope
from app.console.schemas import ListIn
from app.dealers.models import HEADQUARTERS
from app.kit.errors import Forbidden
from app.kit.paging import CursorInvalid
from app.kit.web import Caller, blueprint, raises, transactional

staff = blueprint("insight", audience="staff")


@staff.get("/funnel")
@staff.input(schemas.FunnelByIn, location="query")
@staff.output(schemas.FunnelOut)
@transactional
def funnel(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """How many people took each step in a period, each counted once per step, altogether and by channel, store, series or time."""
    by = By(query_data.pop("by"))
    return insight.funnel(session, Scope.of(who.staff), Asked(**query_data), by)


@staff.get("/funnel/choices")
@staff.output(schemas.FunnelChoicesOut)
@transactional
def choices(session: Session, who: Caller) -> Any:
    """The stores, series and channels by which the funnel can be narrowed."""
    return insight.choices(session, Scope.of(who.staff))


@staff.get("/funnel/people")
@raises(CursorInvalid)
@staff.input(schemas.FunnelPeopleIn, location="query")
@staff.output(schemas.FunnelPeopleOut)
@transactional
def people(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Who took a step, the newest customer first. A dealer sees those who became its lead or ordered from it, and no others."""
    page = {"cursor": query_data.pop("cursor", None), "limit": query_data.pop("limit")}
    step = Step(query_data.pop("step"))
    return insight.people(session, Scope.of(who.staff), Asked(**query_data), step, **page)


@staff.get("/league")
@staff.input(schemas.LeagueIn, location="query")
@staff.output(schemas.LeagueOut)
@transactional
def stores(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """The stores ranked by one figure, a period beside the one before. A dealer reads of its own, and where they stand among all."""
    sort = Sort(query_data.pop("sort"))
    return league(session, Scope.of(who.staff), query_data.pop("since"), query_data.pop("until"), sort=sort, **query_data)


@staff.get("/attribution")
@staff.input(schemas.AttributionIn, location="query")
@staff.output(schemas.AttributionOut)
@transactional
def owed(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """To which channel leads, deposits and sales are owed, by first touch, last touch and in equal parts. A dealer reads of its own."""
    return attribution(session, Scope.of(who.staff), **query_data)


@staff.get("/sharing")
@staff.input(schemas.SharersIn, location="query")
@staff.output(schemas.SharingOut)
@raises(Forbidden)
@transactional
def sharing(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """What people passed on and whom it brought. For headquarters: who shares is no dealer's customer yet, and chains cross dealers."""
    if who.staff.role not in HEADQUARTERS:
        raise Forbidden
    period = (who.staff.brand_id, query_data.pop("since"), query_data.pop("until"))
    return shares.summary(session, *period) | {"sharers": shares.sharers(session, *period, **query_data)}


@staff.get("/anomalies")
@staff.input(schemas.AnomaliesIn, location="query")
@staff.output(schemas.AnomaliesOut)
@transactional
def out_of_the_ordinary(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Which figures of which days were far from the same weekday's, the newest first. A dealer is told of its own stores."""
    return flagged.search(session, Scope.of(who.staff), **query_data)


@staff.get("/anomalies/<uuid:anomaly_id>/counted")
@raises(AnomalyUnknown, CursorInvalid)
@staff.input(ListIn, location="query")
@staff.output(schemas.CountedPageOut)
@transactional
def counted(session: Session, who: Caller, anomaly_id: uuid.UUID, query_data: dict[str, Any]) -> Any:
    """What was counted that day, one by one."""
    return flagged.behind(session, Scope.of(who.staff), anomaly_id, **query_data)


@staff.post("/anomalies/<uuid:anomaly_id>/seen")
@raises(AnomalyUnknown)
@staff.output(schemas.AnomalyOut)
@transactional
def see(session: Session, who: Caller, anomaly_id: uuid.UUID) -> Any:
    """Say that somebody looked at it; the first who did stays."""
    one = anomalies.of(session, Scope.of(who.staff), anomaly_id)
    anomalies.see(session, one, by=who.staff)
    return flagged.told(session, [one])[0]


@staff.delete("/anomalies/<uuid:anomaly_id>/seen")
@raises(AnomalyUnknown)
@staff.output(schemas.AnomalyOut)
@transactional
def unsee(session: Session, who: Caller, anomaly_id: uuid.UUID) -> Any:
    """Let it be looked at again."""
    one = anomalies.of(session, Scope.of(who.staff), anomaly_id)
    anomalies.unsee(one)
    return flagged.told(session, [one])[0]
