"""A marketer tries a draft on herself: she alone gets its messages, nobody else is tried on, and nothing of it counts."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Role, Staff
from app.events import service as events
from app.identity.models import Customer
from app.identity.service import people
from app.journeys import queries
from app.journeys.models import Journey, JourneyCount, JourneyTester, JourneyTesterCode, JourneyVersion, Walk
from app.kit import clock
from app.messaging.queries import explaining
from tests.factories import dealers as make_dealers
from tests.factories import drawing
from tests.factories import identity as make_identity
from tests.factories import journeys as make
from tests.factories import messaging as towns
from tests.journeys.deeds import lead_of, sends
from tests.journeys.test_drafts import ask, begun, signed_in

Sweep = Callable[[], int]


@pytest.fixture
def town(session: Session) -> towns.Town:
    """A town with the templates that the demo journey names."""
    return towns.town(session)


@pytest.fixture
def brand(town: towns.Town) -> Brand:
    return town.market.brand


@pytest.fixture
def marketer(session: Session, brand: Brand) -> Staff:
    made = make_dealers.staff(session, brand, Role.marketer)
    session.commit()
    return made


@pytest.fixture
def at_work(client: Any, marketer: Staff) -> Any:
    return signed_in(client, marketer)


@pytest.fixture
def herself(session: Session, marketer: Staff) -> Customer:
    """The customer that the marketer is."""
    made = drawing.tester(session, marketer)
    session.commit()
    return made


def graph(**rules: Any) -> dict[str, Any]:
    """Staff are told, she is written to, waits for a day, and is written to again."""
    nodes = [
        make.node("task", "staff_task", title="回访"),
        make.node("hello", "send_message", template="deposit_paid"),
        make.node("pause", "wait", amount=1, unit="day"),
        make.node("again", "send_message", template="test_drive_invitation"),
        make.node("end", "end"),
    ]
    ways = "task.confirmed>hello task.timed_out>end hello>pause pause>again again>end"
    return make.graph(nodes, ways=ways, trigger={"kind": "list"}, **rules)


def walks(session: Session) -> list[Walk]:
    session.expire_all()
    return list(session.execute(select(Walk).order_by(Walk.id)).scalars())


def test_she_walks_the_draft_gets_its_messages_alone_and_goes_on_when_she_says_so(
    session: Session, at_work: Any, marketer: Staff, herself: Customer, sweep: Sweep
) -> None:
    lead_of(session, herself)
    journey = begun(at_work, graph())
    begun_at = ask(at_work, "POST", f"/{journey['id']}/tests", {"data": {"order": "1"}}, status=201)
    assert begun_at["stands_on"]["node_id"] == "task"
    sweep()
    seen = ask(at_work, "GET", f"/{journey['id']}/tests")
    # Nobody is given a task: she goes on as if it were done.
    assert [(one["node_id"], one["port"]) for one in seen["steps"]] == [("task", "confirmed"), ("hello", "done")]
    assert seen["steps"][0]["skipped"].startswith("测试中不联系其他人")
    assert seen["steps"][1]["message"]["template_key"] == "deposit_paid"
    assert (seen["stands_on"]["node_id"], [one["port"] for one in seen["ports"]]) == ("pause", ["done"])
    assert ask(at_work, "POST", f"/{journey['id']}/tests/skip", {"port": "done"})["stands_on"]["node_id"] == "again"
    sweep()
    seen = ask(at_work, "GET", f"/{journey['id']}/tests")
    assert (seen["status"], seen["stands_on"], seen["ports"]) == ("completed", None, [])
    assert [one["skipped"] for one in seen["steps"]][2] == "测试时跳过等待"
    found = sends(session)
    assert [(one.customer_id, one.staff_id, one.template_key) for one in found] == [
        (herself.id, None, "deposit_paid"),
        (herself.id, None, "test_drive_invitation"),
    ]
    # What is sent says for whom it was, and what she was told on entering is there for it.
    assert {one.context["trial_of"] for one in found} == {journey["id"]}
    assert {one.context["order"] for one in found} == {"1"}
    assert "旅程试走" in explaining.story(session, found[0])[0].sentence


def test_nothing_of_a_test_counts_and_nobody_else_sees_its_journey(
    session: Session, brand: Brand, at_work: Any, herself: Customer, sweep: Sweep
) -> None:
    journey = begun(at_work, graph(goal={"event": "share.opened"}))
    ask(at_work, "POST", f"/{journey['id']}/tests", {}, status=201)
    sweep()
    make.triggered(session, herself)
    session.commit()
    sweep()
    (apart,) = session.execute(select(Journey).where(Journey.test_of.is_not(None))).scalars()
    assert str(apart.test_of) == journey["id"]
    (told,), _ = queries.listing(session, brand.id)
    assert (told["id"], told["entered"], told["status"]) == (journey["id"], 0, "draft")
    own = select(JourneyVersion.id).filter_by(journey_id=uuid.UUID(journey["id"]))
    assert session.execute(select(func.count()).where(JourneyCount.version_id.in_(own))).scalar_one() == 0
    assert ask(at_work, "GET", f"/{apart.id}/draft", status=404)["error"] == "journeys.unknown"
    assert ask(at_work, "POST", f"/{apart.id}/pause", status=404)["error"] == "journeys.unknown"
    assert ask(at_work, "POST", f"/{apart.id}/tests", {}, status=404)["error"] == "journeys.unknown"
    # What is drawn can still be thrown away.
    assert at_work.delete(f"/api/staff/journeys/{journey['id']}").status_code == 204


def test_who_has_not_said_which_customer_she_is_tries_nothing(session: Session, at_work: Any) -> None:
    journey = begun(at_work, graph())
    assert ask(at_work, "GET", "/tester") == {"customer_id": None, "bound_at": None}
    assert ask(at_work, "POST", f"/{journey['id']}/tests", {}, status=409)["error"] == "journeys.no_tester"
    for method, path, body in (("GET", "tests", None), ("POST", "tests/skip", {"port": "done"}), ("POST", "tests/stop", {})):
        assert ask(at_work, method, f"/{journey['id']}/{path}", body, status=404)["error"] == "journeys.no_test"
    assert walks(session) == []


def test_nobody_is_tried_on_who_has_not_entered_the_code_herself(
    session: Session, app: Any, town: towns.Town, at_work: Any, marketer: Staff
) -> None:
    her, stranger = (make_identity.customer(session, town.market.brand) for _ in range(2))
    other_brand = make_identity.customer(session, make_dealers.brand(session))
    session.commit()
    phone = app.test_client(use_cookies=False)

    def enter(who: Customer, code: str) -> Any:
        headers = make_identity.signed_in(session, who, town.market.mini) | {"Idempotency-Key": uuid.uuid4().hex}
        session.commit()
        return phone.post("/api/customer/journeys/tester", json={"code": code}, headers=headers)

    first = ask(at_work, "POST", "/tester/codes", status=201)["code"]
    shown = ask(at_work, "POST", "/tester/codes", status=201)["code"]
    assert session.execute(select(JourneyTesterCode.code_hash)).scalar_one() != shown
    for wrong in (first, "x", shown[:-1]):
        assert enter(her, wrong).json["error"] == "journeys.code_unknown"
    assert enter(her, "").json["details"].keys() == {"code"}
    assert enter(her, f" {shown.upper()} ").json == {"name": marketer.name}
    assert ask(at_work, "GET", "/tester")["customer_id"] == str(her.id)
    # A code is good once.
    assert enter(stranger, shown).status_code == 404
    late = ask(at_work, "POST", "/tester/codes", status=201)["code"]
    session.execute(update(JourneyTesterCode).values(ends_at=clock.now(session) - timedelta(seconds=1)))
    assert enter(stranger, late).status_code == 404
    session.rollback()
    assert ask(at_work, "GET", "/tester")["customer_id"] == str(her.id)
    assert other_brand.id not in session.execute(select(JourneyTester.customer_id)).scalars().all()


def test_a_test_that_is_begun_again_ends_the_one_before_and_another_marketers_goes_on(
    session: Session, app: Any, brand: Brand, at_work: Any, herself: Customer, sweep: Sweep
) -> None:
    colleague = make_dealers.staff(session, brand, Role.marketer)
    drawing.tester(session, colleague)
    session.commit()
    hers = signed_in(app.test_client(), colleague)
    journey = begun(at_work, graph())
    first = ask(at_work, "POST", f"/{journey['id']}/tests", {}, status=201)["walk_id"]
    theirs = ask(hers, "POST", f"/{journey['id']}/tests", {}, status=201)["walk_id"]
    ask(at_work, "PUT", f"/{journey['id']}/draft", {"revision": 2, "graph": drawing.only_end()})
    second = ask(at_work, "POST", f"/{journey['id']}/tests", {}, status=201)["walk_id"]
    sweep()
    became = {str(one.id): (one.status, one.exit_reason) for one in walks(session)}
    assert became == {first: ("exited", "by_hand"), theirs: ("active", None), second: ("completed", None)}
    assert ask(hers, "POST", f"/{journey['id']}/tests/stop")["status"] == "exited"


def test_a_way_that_does_not_lead_out_of_where_she_stands_is_refused(
    session: Session, at_work: Any, herself: Customer, sweep: Sweep
) -> None:
    journey = begun(at_work, graph())
    ask(at_work, "POST", f"/{journey['id']}/tests", {}, status=201)
    sweep()
    refused = ask(at_work, "POST", f"/{journey['id']}/tests/skip", {"port": "timed_out"}, status=422)
    assert (refused["error"], refused["details"]) == ("journeys.way_unknown", {"port": "timed_out"})
    ask(at_work, "POST", f"/{journey['id']}/tests/stop")
    assert ask(at_work, "POST", f"/{journey['id']}/tests/skip", {"port": "done"}, status=404)["error"] == "journeys.no_test"
    assert "port" in ask(at_work, "POST", f"/{journey['id']}/tests/skip", {}, status=422)["details"]


def test_an_unsound_draft_and_what_is_told_beyond_bounds_are_refused(session: Session, at_work: Any, herself: Customer) -> None:
    journey = begun(at_work, make.graph([make.node("hello", "wait")], ways=""))
    assert ask(at_work, "POST", f"/{journey['id']}/tests", {}, status=422)["error"] == "journeys.graph_invalid"
    for data in ({"x": "y" * 5000}, {"acted": "hello:1"}):
        assert "data" in ask(at_work, "POST", f"/{journey['id']}/tests", {"data": data}, status=422)["details"]
    assert walks(session) == []


def test_a_tester_who_is_merged_is_who_she_is_now_and_one_who_is_forgotten_is_none(
    session: Session, brand: Brand, at_work: Any, herself: Customer, deliver: Callable[[], int]
) -> None:
    kept = make_identity.customer(session, brand)
    herself.merged_into_id = kept.id
    session.flush()
    events.record(session, "customer.merged", brand_id=brand.id, customer_id=kept.id, data={"merged_id": herself.id})
    session.commit()
    deliver()
    session.expire_all()
    assert ask(at_work, "GET", "/tester")["customer_id"] == str(kept.id)
    people.erase(session, kept)
    session.commit()
    deliver()
    session.expire_all()
    assert ask(at_work, "GET", "/tester")["customer_id"] is None
