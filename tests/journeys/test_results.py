"""What is counted of journeys while people walk is what a count of all walks and steps says, whatever happens to them on the way."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.identity.models import Customer
from app.journeys import queries, results, service
from app.journeys.graph import TRIGGER
from app.journeys.models import Conversion, Journey, MoveKind, Walk, WalkStatus, WalkStep
from app.journeys.service import converting, moving, troubles, walking
from app.kit import clock
from app.messaging.models import Send
from tests.factories import identity as make_identity
from tests.factories import journeys as make

GOAL = {"event": "order.cancelled", "within_days": 30}


def graph(*, pause: str = "pause", **rules: Any) -> dict[str, Any]:
    nodes = [make.node(pause, "wait", amount=1, unit="day"), make.node("end", "end")]
    return make.graph(nodes, ways=f"{pause}>end", **rules)


def brute(session: Session, journey: Journey) -> dict[str, Counter[str]]:
    """By node and figure, from every walk and every step."""
    found: dict[str, Counter[str]] = {}
    for step in session.execute(select(WalkStep).filter_by(journey_id=journey.id)).scalars():
        told = found.setdefault(step.node_id, Counter())
        told["entered"] += 1
        told["moved" if step.port == moving.MOVED else "passed" if step.port else "finished"] += 1
    names = {WalkStatus.active: "waiting", WalkStatus.stuck: "stuck", WalkStatus.exited: "exited"}
    # Who leaves the control group was nowhere; her time of leaving is not kept.
    somewhere = Walk.due_at.is_not(None) | Walk.ended_at.is_not(None) | (Walk.status == "stuck")
    for walk in session.execute(select(Walk).filter_by(journey_id=journey.id).where(somewhere)).scalars():
        told = found.setdefault(walk.node_id, Counter())
        if walk.status in names:
            told["entered"] += 1
            told[names[WalkStatus(walk.status)]] += 1
    return found


def counted(session: Session, journey: Journey) -> dict[str, Counter[str]]:
    versions = [one.id for one in results.versions(session, journey)]
    return {
        node: Counter({key: told[key] for key in ("entered", "passed", "finished", "exited", "waiting", "stuck", "moved")})
        for node, told in results.figures(session, versions).items()
        if node != TRIGGER
    }


def same(session: Session, journey: Journey) -> None:
    session.expire_all()
    ours, theirs = counted(session, journey), brute(session, journey)
    assert {node: +told for node, told in ours.items() if +told} == {node: +told for node, told in theirs.items() if +told}
    assert all(times >= 0 for told in ours.values() for times in told.values())
    row = next(one for one in queries.listing(session, journey.brand_id)[0] if one["id"] == str(journey.id))
    walks = Counter(session.execute(select(Walk.status).filter_by(journey_id=journey.id)).scalars())
    assert {key: row[key] for key in ("active", "completed", "stuck", "held_out")} == {
        key: walks[WalkStatus(key)] for key in ("active", "completed", "stuck", "held_out")
    }


@pytest.fixture
def crowd(session: Session, brand: Brand) -> list[Customer]:
    return [make_identity.customer(session, brand) for _ in range(12)]


def enter(session: Session, people: list[Customer], sweep: Any) -> None:
    for customer in people:
        make.triggered(session, customer)
    session.commit()
    sweep()


def fail(session: Session, journey: Journey, most: int) -> None:
    some = session.execute(select(Walk.id).filter_by(journey_id=journey.id, status="active").order_by(Walk.id).limit(most)).scalars().all()
    for walk_id in some:
        assert walking._strand(walk_id, ValueError("bad"))
    session.expire_all()


def test_after_errors_retries_exits_merges_and_ends_the_counts_are_what_is(
    session: Session, brand: Brand, crowd: list[Customer], sweep: Any
) -> None:
    journey = make.journey(session, brand, graph(exit_on=["deposit.refunded"]))
    enter(session, crowd, sweep)
    same(session, journey)
    fail(session, journey, 6)
    same(session, journey)
    stuck = session.execute(select(Walk).filter_by(status="stuck").order_by(Walk.id)).scalars().all()
    troubles.retry(session, stuck[0])
    session.commit()
    same(session, journey)
    troubles.let_out(session, stuck[1])
    session.commit()
    same(session, journey)
    make.triggered(session, crowd[2], name="deposit.refunded")
    make.triggered(session, crowd[9], name="deposit.refunded")
    session.commit()
    sweep()
    same(session, journey)
    service.merge(session, kept_id=crowd[3].id, merged_id=crowd[8].id)
    service.merge(session, kept_id=crowd[10].id, merged_id=crowd[4].id)
    session.commit()
    same(session, journey)
    assert troubles.retry_all(session, journey) > 0
    session.commit()
    same(session, journey)
    clock.advance(session, timedelta(days=2))
    session.commit()
    sweep()
    same(session, journey)
    assert counted(session, journey)["end"]["finished"] > 0


@pytest.mark.parametrize("kind", [MoveKind.migrate, MoveKind.eject])
def test_who_is_moved_to_another_version_stuck_or_not_is_counted_where_she_is(
    session: Session, brand: Brand, crowd: list[Customer], sweep: Any, kind: MoveKind
) -> None:
    journey = make.journey(session, brand, graph())
    enter(session, crowd, sweep)
    fail(session, journey, 5)
    service.publish(session, journey, graph(pause="other"))
    version = queries.published(session, journey.id)
    assert version is not None
    moving.begin(session, version, kind, {"pause": "other"})
    session.commit()
    while moving.move_page(3):
        pass
    same(session, journey)
    now = results.figures(session, [version.id])
    if kind == MoveKind.migrate:
        assert (now["other"]["stuck"], now["other"]["waiting"], now[TRIGGER]["moved_in"]) == (5, 7, 12)
        assert results.goal(now, moved_in=True)["walked"]["people"] == 12
    else:
        assert now == {}


def test_two_profiles_that_reached_the_goal_and_turn_out_to_be_one_reached_it_once(
    session: Session, brand: Brand, crowd: list[Customer], sweep: Any
) -> None:
    journey = make.journey(session, brand, graph(goal=GOAL))
    enter(session, crowd, sweep)
    happened = [make.triggered(session, one, name="order.cancelled") for one in crowd[:3]]
    session.commit()
    converting.convert(session, happened)
    session.commit()

    def walked() -> tuple[int, int, int]:
        found = results.figures(session, [one.id for one in results.versions(session, journey)])
        told = results.goal(found, moved_in=False)["walked"]
        return told["happened"], told["people"], len(session.execute(select(Conversion)).all())

    assert walked() == (3, 12, 3)
    # Both reached it.
    service.merge(session, kept_id=crowd[0].id, merged_id=crowd[1].id)
    session.commit()
    assert walked() == (2, 11, 2)
    # Only the one who is given up did: it is hers who is kept.
    service.merge(session, kept_id=crowd[5].id, merged_id=crowd[2].id)
    session.commit()
    assert walked() == (2, 10, 2)
    # Whoever is one now reaches it once.
    service.merge(session, kept_id=crowd[6].id, merged_id=crowd[7].id)
    later = [make.triggered(session, crowd[6], name="order.cancelled")]
    session.commit()
    converting.convert(session, later)
    converting.convert(session, later)
    session.commit()
    assert walked() == (3, 9, 3)
    same(session, journey)


def test_control_people_who_turn_out_to_be_one_are_one_in_the_control_group_and_their_goal_counts_once(
    session: Session, brand: Brand, crowd: list[Customer], sweep: Any
) -> None:
    journey = make.journey(session, brand, graph(goal=GOAL, holdout_percent=50))
    enter(session, crowd, sweep)
    walks = session.execute(select(Walk).filter_by(journey_id=journey.id).order_by(Walk.id)).scalars().all()
    held = [one.customer_id for one in walks if one.status == "held_out"]
    walking = [one.customer_id for one in walks if one.status == "active"]
    assert len(held) > 2
    assert walking
    by_id = {one.id: one for one in crowd}
    happened = [make.triggered(session, by_id[one], name="order.cancelled") for one in held[:3]]
    session.commit()
    converting.convert(session, happened)
    service.merge(session, kept_id=held[0], merged_id=held[1])
    service.merge(session, kept_id=walking[0], merged_id=held[2])
    session.commit()
    session.expire_all()
    found = results.figures(session, [one.id for one in results.versions(session, journey)])
    told = results.goal(found, moved_in=False)
    assert (told["control"]["happened"], told["control"]["people"]) == (1, len(held) - 2)
    assert (told["walked"]["happened"], told["walked"]["people"]) == (0, len(walking))
    assert (told["lift"]["enough"], told["lift"]["sure"]) == (False, False)
    same(session, journey)


def test_who_reaches_the_goal_after_a_move_is_counted_where_her_message_was_sent(session: Session, brand: Brand, sweep: Any) -> None:
    she, another = (make_identity.customer(session, brand) for _ in range(2))
    nodes = [make.node("hello", "send_message", template="deposit_paid"), make.node("pause", "wait", amount=1, unit="day")]
    journey = make.journey(session, brand, make.graph([*nodes, make.node("end", "end")], ways="hello>pause pause>end", goal=GOAL))
    enter(session, [she, another], sweep)
    session.execute(update(Send).where(Send.customer_id == she.id).values(status="accepted"))
    service.publish(session, journey, graph(pause="other", goal=GOAL))
    version = queries.published(session, journey.id)
    assert version is not None
    moving.begin(session, version, MoveKind.migrate, {"pause": "other"})
    session.commit()
    moving.move_all()
    converting.convert(session, [make.triggered(session, one, name="order.cancelled") for one in (she, another)])
    session.commit()
    first = next(one for one in results.versions(session, journey) if one.id != version.id)
    before, now = (results.figures(session, [one.id]) for one in (first, version))
    # To nobody's message the other one owes it: to the version in which she stood.
    assert (before["hello"]["converted"], now[TRIGGER]["converted"]) == (1, 1)
    assert sum(told["converted"] for told in (*before.values(), *now.values())) == 2
    assert set(session.execute(select(Conversion.version_id, Conversion.node_id)).all()) == {(first.id, "hello"), (version.id, None)}
