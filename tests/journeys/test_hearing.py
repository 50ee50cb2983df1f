"""Each journey hears for itself: what is broken or flooded in one reaches no other, and nothing that happened is lost."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.events import service as events
from app.events.models import Event, EventDelivery
from app.events.service import deliver, handler_key
from app.identity.models import Customer
from app.journeys import service, stuck
from app.journeys.models import Journey, JourneyCount, JourneyVersion, Walk
from app.journeys.service import counting, entering
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity
from tests.factories import journeys as make

Sweep = Callable[[], int]


def resting(**rules: Any) -> dict[str, Any]:
    """A graph on which everybody rests for a day."""
    return make.graph([make.node("rest", "wait", amount=1, unit="day"), make.node("end", "end")], ways="rest>end", **rules)


def walks(session: Session, journey: Journey) -> Counter[str]:
    session.expire_all()
    return Counter(session.execute(select(Walk.status).where(Walk.journey_id == journey.id)).scalars())


def break_it(session: Session, journey: Journey, **graph: Any) -> dict[str, Any]:
    """What its version says cannot be read any more, as after an upgrade that forgot it; what it said before."""
    version = session.execute(select(JourneyVersion).filter_by(journey_id=journey.id)).scalar_one()
    before = version.graph
    version.graph = before | graph
    session.commit()
    return before


def mend(session: Session, journey: Journey, graph: dict[str, Any]) -> None:
    session.execute(update(JourneyVersion).where(JourneyVersion.journey_id == journey.id).values(graph=graph))
    session.commit()


@pytest.mark.parametrize(
    "broken",
    [
        {"triggers": [{"kind": "forgotten", "config": {}}]},
        {"triggers": [{"kind": "event", "config": {"event": "share.opened", "where": {"x": [1]}}}]},
        {"rules": {"never_heard_of": 1}},
        {"rules": {"exit_if": {"kind": "forgotten"}}},
    ],
)
def test_a_broken_version_pauses_alone_says_why_and_hears_all_that_happened_once_it_is_mended(
    session: Session, brand: Brand, sweep: Sweep, later: Any, broken: dict[str, Any]
) -> None:
    bad, good = make.journey(session, brand, resting()), make.journey(session, brand, resting())
    before = break_it(session, bad, **broken)
    people = [make_identity.customer(session, brand) for _ in range(30)]
    for day in range(3):
        for one in people[day * 10 : day * 10 + 10]:
            make.triggered(session, one)
        for _ in range(20):
            sweep()
            later(hours=1)
    assert walks(session, good).total() == 30
    assert walks(session, bad) == {}
    told = stuck.pause(session, bad)
    assert told is not None
    assert told["by_itself"]
    assert "自动暂停" in told["words"]
    assert told["problem"]
    assert session.execute(select(EventDelivery).where(EventDelivery.dead_at.is_not(None))).first() is None
    mend(session, bad, before)
    service.resume(session, bad)
    sweep()
    assert walks(session, bad) == {"active": 30}


def test_one_event_that_cannot_be_heard_pauses_no_journey_and_holds_up_no_other_event(
    session: Session, brand: Brand, sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    journey = make.journey(session, brand, resting())
    people = [make_identity.customer(session, brand) for _ in range(5)]
    poison = make.triggered(session, people[0])
    for one in people[1:]:
        make.triggered(session, one)
    arrivals = entering._arrivals

    def choking(version: JourneyVersion, happened: Any, known: Any) -> Any:
        if any(event.id == poison.id for event in happened):
            raise ValueError("poison")
        return arrivals(version, happened, known)

    monkeypatch.setattr(entering, "_arrivals", choking)
    sweep()
    assert walks(session, journey) == {"active": 4}
    assert journey.status == "active"


def test_a_version_that_cannot_say_who_leaves_keeps_nobody_in_another_journey_and_lets_go_once_it_is_mended(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep
) -> None:
    bad, good = (make.journey(session, brand, resting(exit_on=["order.cancelled"])) for _ in range(2))
    make.triggered(session, walker)
    sweep()
    before = break_it(session, bad, rules={"exit_on": [{"event": 5}]})
    make.triggered(session, walker, name="order.cancelled")
    sweep()
    assert (walks(session, good), walks(session, bad)) == ({"exited": 1}, {"active": 1})
    assert bad.status == "paused"
    mend(session, bad, before)
    service.resume(session, bad)
    sweep()
    assert walks(session, bad) == {"exited": 1}


def test_what_no_journey_asks_for_costs_no_line_of_the_outbox(session: Session, brand: Brand, walker: Customer) -> None:
    make.journey(session, brand, resting(trigger=make.event("tag.added", tag="vip")))
    stranger = make_identity.customer(session, make_dealers.brand(session))
    make.triggered(session, walker, name="tag.added", tag="other")
    make.triggered(session, walker, name="tag.added")
    make.triggered(session, stranger, name="tag.added", tag="vip")
    ours = select(func.count()).select_from(EventDelivery).where(EventDelivery.handler.startswith("journeys.hear"))
    assert session.execute(ours).scalar_one() == 0
    make.triggered(session, walker, name="tag.added", tag="vip")
    assert session.execute(ours).scalar_one() == 1


def test_a_trigger_of_one_journey_does_not_wait_for_a_flood_of_another(session: Session, brand: Brand, walker: Customer) -> None:
    flooded = make.journey(session, brand, resting(trigger=make.event("tag.added", tag="vip")))
    quiet = make.journey(session, brand, resting())
    people = [make_identity.customer(session, brand) for _ in range(20)]
    facts = [{"brand_id": brand.id, "customer_id": one.id, "data": {"tag": "vip"}} for one in people for _ in range(1000)]
    list(events.record_all(session, "tag.added", facts))
    session.commit()
    for _ in range(2):
        events.deliver_all(seconds=0.01)
    make.triggered(session, walker)
    session.commit()
    began = time.monotonic()
    while not walks(session, quiet):
        events.deliver_all(seconds=0.01)
    left = select(func.count()).select_from(EventDelivery)
    left = left.where(EventDelivery.delivered_at.is_(None), EventDelivery.handler == f"journeys.hear:{flooded.id}")
    assert session.execute(left).scalar_one() > 5_000
    assert time.monotonic() - began < 2


def test_who_comes_again_before_her_exit_was_heard_leaves_first_and_enters_again(
    session: Session, brand: Brand, walker: Customer, later: Any
) -> None:
    journey = make.journey(session, brand, resting(exit_on=["order.cancelled"]))
    line = handler_key(service.hear, str(journey.id))
    make.triggered(session, walker)
    session.commit()
    deliver(line)
    later(minutes=1)
    make.triggered(session, walker, name="order.cancelled")
    later(minutes=1)
    make.triggered(session, walker)
    session.commit()
    deliver(line)
    assert walks(session, journey) == {"exited": 1, "active": 1}
    deliver(handler_key(service.heed, "order.cancelled"))
    assert walks(session, journey) == {"exited": 1, "active": 1}


def test_whoever_hears_counts_once_and_last_so_that_two_never_wait_for_each_other(
    session: Session, brand: Brand, walker: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        make.journey(session, brand, resting(exit_on=["order.cancelled"]))
    service.hear(session, [make.triggered(session, walker)])
    counted: list[int] = []
    real = counting.count
    for where in ("entering", "enrolling", "leaving"):
        monkeypatch.setattr(f"app.journeys.service.{where}.count", lambda own, counts: (counted.append(len(counts)), real(own, counts)))
    service.hear(session, [make.triggered(session, walker, name="order.cancelled"), make.triggered(session, walker)])
    assert len(counted) == 1


def test_many_who_hear_the_same_in_any_order_never_stand_in_each_others_way(committed: Callable[[], Any]) -> None:
    """Each lets people out of an old version and into a new one of two journeys; a deadlock would raise."""
    with committed() as session:
        brand = make_dealers.brand(session)
        journeys = [make.journey(session, brand, resting(exit_on=["order.cancelled"])) for _ in range(2)]
        people = [make_identity.customer(session, brand) for _ in range(40)]
        service.hear(session, [make.triggered(session, one) for one in people])
        for journey in journeys:
            service.publish(session, journey, resting(exit_on=["order.cancelled"]))
        happened = [make.triggered(session, one, name=name) for one in people for name in ("order.cancelled", "share.opened")]
        ids = [event.id for event in happened]
        both = [journey.id for journey in journeys]

    def hear(number: int) -> None:
        with committed() as own:
            facts = list(own.execute(select(Event).where(Event.id.in_(ids))).scalars())
            random.Random(number).shuffle(facts)
            some = facts[:40]
            if number % 3 == 0:
                service.heed(own, some)
            else:
                service.hear(own, some, whom="" if number % 3 == 1 else str(both[number % 2]))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(hear, range(36)))
        list(pool.map(lambda journey_id: _hear_all(committed, ids, journey_id), both))
    with committed() as session:
        entered = select(func.sum(JourneyCount.times)).where(JourneyCount.what == "entered")
        exited = select(func.sum(JourneyCount.times)).where(JourneyCount.what == "exited")
        assert session.execute(entered).scalar_one() == session.execute(select(func.count()).select_from(Walk)).scalar_one()
        gone = select(func.count()).select_from(Walk).where(Walk.status == "exited")
        assert session.execute(exited).scalar_one() == session.execute(gone).scalar_one() == 80


def _hear_all(committed: Callable[[], Any], ids: list[Any], journey_id: Any) -> None:
    with committed() as own:
        service.hear(own, list(own.execute(select(Event).where(Event.id.in_(ids))).scalars()), whom=str(journey_id))
