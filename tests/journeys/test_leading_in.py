"""A journey that lets people into another keeps to that one's rules; a look ahead holds nothing that others want."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.identity.models import Customer
from app.journeys import service
from app.journeys.models import Journey, JourneyCount, Walk, WalkStep
from app.journeys.service import running, simulating
from app.kit import clock
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity
from tests.factories import journeys as make
from tests.factories import tags as make_tags


def inner_graph(**rules: Any) -> dict[str, Any]:
    nodes = [make.node("rest", "wait", amount=5, unit="day"), make.node("end", "end")]
    return make.graph(nodes, ways="rest>end", trigger={"kind": "api"}, **rules)


def outer_graph(inner: Journey, *, pause: bool = False) -> dict[str, Any]:
    nodes = [make.node("pause", "wait", amount=1, unit="hour")] if pause else []
    nodes += [make.node("inside", "sub_journey", journey=inner.key), make.node("yes", "end"), make.node("no", "end")]
    return make.graph(nodes, ways=("pause>inside " if pause else "") + "inside.ended>yes inside.not_entered>no")


def inside(session: Session, journey: Journey) -> Counter[str]:
    session.expire_all()
    return Counter(session.execute(select(Walk.status).where(Walk.journey_id == journey.id)).scalars())


def ports(session: Session) -> Counter[str | None]:
    return Counter(session.execute(select(WalkStep.port).filter_by(node_id="inside")).scalars())


Sweep = Callable[[], int]


@pytest.mark.parametrize("when", ["before", "after"])
def test_dates_of_the_inner_journey_keep_people_out(session: Session, brand: Brand, walker: Customer, sweep: Sweep, when: str) -> None:
    now = clock.now(session)
    rules = {"starts_at": (now + timedelta(hours=2)).isoformat()} if when == "before" else {"ends_at": (now - timedelta(1)).isoformat()}
    inner = make.journey(session, brand, inner_graph(**rules))
    make.journey(session, brand, outer_graph(inner))
    make.triggered(session, walker)
    sweep()
    assert (inside(session, inner), ports(session)) == ({}, {"not_entered": 1})


def test_an_exit_of_the_inner_journey_since_what_brought_her_here_keeps_her_out(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any
) -> None:
    inner = make.journey(session, brand, inner_graph(exit_on=["order.cancelled"]))
    make.journey(session, brand, outer_graph(inner, pause=True))
    other = make_identity.customer(session, brand)
    make.triggered(session, walker)
    make.triggered(session, other)
    sweep()
    later(minutes=5)
    make.triggered(session, walker, name="order.cancelled")
    sweep()
    later(hours=2)
    sweep()
    assert (inside(session, inner), ports(session)) == ({"active": 1}, {"not_entered": 1})
    assert session.execute(select(Walk.customer_id).filter_by(journey_id=inner.id)).scalar_one() == other.id


def test_the_control_group_of_the_inner_journey_does_not_walk_it(session: Session, brand: Brand, sweep: Sweep) -> None:
    inner = make.journey(session, brand, inner_graph(holdout_percent=50))
    make.journey(session, brand, outer_graph(inner))
    for _ in range(40):
        make.triggered(session, make_identity.customer(session, brand))
    sweep()
    found = inside(session, inner)
    assert found["held_out"] + found["active"] == 40
    assert found["held_out"] > 5
    assert ports(session) == {"not_entered": found["held_out"]}


def test_the_pace_of_the_inner_journey_is_kept(session: Session, brand: Brand, sweep: Sweep) -> None:
    inner = make.journey(session, brand, inner_graph(throttle={"people": 1, "per": "hour"}))
    make.journey(session, brand, outer_graph(inner))
    for _ in range(4):
        make.triggered(session, make_identity.customer(session, brand))
    sweep()
    times = sorted(session.execute(select(Walk.arrived_at).filter_by(journey_id=inner.id)).scalars())
    assert [after - before for before, after in itertools.pairwise(times)] == [timedelta(hours=1)] * 3


def test_a_look_ahead_holds_up_nobody_who_works_on_the_same_person_meanwhile(
    committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lies open, just before it is taken back, while the engine walks, pauses, counts and tags the very same."""
    with committed() as session:
        brand = make_dealers.brand(session)
        tag = make_tags.tag(session, brand, key="seen")
        inner = make.journey(session, brand, inner_graph(throttle={"people": 5, "per": "hour"}))
        nodes = [make.node("mark", "add_tag", tag=tag.key), *outer_graph(inner)["nodes"]]
        drawn = make.graph(nodes, ways="mark>inside inside.ended>yes inside.not_entered>no", exit_on=["order.cancelled"])
        outer = make.journey(session, brand, drawn)
        her = make_identity.customer(session, brand)
        service.hear(session, [make.triggered(session, her)])
    service.advance_all(seconds=2)
    looked, go_on = threading.Event(), threading.Event()
    told = simulating._told

    def lying_open(ahead: Any, *, is_cut: bool) -> dict[str, Any]:
        looked.set()
        assert go_on.wait(20)
        return told(ahead, is_cut=is_cut)

    monkeypatch.setattr(simulating, "_told", lying_open)
    thread = threading.Thread(target=simulating.simulate, args=(outer.id, drawn, her.id))
    thread.start()
    assert looked.wait(20)
    try:
        with committed() as session:
            session.execute(text("SET LOCAL lock_timeout = '300ms'"))
            service.hear(session, [make.triggered(session, her, name="order.cancelled")])
            session.execute(text("UPDATE customer_tags SET decided_at = marque_now() WHERE customer_id = :her"), {"her": her.id})
            session.execute(select(JourneyCount).with_for_update()).all()
            session.execute(text("SELECT 1 FROM journey_paces FOR UPDATE"))
            session.execute(select(Walk).with_for_update()).all()
        with committed() as session:
            session.execute(text("SET LOCAL lock_timeout = '300ms'"))
            running.pause(session, session.get_one(Journey, inner.id))
    finally:
        go_on.set()
        thread.join(20)
    with committed() as session:
        assert session.execute(select(Walk.status).filter_by(journey_id=outer.id)).scalars().all() == ["exited"]
