"""Doors: marketers say which customer they are, and try drafts on themselves."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.journeys import drawn, tested
from app.journeys.errors import CodeUnknown, GraphInvalid, JourneyUnknown, MarketersOnly, NoTest, NoTester, TestRefused, WayUnknown
from app.journeys.routes.callers import journey_of, marketer
from app.journeys.schemas import testing as schemas
from app.journeys.service import testing
from app.kit.idempotency import idempotent
from app.kit.limits import limited
from app.kit.web import Caller, blueprint, raises, transactional

staff = blueprint("journeys", audience="staff", part="testing")
customer = blueprint("journeys", audience="customer", part="testing")


@staff.get("/tester")
@raises(MarketersOnly)
@staff.output(schemas.TesterOut)
@transactional
def tester(session: Session, who: Caller) -> Any:
    """As which customer you try journeys."""
    bound = testing.tester(session, marketer(who))
    return {"customer_id": bound.customer_id if bound else None, "bound_at": bound.bound_at if bound else None}


@staff.post("/tester/codes")
@idempotent
@raises(MarketersOnly)
@staff.output(schemas.CodeOut, status_code=201)
@transactional
def show_code(session: Session, who: Caller) -> Any:
    """A code for your own telephone: whoever enters it in the mini-program is the customer on whom you try journeys."""
    code, ends_at = testing.show_code(session, marketer(who))
    return {"code": code, "ends_at": ends_at}


@staff.delete("/tester")
@raises(MarketersOnly)
@staff.output({}, status_code=204)
@transactional
def unbind(session: Session, who: Caller) -> Any:
    """Try nothing on yourself any more."""
    testing.unbind(session, marketer(who))
    return ""


@customer.post("/tester")
@idempotent
@limited("logins_per_minute")
@raises(CodeUnknown)
@customer.input(schemas.CodeIn)
@customer.output(schemas.BoundOut)
@transactional
def bind(session: Session, who: Caller, json_data: dict[str, str]) -> Any:
    """Say that you are the marketer who was shown this code: journeys are tried on you from now on."""
    return {"name": testing.bind(session, who.customer, **json_data).name}


@staff.post("/<uuid:journey_id>/tests")
@idempotent
@raises(MarketersOnly, JourneyUnknown, NoTester, GraphInvalid, TestRefused)
@staff.input(schemas.TestIn)
@staff.output(schemas.TestOut, status_code=201)
@transactional
def start(session: Session, who: Caller, journey_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Walk the draft yourself, now: its messages are really sent, to you alone; nothing of it counts."""
    journey = journey_of(session, who, journey_id)
    walk = testing.start(session, marketer(who), journey, drawn.draft(session, journey).graph, data=json_data["data"])
    return tested.test_out(session, walk)


@staff.get("/<uuid:journey_id>/tests")
@raises(MarketersOnly, JourneyUnknown, NoTest)
@staff.output(schemas.TestOut)
@transactional
def show(session: Session, who: Caller, journey_id: uuid.UUID) -> Any:
    """How far your last test of this journey is."""
    return tested.test_out(session, testing.walk_of(session, marketer(who), journey_of(session, who, journey_id)))


@staff.post("/<uuid:journey_id>/tests/skip")
@idempotent
@raises(MarketersOnly, JourneyUnknown, NoTest, WayUnknown)
@staff.input(schemas.SkipIn)
@staff.output(schemas.TestOut)
@transactional
def skip(session: Session, who: Caller, journey_id: uuid.UUID, json_data: dict[str, str]) -> Any:
    """Wait no longer where you stand, and go on by one of the ways out of there."""
    journey = journey_of(session, who, journey_id)
    return tested.test_out(session, testing.skip(session, marketer(who), journey, **json_data))


@staff.post("/<uuid:journey_id>/tests/stop")
@raises(MarketersOnly, JourneyUnknown, NoTest)
@staff.output(schemas.TestOut)
@transactional
def stop(session: Session, who: Caller, journey_id: uuid.UUID) -> Any:
    """Leave your test."""
    return tested.test_out(session, testing.stop(session, marketer(who), journey_of(session, who, journey_id)))
