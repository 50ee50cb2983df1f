"""Doors: headquarters write to many, see whom that reaches, start it, stop it, and see what became of each."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response
from sqlalchemy.orm import Session

from app.broadcasts import queries, schemas, service, view
from app.broadcasts.errors import (
    AudienceUnfit,
    BroadcastUnknown,
    LadderUnfit,
    MarketersOnly,
    NobodyToTell,
    NotEditable,
    StepImpossible,
    TimeUnfit,
)
from app.broadcasts.models import Broadcast
from app.dealers.models import Role
from app.identity import queries as identity
from app.identity.errors import CustomerUnknown
from app.kit import db, paging
from app.kit.errors import Forbidden, Invalid
from app.kit.idempotency import idempotent
from app.kit.paging import CursorInvalid
from app.kit.rows import BOM, excel_line
from app.kit.texts import t
from app.kit.web import Caller, answers, blueprint, raises, stepwise, transactional
from app.messaging.service import limits

staff = blueprint("broadcasts", audience="staff")

_PAGE = 1_000


def _brand_of(who: Caller) -> uuid.UUID:
    if not who.staff.sees_the_brand or who.brand_id is None:
        raise Forbidden
    return who.brand_id


def _to_write(who: Caller) -> uuid.UUID:
    if who.staff.role not in (Role.admin, Role.marketer):
        raise MarketersOnly
    return _brand_of(who)


def _fields(given: dict[str, Any]) -> dict[str, Any]:
    """What a form says, with ids as JSON keeps them."""
    told = dict(given)
    if "audience" in told and "segment_id" in told["audience"]:
        told["audience"] = told["audience"] | {"segment_id": str(told["audience"]["segment_id"])}
    if "context" in told:
        told["context"] = {name: str(value) for name, value in told["context"].items()}
    return told


@staff.get("/")
@raises(Forbidden, CursorInvalid)
@staff.input(schemas.ListIn, location="query")
@staff.output(schemas.BroadcastsOut)
@transactional
def listed(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Every broadcast of the brand, newest first, each with how far it is."""
    cursor, limit = query_data.get("cursor"), query_data["limit"]
    before = paging.moment_and_id(cursor) if cursor else None
    narrowed = {name: query_data.get(name) for name in ("status", "q")}
    found = queries.listing(session, _brand_of(who), before=before, limit=limit + 1, **narrowed)
    shown = found[:limit]
    more = len(found) > limit
    return {
        "items": view.rows_out(session, shown),
        "next_cursor": paging.encode(shown[-1].created_at, shown[-1].id) if more else None,
    }


@staff.post("/")
@idempotent
@raises(MarketersOnly, LadderUnfit, AudienceUnfit)
@staff.input(schemas.BroadcastIn)
@staff.output(schemas.BroadcastOut, status_code=201)
@transactional
def write(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """Write a draft: to a segment, to those who carry a tag, or to a list of people."""
    return view.broadcast_out(session, service.create(session, _to_write(who), staff_id=who.staff.id, **_fields(json_data)))


@staff.post("/forecast")
@raises(MarketersOnly, LadderUnfit, AudienceUnfit)
@staff.input(schemas.BroadcastIn)
@staff.output(schemas.ForecastOut)
@transactional
def forecast_draft(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """The forecast of something that nobody has saved so far; nothing of it stays."""
    seen = service.forecast_draft(session, _to_write(who), **_fields(json_data))
    return view.forecast_out(session, seen)


@staff.get("/<uuid:broadcast_id>")
@raises(Forbidden, BroadcastUnknown)
@staff.output(schemas.BroadcastDetailOut)
@transactional
def show(session: Session, who: Caller, broadcast_id: uuid.UUID) -> Any:
    """One broadcast, and how far it is."""
    found = queries.by_id(session, _brand_of(who), broadcast_id)
    return view.detail_out(session, found, queries.progress(session, found))


@staff.put("/<uuid:broadcast_id>")
@raises(MarketersOnly, BroadcastUnknown, NotEditable, LadderUnfit, AudienceUnfit)
@staff.input(schemas.BroadcastChangeIn)
@staff.output(schemas.BroadcastOut)
@transactional
def change(session: Session, who: Caller, broadcast_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Change what is given of a draft."""
    return view.broadcast_out(session, service.change(session, _to_write(who), broadcast_id, **_fields(json_data)))


@staff.get("/<uuid:broadcast_id>/forecast")
@raises(Forbidden, BroadcastUnknown)
@staff.output(schemas.ForecastOut)
@transactional
def forecast(session: Session, who: Caller, broadcast_id: uuid.UUID) -> Any:
    """Whom it would reach now by which way, whom not and why, and on which day the quotas let it be done."""
    found = queries.by_id(session, _brand_of(who), broadcast_id)
    return view.forecast_out(session, service.forecast(session, found))


@staff.post("/<uuid:broadcast_id>/schedule")
@idempotent
@raises(MarketersOnly, BroadcastUnknown, StepImpossible, NobodyToTell, TimeUnfit, LadderUnfit, AudienceUnfit)
@staff.input(schemas.ScheduleIn)
@staff.output(schemas.BroadcastOut)
@transactional
def schedule(session: Session, who: Caller, broadcast_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Let it begin, now or at a moment."""
    brand_id, at = _to_write(who), json_data.get("at")
    if at is not None and at.tzinfo is None:
        at = at.replace(tzinfo=ZoneInfo(limits.policy_of(session, brand_id).time_zone))
    return view.broadcast_out(session, service.schedule(session, brand_id, broadcast_id, at=at))


def _stepping(session: Session, who: Caller, broadcast_id: uuid.UUID, verb: Callable[..., Broadcast]) -> dict[str, Any]:
    return view.broadcast_out(session, verb(session, _to_write(who), broadcast_id))


@staff.post("/<uuid:broadcast_id>/unschedule")
@idempotent
@raises(MarketersOnly, BroadcastUnknown, StepImpossible)
@staff.output(schemas.BroadcastOut)
@transactional
def unschedule(session: Session, who: Caller, broadcast_id: uuid.UUID) -> Any:
    """Make a scheduled one a draft again."""
    return _stepping(session, who, broadcast_id, service.unschedule)


@staff.post("/<uuid:broadcast_id>/pause")
@idempotent
@raises(MarketersOnly, BroadcastUnknown, StepImpossible)
@staff.output(schemas.BroadcastOut)
@transactional
def pause(session: Session, who: Caller, broadcast_id: uuid.UUID) -> Any:
    """Nothing more of it leaves until it is resumed; what is on its way arrives."""
    return _stepping(session, who, broadcast_id, service.pause)


@staff.post("/<uuid:broadcast_id>/resume")
@idempotent
@raises(MarketersOnly, BroadcastUnknown, StepImpossible)
@staff.output(schemas.BroadcastOut)
@transactional
def resume(session: Session, who: Caller, broadcast_id: uuid.UUID) -> Any:
    """Let a paused one go on where it stood."""
    return _stepping(session, who, broadcast_id, service.resume)


@staff.post("/<uuid:broadcast_id>/cancel")
@idempotent
@raises(MarketersOnly, BroadcastUnknown, StepImpossible)
@staff.output(schemas.BroadcastOut)
@transactional
def cancel(session: Session, who: Caller, broadcast_id: uuid.UUID) -> Any:
    """End it for good; whoever was not reached is left out."""
    return _stepping(session, who, broadcast_id, service.cancel)


@staff.post("/<uuid:broadcast_id>/trial")
@idempotent
@raises(MarketersOnly, BroadcastUnknown, LadderUnfit, AudienceUnfit)
@staff.input(schemas.TrialIn)
@staff.output(schemas.TrialsOut, status_code=202)
@transactional
def trial(session: Session, who: Caller, broadcast_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Send it to a few chosen people now; it counts for nothing of the broadcast."""
    sends = service.test_send(session, _to_write(who), broadcast_id, json_data["customer_ids"])
    return {"items": [{"id": str(one.id), "customer_id": str(one.customer_id), "status": one.status} for one in sends]}


@staff.get("/<uuid:broadcast_id>/people")
@raises(Forbidden, BroadcastUnknown, CursorInvalid)
@staff.input(schemas.PeopleIn, location="query")
@staff.output(schemas.PeopleOut)
@transactional
def people(session: Session, who: Caller, broadcast_id: uuid.UUID, query_data: dict[str, Any]) -> Any:
    """Its people, all or those of one outcome, with what became of each message."""
    found = queries.by_id(session, _brand_of(who), broadcast_id)
    if query_data.get("outcome") not in (None, *queries.outcomes()):
        raise Invalid(outcome="unknown")
    limit = query_data["limit"]
    after = _person_after(query_data["cursor"]) if "cursor" in query_data else None
    wanted = {name: query_data.get(name) for name in ("outcome", "reason")}
    rows = queries.people(session, found, after=after, limit=limit + 1, **wanted)
    shown = rows[:limit]
    more = len(rows) > limit
    return {"items": [view.person_out(row) for row in shown], "next_cursor": paging.encode(shown[-1].key) if more else None}


def _person_after(cursor: str) -> uuid.UUID:
    try:
        return uuid.UUID(paging.decode(cursor, 1)[0])
    except (ValueError, AttributeError, TypeError) as error:
        raise CursorInvalid(cursor="of another list") from error


@staff.get("/<uuid:broadcast_id>/people.csv")
@raises(Forbidden, BroadcastUnknown)
@answers(200, "CSV for Excel: UTF-8 with BOM")
@stepwise
def people_file(who: Caller, broadcast_id: uuid.UUID) -> Response:
    """All its people; written while it is sent, however many there are."""
    brand_id = _brand_of(who)
    with db.transaction() as session:
        queries.by_id(session, brand_id, broadcast_id)

    def written() -> Iterator[str]:
        yield BOM + excel_line(t("broadcasts.columns").split(","))
        after = None
        while True:
            with db.transaction() as session:
                found = queries.by_id(session, brand_id, broadcast_id)
                rows = queries.people(session, found, after=after, limit=_PAGE)
                lines = view.people_lines(rows)
            yield from lines
            if len(rows) < _PAGE:
                return
            after = rows[-1].key

    headers = {"Content-Disposition": f'attachment; filename="broadcast-{broadcast_id}.csv"'}
    return Response(written(), mimetype="text/csv", headers=headers)


@staff.get("/<uuid:broadcast_id>/people/<uuid:customer_id>/why")
@raises(Forbidden, BroadcastUnknown, CustomerUnknown)
@staff.output(schemas.WhyOut)
@transactional
def why(session: Session, who: Caller, broadcast_id: uuid.UUID, customer_id: uuid.UUID) -> Any:
    """Why one person got it or did not, whether she is one of its people or not."""
    found = queries.by_id(session, _brand_of(who), broadcast_id)
    person = identity.get(session, found.brand_id, customer_id)
    return {"lines": [vars(line) for line in queries.why(session, found, person.id)]}
