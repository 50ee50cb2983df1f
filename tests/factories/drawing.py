"""Journeys that are drawn and published, for the laws about doors."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Role, Staff
from app.exports import service as exports
from app.exports.models import Export
from app.identity.models import Customer
from app.journeys import drawn, service
from app.journeys.models import Journey, JourneyTester, JourneyTesterCode, Walk, WalkStatus
from app.journeys.models.entering import JourneyFanOut
from app.journeys.service import drafts, fanning_out, testing
from app.kit import clock
from app.kit.crypto import token_hash
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity
from tests.factories import journeys as make

# A journey whose figures are asked for as a file.
EXPORTED = uuid.UUID(int=8)
NEEDED = {
    "POST /api/staff/exports/",
    "POST /api/staff/exports/<uuid:export_id>/cancel",
    "POST /api/staff/journeys/",
    "POST /api/staff/journeys/files",
    "POST /api/staff/journeys/<uuid:journey_id>/copy",
    "POST /api/staff/journeys/<uuid:journey_id>/publish",
    "POST /api/staff/journeys/<uuid:journey_id>/versions/<uuid:version_id>/publish",
    "POST /api/staff/journeys/<uuid:journey_id>/pause",
    "POST /api/staff/journeys/<uuid:journey_id>/resume",
    "POST /api/staff/journeys/<uuid:journey_id>/cancel",
    "POST /api/staff/journeys/<uuid:journey_id>/entries",
    "POST /api/staff/journeys/tester/codes",
    "POST /api/customer/journeys/tester",
    "POST /api/staff/journeys/<uuid:journey_id>/tests",
    "POST /api/staff/journeys/<uuid:journey_id>/tests/skip",
    "POST /api/partner/journeys/<key>/entries",
    "POST /api/staff/tasks/<uuid:task_id>/confirm",
    "POST /api/staff/journeys/<uuid:journey_id>/people",
    "POST /api/staff/journeys/<uuid:journey_id>/fan-outs",
    "POST /api/staff/journeys/<uuid:journey_id>/fan-outs/<uuid:fan_out_id>/pause",
    "POST /api/staff/journeys/<uuid:journey_id>/fan-outs/<uuid:fan_out_id>/resume",
    "POST /api/staff/journeys/<uuid:journey_id>/fan-outs/<uuid:fan_out_id>/cancel",
}
UNKEPT = {"POST /api/staff/journeys/<uuid:journey_id>/simulate"}
HONOURED = {
    "POST /api/staff/journeys/palette/describe",
    "POST /api/staff/journeys/<uuid:journey_id>/estimate",
    "PUT /api/staff/journeys/<uuid:journey_id>/draft",
    "POST /api/staff/journeys/<uuid:journey_id>/check",
    "POST /api/staff/journeys/<uuid:journey_id>/preview",
    "POST /api/staff/journeys/<uuid:journey_id>/archive",
    "POST /api/staff/journeys/<uuid:journey_id>/restore",
    "POST /api/staff/journeys/<uuid:journey_id>/tests/stop",
    "DELETE /api/staff/journeys/tester",
    "POST /api/staff/journeys/<uuid:journey_id>/stuck/retry",
    "POST /api/staff/journeys/<uuid:journey_id>/walks/<uuid:walk_id>/retry",
    "POST /api/staff/journeys/<uuid:journey_id>/walks/<uuid:walk_id>/leave",
    "DELETE /api/staff/journeys/<uuid:journey_id>",
}


def only_end() -> dict[str, Any]:
    """The smallest graph there is."""
    return make.graph([make.node("end", "end")], ways="")


def asked() -> dict[str, dict[str, Any]]:
    """What doors that only look have to be asked with."""
    return {
        "GET /api/staff/views/": {"list": "customers"},
        "GET /api/staff/insight/funnel": {"since": "2026-01-01", "until": "2026-12-31"},
        "GET /api/staff/insight/attribution": {"since": "2026-01-01", "until": "2026-12-31"},
        "GET /api/staff/insight/league": {"since": "2026-01-01", "until": "2026-12-31"},
        "GET /api/staff/insight/sharing": {"since": "2026-01-01", "until": "2026-12-31"},
        "GET /api/staff/insight/funnel/people": {"since": "2026-01-01", "until": "2026-12-31", "step": "lead"},
        "GET /api/staff/journeys/<uuid:journey_id>/people": {"node": "end", "figure": "waiting"},
        "GET /api/staff/journeys/<uuid:journey_id>/versions/<uuid:version_id>/difference": {"against": 1},
        "GET /api/staff/journeys/<uuid:journey_id>/why": {"customer_id": uuid.UUID(int=7)},
    }


def bodies() -> dict[str, dict[str, Any]]:
    """What each door wants to read, by the end of its path."""
    file = {"form": 1, "name": "来自文件", "graph": only_end()}
    return {
        "POST /api/staff/journeys/": {"name": "新的旅程"},
        "/journeys/files": {"file": file},
        "/palette/describe": {"parts": [{"part": "nodes", "kind": "end"}]},
        "/journeys/<uuid:journey_id>/copy": {"name": "副本"},
        "/journeys/<uuid:journey_id>/draft": {"revision": 1, "graph": only_end()},
        "/journeys/<uuid:journey_id>/publish": {"revision": 1},
        "/journeys/<uuid:journey_id>/versions/<uuid:version_id>/publish": {"note": "回到第一版"},
        "/journeys/<uuid:journey_id>/preview": {"version": 1},
        "/journeys/<uuid:journey_id>/simulate": {"customer_id": str(uuid.uuid4())},
        "/journeys/<uuid:journey_id>/cancel": {"reason": "活动结束"},
        "/journeys/<uuid:journey_id>/entries": {"customer_id": str(uuid.uuid4()), "key": "order 1"},
        "/customer/journeys/tester": {"code": "abcdefgh"},
        "/tests/skip": {"port": "done"},
        "/journeys/<key>/entries": {"phone": "13800000000", "key": "order 1"},
        "/journeys/<uuid:journey_id>/people": {"phones": ["13800000000"]},
        "/journeys/<uuid:journey_id>/fan-outs": {},
        "/exports/": {"list": "journeys.results", "asked": {"journey_id": str(EXPORTED)}},
    }


def doors(session: Session, brand: Brand) -> dict[str, dict[str, Any]]:
    """For each door a journey with which it can do what it is for."""
    running, paused = make.journey(session, brand, only_end()), make.journey(session, brand, only_end())
    service.pause(session, paused)
    marketer = make_dealers.staff(session, brand, Role.marketer)
    fresh: Journey = drafts.start(session, marketer, name="草稿", graph=only_end())
    other: Journey = drafts.start(session, marketer, name="另一份", graph=only_end())
    session.commit()
    steps = {"/resume": paused, "/draft": fresh, "/publish": fresh, "/check": fresh, "/archive": fresh, "/restore": fresh, "": other}
    steps |= dict.fromkeys(("/copy", "/estimate", "/preview", "/pause", "/cancel"), running)
    ids = {f"/journeys/<uuid:journey_id>{step}": {"journey_id": one.id} for step, one in steps.items()}
    return (
        ids
        | _coming(session, brand)
        | _stuck(session, brand)
        | _tested(session, brand)
        | _exported(session, brand)
        | {
            "/journeys/<uuid:journey_id>/versions/<uuid:version_id>/publish": {
                "journey_id": running.id,
                "version_id": drawn.version(session, running, 1).id,
            }
        }
    )


def _coming(session: Session, brand: Brand) -> dict[str, dict[str, Any]]:
    """For each door that lets people in a journey, and for each step of a fan-out one that can take it."""
    called = make.journey(session, brand, make.graph([make.node("end", "end")], ways="", trigger={"kind": "api"}))
    ids: dict[str, dict[str, Any]] = {
        f"/journeys/<uuid:journey_id>/{one}": {"journey_id": called.id} for one in ("entries", "people", "fan-outs")
    }
    ids["/journeys/<key>/entries"] = {"key": called.key}
    for step in ("pause", "resume", "cancel"):
        one = fan_out(session, called)
        if step == "resume":
            fanning_out.pause(session, one)
        ids[f"/fan-outs/<uuid:fan_out_id>/{step}"] = {"journey_id": called.id, "fan_out_id": one.id}
    session.commit()
    return ids


def fan_out(session: Session, journey: Journey) -> JourneyFanOut:
    """Everybody of the brand is about to be let in."""
    made = fanning_out.begin(session, journey, {"kind": "everybody"})
    assert made is not None
    return made


def stuck(session: Session, journey: Journey, customer: Customer) -> Walk:
    """She stands on the first node and cannot go on."""
    version = drawn.version(session, journey, 1)
    now = clock.now(session)
    where = {"brand_id": journey.brand_id, "journey_id": journey.id, "version_id": version.id, "node_id": version.graph["start"]}
    when = {"arrived_at": now, "triggered_at": now}
    held = session.execute(select(Walk).filter_by(journey_id=journey.id, customer_id=customer.id)).scalar_one_or_none()
    walk = held or Walk(customer_id=customer.id, entry_key="once", context={}, **where, **when)
    walk.status, walk.due_at, walk.problem = WalkStatus.stuck, None, "undecided"
    session.add(walk)
    session.flush()
    return walk


def _stuck(session: Session, brand: Brand) -> dict[str, dict[str, Any]]:
    """For each door that helps somebody who is stuck one who is."""
    journey = make.journey(session, brand, only_end())
    ids: dict[str, dict[str, Any]] = {"/stuck/retry": {"journey_id": journey.id}}
    for step in ("retry", "leave"):
        walk = stuck(session, journey, make_identity.customer(session, brand))
        ids[f"/walks/<uuid:walk_id>/{step}"] = {"journey_id": journey.id, "walk_id": walk.id}
    session.commit()
    return ids


def export(session: Session, staff: Staff, journey: Journey) -> Export:
    """The figures of a journey, which nobody has written yet."""
    made = exports.ask(session, staff, "journeys.results", {"journey_id": str(journey.id)})
    session.commit()
    return made


def _exported(session: Session, brand: Brand) -> dict[str, dict[str, Any]]:
    """For the door that stops the writing of a file the file of another journey than that which is asked for."""
    session.add(Journey(id=EXPORTED, brand_id=brand.id, key="exported", name="导出"))
    administrator = session.execute(select(Staff).filter_by(brand_id=brand.id, role=Role.admin).limit(1)).scalar_one()
    return {"/exports/<uuid:export_id>/cancel": {"export_id": export(session, administrator, make.journey(session, brand, only_end())).id}}


def tester(session: Session, staff: Staff) -> Customer:
    """The customer that a marketer is."""
    made = make_identity.customer(session, staff.brand)
    session.add(JourneyTester(staff_id=staff.id, brand_id=staff.brand_id, customer_id=made.id))
    session.flush()
    return made


def _tested(session: Session, brand: Brand) -> dict[str, dict[str, Any]]:
    """For each door of tests a journey with which the brand's administrator can do what it is for; and a code for a customer."""
    administrator = session.execute(select(Staff).filter_by(brand_id=brand.id, role=Role.admin).limit(1)).scalar_one()
    tester(session, administrator)
    graph = make.graph([make.node("rest", "wait", amount=1, unit="day"), make.node("end", "end")], ways="rest>end")
    ids: dict[str, dict[str, Any]] = {}
    for step in ("", "/skip", "/stop"):
        journey = drafts.start(session, administrator, name="试走", graph=graph)
        testing.start(session, administrator, journey, graph, data={})
        ids[f"/journeys/<uuid:journey_id>/tests{step}"] = {"journey_id": journey.id}
    shown = make_dealers.staff(session, brand, Role.marketer)
    ends_at = clock.now(session) + timedelta(minutes=10)
    session.add(JourneyTesterCode(staff_id=shown.id, brand_id=brand.id, code_hash=token_hash("abcdefgh"), ends_at=ends_at))
    session.commit()
    return ids
