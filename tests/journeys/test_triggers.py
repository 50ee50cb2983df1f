"""Each kind of trigger lets in whom its news is about, as the domain that tells it tells it; and who comes too late is known as late."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.audience import service as audience
from app.audience.models import CustomerAttribute, ValueType
from app.dealers.models import Brand
from app.identity.models import Customer
from app.journeys import service
from app.journeys.models import Walk, WalkStep
from app.journeys.models.entering import JourneyFanOut
from app.journeys.service import fanning_out, publishing
from app.kit import clock
from tests.factories import identity as make_identity
from tests.factories import journeys as make
from tests.factories import segments as make_segments
from tests.factories import tags as make_tags
from tests.journeys.deeds import Sweep, sends

END = [make.node("end", "end")]


def begins(session: Session, brand: Brand, kind: str, **config: Any) -> None:
    make.journey(session, brand, make.graph(END, ways="", trigger={"kind": kind, "config": config}))


def inside(session: Session) -> list[uuid.UUID]:
    return list(session.execute(select(Walk.customer_id).order_by(Walk.id)).scalars())


@pytest.fixture
def other(session: Session, brand: Brand) -> Customer:
    return make_identity.customer(session, brand)


def test_who_loses_a_tag_or_has_another_value_of_it_enters_and_who_gets_it_does_not(
    session: Session, brand: Brand, walker: Customer, other: Customer, sweep: Sweep
) -> None:
    tag = make_tags.tag(session, brand, value_type=ValueType.number)
    begins(session, brand, "tag", tag=tag.key, change="removed")
    begins(session, brand, "tag", tag=tag.key, change="changed", value={"at_least": 3})
    for one in (walker, other):
        audience.add(session, one.id, tag.key, value="1")
    sweep()
    assert inside(session) == []
    audience.add(session, other.id, tag.key, value="2")
    sweep()
    assert inside(session) == []
    audience.add(session, other.id, tag.key, value="3")
    audience.remove(session, walker.id, tag.key)
    sweep()
    assert sorted(inside(session)) == sorted([walker.id, other.id])


def test_who_comes_into_a_segment_and_who_goes_out_of_it_enter_each_the_journey_of_that(
    session: Session, brand: Brand, walker: Customer, other: Customer, sweep: Sweep
) -> None:
    tag = make_tags.tag(session, brand)
    audience.add(session, walker.id, tag.key)
    segment = make_segments.segment(session, brand, make_segments.leaf("tag", tag=tag.key))
    for change in ("entered", "left"):
        begins(session, brand, "segment", segment_id=str(segment.id), change=change)
    sweep()
    assert inside(session) == []
    audience.add(session, other.id, tag.key)
    sweep()
    assert inside(session) == [other.id]
    audience.remove(session, walker.id, tag.key)
    sweep()
    assert inside(session) == [other.id, walker.id]


@pytest.mark.parametrize(("asked", "kept"), [(3, "3"), (3.5, "3.50"), ({"one_of": [2, 3]}, "3"), ({"at_most": 3}, "-4")])
def test_who_gets_a_number_that_is_asked_for_enters_however_it_is_given(
    session: Session, brand: Brand, walker: Customer, other: Customer, sweep: Sweep, asked: Any, kept: str
) -> None:
    """By hand, and by a step of another journey, which gives it to all who stand there in one statement."""
    tag = make_tags.tag(session, brand, value_type=ValueType.number)
    nodes = [make.node("give", "add_tag", tag=tag.key, value=kept), *END]
    giving = make.journey(session, brand, make.graph(nodes, ways="give>end"))
    asking = make.journey(session, brand, make.graph(END, ways="", trigger={"kind": "tag", "config": {"tag": tag.key, "value": asked}}))
    make.triggered(session, walker)
    audience.add(session, other.id, tag.key, value=kept)
    audience.add(session, make_identity.customer(session, brand).id, tag.key, value="777")
    for _ in range(2):
        sweep()
    entered = set(session.execute(select(Walk.journey_id, Walk.customer_id)).all())
    assert entered == {(giving.id, walker.id), (asking.id, walker.id), (asking.id, other.id)}


@pytest.mark.parametrize(
    ("news", "name"),
    [("price_dropped", "favourite.price_dropped"), ("back_on_sale", "favourite.back_on_sale"), ("found", "saved_search.matched")],
)
def test_news_of_the_cars_that_she_looks_for_lets_her_in_and_other_news_does_not(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, news: str, name: str
) -> None:
    begins(session, brand, "saved_search", news=[news])
    make.triggered(session, walker, name="favourite.sold")
    sweep()
    assert inside(session) == []
    make.triggered(session, walker, name=name, vehicle_id=str(uuid.uuid4()))
    sweep()
    walk = session.execute(select(Walk)).scalar_one()
    assert (walk.customer_id, list(walk.context)) == (walker.id, ["vehicle_id"])


@pytest.mark.parametrize(("date", "side"), [("profile:created_at", "after"), ("attribute:last_seen_at", "after")])
def test_a_date_that_is_computed_or_that_of_her_profile_lets_her_in_so_many_days_after_it(
    session: Session, brand: Brand, walker: Customer, other: Customer, later: Callable[..., None], date: str, side: str
) -> None:
    now = clock.now(session)
    for one, days in ((walker, 0), (other, 1)):
        at = now + timedelta(days=days)
        session.execute(update(Customer).filter_by(id=one.id).values(created_at=at))
        session.add(CustomerAttribute(customer_id=one.id, name=date.partition(":")[2], moment=at))
    begins(session, brand, "date", date=date, side=side, days=3, time="10:00")
    walked = []
    for _ in range(5):
        later(days=1)
        service.keep_time(session)
        session.commit()
        fanning_out.fan_out()
        walked.append(inside(session))
    assert walked in ([[]] * 2 + [[walker.id]] + [[walker.id, other.id]] * 2, [[]] * 3 + [[walker.id], [walker.id, other.id]])


def test_a_time_that_is_over_before_anybody_could_enter_is_told_before_publishing(session: Session, brand: Brand) -> None:
    now = clock.now(session)
    soon, past = ((now + timedelta(hours=by)).isoformat() for by in (1, -1))

    def told(at: str, **rules: Any) -> int:
        graph = make.graph(END, ways="", trigger={"kind": "schedule", "config": {"at": at}}, **rules)
        return [one["code"] for one in publishing.check(session, brand.id, graph).warnings].count("never_begins")

    assert [told(soon), told(past), told(soon, ends_at=past), told(past, ends_at=past), told(soon, ends_at=soon)] == [0, 1, 1, 2, 0]


# Too late before she was in


def reminding(then: str, trigger: str | dict[str, Any], **rules: Any) -> dict[str, Any]:
    late = {"after_minutes": 60, "then": then}
    nodes = [make.node("ask", "branch", condition={"kind": "has_tag", "tag": "nothing"})]
    nodes += [make.node("deed", "send_message", template="deposit_paid") | {"late": late}, *END]
    return make.graph(nodes, ways="ask.yes>end ask.no>deed deed>end", trigger=trigger, **rules)


@pytest.mark.parametrize(("then", "written"), [("skip", 0), ("send", 1), ("next_window", 0)])
def test_what_brought_her_in_is_heard_hours_later_and_her_message_is_too_late_as_the_node_says(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any, then: str, written: int
) -> None:
    make.journey(session, brand, reminding(then, "share.opened"))
    happened_at = make.triggered(session, walker).recorded_at
    later(hours=6)
    sweep()
    assert len(sends(session)) == written
    if then == "skip":
        assert session.execute(select(WalkStep.skipped).where(WalkStep.node_id == "deed")).scalar_one() == "late"
    if then == "next_window":
        assert session.execute(select(Walk.due_at)).scalar_one() == happened_at + timedelta(days=1)
        later(hours=18)
        sweep()
        assert len(sends(session)) == 1


@pytest.mark.parametrize("throttle", [None, {"people": 1, "per": "minute"}])
def test_a_time_that_came_while_nobody_was_at_work_brings_people_in_too_late_at_whatever_pace(
    session: Session, brand: Brand, walker: Customer, other: Customer, later: Any, throttle: Any
) -> None:
    now = clock.now(session)
    trigger = {"kind": "schedule", "config": {"at": (now + timedelta(hours=1)).isoformat()}}
    make.journey(session, brand, reminding("skip", trigger, throttle=throttle))
    later(hours=7)
    service.keep_time(session)
    session.commit()
    assert session.execute(select(JourneyFanOut.status)).scalar_one() == "running"
    fanning_out.fan_out()
    for _ in range(2):
        service.advance_all()
        later(minutes=2)
    session.expire_all()
    skipped = select(WalkStep.skipped).where(WalkStep.node_id == "deed")
    assert (session.execute(skipped).scalars().all(), sends(session)) == (["late"] * 2, [])
    assert set(session.execute(select(Walk.triggered_at)).scalars()) == {now + timedelta(hours=1)}


def test_who_comes_out_of_another_journey_is_not_late_because_she_walked_that_for_days(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any
) -> None:
    inner = make.journey(session, brand, reminding("skip", {"kind": "api"}))
    nodes = [make.node("rest", "wait", amount=2, unit="day"), make.node("go", "sub_journey", journey=inner.key, wait=False), *END]
    make.journey(session, brand, make.graph(nodes, ways="rest>go go.entered>end go.not_entered>end"))
    make.triggered(session, walker)
    sweep()
    later(days=2, minutes=1)
    sweep()
    sweep()
    assert len(sends(session)) == 1
