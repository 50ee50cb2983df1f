"""A look ahead tells what will happen, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.identity.models import Customer
from app.journeys import proportions, service
from app.journeys.models import Conversion, JourneyCount, Walk, WalkStep
from app.journeys.service.simulating import Assumed, simulate
from app.kit import clock
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity
from tests.factories import journeys as make


@pytest.fixture
def brand(session: Session) -> Brand:
    return make_dealers.brand(session)


@pytest.fixture
def walker(session: Session, brand: Brand) -> Customer:
    return make_identity.customer(session, brand)


def _all_there_is(session: Session) -> dict[str, Any]:
    tables = session.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")).scalars().all()
    return {name: session.execute(text(f'SELECT count(*), max(xmin::text) FROM "{name}"')).one() for name in tables}


def test_it_leaves_nothing_behind_and_rings_for_nobody(committed: Any, rings: list[Any]) -> None:
    with committed() as session:
        brand = make_dealers.brand(session)
        one = make_identity.customer(session, brand)
        journey = make.journey(session, brand)
        customer_id, journey_id = one.id, journey.id
        service.hear(session, [make.triggered(session, make_identity.customer(session, brand))])
    # What really happens rings.
    assert ("journeys.advance", {}) in rings
    rings.clear()
    with committed() as session:
        before, moment = _all_there_is(session), clock.now(session)
    told = simulate(journey_id, make.message_wait_message(), customer_id)
    assert [step["node_id"] for step in told["steps"]] == ["hello", "pause", "again", "end"]
    assert [message["template"] for message in told["messages"]] == ["deposit_paid", "test_drive_invitation"]
    assert rings == []
    with committed() as session:
        assert _all_there_is(session) == before
        assert clock.now(session) - moment < timedelta(minutes=1)


def test_what_is_assumed_ends_a_walk_at_its_time(session: Session, brand: Brand, walker: Customer) -> None:
    journey = make.journey(session, brand)
    session.commit()
    told = simulate(
        journey.id, make.message_wait_message(), walker.id, assumed=[Assumed(timedelta(hours=5), "order.cancelled", {"order_id": "1"})]
    )
    assert told["status"] == "exited"
    assert told["ended_at"] - told["began_at"] == timedelta(hours=5)
    assert [step["node_id"] for step in told["steps"]] == ["hello"]


def test_a_goal_is_reached_once_for_each_walk(session: Session, brand: Brand, walker: Customer, deliver: Callable[[], int]) -> None:
    make.journey(session, brand, make.message_wait_message(goal={"event": "vehicle.viewed", "within_days": 3}))
    make.triggered(session, walker)
    deliver()
    for _ in range(2):
        make.triggered(session, walker, name="vehicle.viewed")
        deliver()
    found = session.execute(select(Conversion)).scalar_one()
    assert found.walk_id == session.execute(select(Walk.id)).scalar_one()
    assert not found.held_out
    assert session.execute(select(JourneyCount.times).filter_by(what="converted")).scalars().all() == [1]


def test_what_comes_too_late_is_not_the_journeys(
    session: Session, brand: Brand, walker: Customer, deliver: Callable[[], int], later: Any
) -> None:
    make.journey(session, brand, make.message_wait_message(goal={"event": "vehicle.viewed", "within_days": 3}))
    make.triggered(session, walker)
    deliver()
    later(days=3, minutes=1)
    make.triggered(session, walker, name="vehicle.viewed")
    deliver()
    assert session.execute(select(Conversion)).first() is None


def test_intervals_are_those_that_newcombe_published() -> None:
    # Table II of the paper: 56/70 against 48/80, method 10.
    assert proportions.difference((56, 70), (48, 80)) == pytest.approx((0.0524, 0.3339), abs=0.00005)
    assert proportions.share(81, 263) == pytest.approx((0.2553, 0.3662), abs=0.00005)
    assert proportions.difference((0, 0), (1, 2)) == (-1.0, 1.0)


def _drawn() -> dict[str, Any]:
    """A message, a day, two ways by chance, three hours, the end."""
    nodes = [
        make.node("hello", "send_message", template="deposit_paid"),
        make.node("day", "wait", amount=1, unit="day"),
        make.node("fork", "split", arms=[{"port": "a", "label": "A", "percent": 50}, {"port": "b", "label": "B", "percent": 50}]),
        make.node("hours", "wait", amount=3, unit="hour"),
        make.node("end", "end"),
    ]
    return make.graph(nodes, ways="hello>day day>fork fork.a>hours fork.b>end hours>end")


def test_what_was_foreseen_happens_at_its_time_for_each_of_many(
    session: Session, brand: Brand, deliver: Callable[[], int], later: Any
) -> None:
    journey = make.journey(session, brand, _drawn())
    people = [make_identity.customer(session, brand) for _ in range(100)]
    session.commit()
    foreseen = {one.id: simulate(journey.id, _drawn(), one.id) for one in people}
    for one in people:
        make.triggered(session, one)
    deliver()
    for hours in (0, 24, 3):
        later(hours=hours or 0.000001)
        service.advance_all()
    session.expire_all()
    ways = set()
    for one in people:
        walk = session.execute(select(Walk).filter_by(customer_id=one.id)).scalar_one()
        steps = session.execute(select(WalkStep).filter_by(walk_id=walk.id).order_by(WalkStep.visit_no)).scalars().all()
        told = foreseen[one.id]
        assert told["status"] == walk.status == "completed"
        assert [(step["node_id"], step["port"]) for step in told["steps"]] == [(step.node_id, step.port) for step in steps]
        for ahead, real in zip(told["steps"], steps, strict=True):
            assert abs((ahead["left_at"] - told["began_at"]) - (real.left_at - walk.created_at)) <= timedelta(seconds=1)
        ways.add(steps[2].port)
    assert ways == {"a", "b"}
