"""People are let in by the thousand as by the one: once per cause, by the rules; who is killed on the way loses and repeats nobody."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event as on_engine
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.audience.models import CustomerTag, SegmentMember
from app.dealers.models import Brand
from app.events import service as events
from app.events.models import Event
from app.identity.models import Customer
from app.journeys import filters, service
from app.journeys.models import JourneyCount, Walk
from app.journeys.models.entering import JourneyFanOut
from app.journeys.service import enrolling, fanning_out
from app.journeys.triggers.schedule import AtTimes
from app.kit import clock, db
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity
from tests.factories import journeys as make
from tests.factories import tags as make_tags

WAIT = [make.node("pause", "wait", amount=30, unit="day"), make.node("end", "end")]


def waiting(trigger: str | dict[str, Any] = "share.opened", **rules: Any) -> dict[str, Any]:
    """A journey on whose first node everybody stays."""
    return make.graph(WAIT, ways="pause>end", trigger=trigger, **rules)


@pytest.fixture
def brand(session: Session) -> Brand:
    return make_dealers.brand(session)


def crowd(session: Session, of: Brand, size: int) -> list[Customer]:
    return [make_identity.customer(session, of) for _ in range(size)]


def segment_of(session: Session, people: list[Customer]) -> dict[str, Any]:
    """The source of a fan-out to these people."""
    segment_id = uuid.uuid4()
    for one in people:
        session.add(SegmentMember(segment_id=segment_id, customer_id=one.id, entered_at=clock.now(session)))
    session.flush()
    return {"kind": "segment", "segment_id": str(segment_id)}


def statuses(session: Session) -> Counter[str]:
    return Counter(session.execute(select(Walk.status)).scalars())


def heard(session: Session, people: list[Customer], name: str = "share.opened", **data: Any) -> None:
    service.hear(session, [make.triggered(session, one, name=name, **data) for one in people])


def counted(session: Session, what: str) -> dict[str, int]:
    counts = select(JourneyCount.detail, func.sum(JourneyCount.times)).where(JourneyCount.what == what)
    rows = session.execute(counts.group_by(JourneyCount.detail))
    return {detail: int(times) for detail, times in rows}


def test_two_hundred_events_are_heard_in_as_many_statements_as_two(session: Session, brand: Brand) -> None:
    make.journey(session, brand, waiting(exit_on=["order.cancelled"]))
    statements: list[int] = []
    for size in (2, 200):
        happened = [make.triggered(session, one) for one in crowd(session, brand, size)]
        seen: list[str] = []
        on_engine.listen(db.engine(), "before_cursor_execute", lambda *given, seen=seen: seen.append(given[2]))
        service.hear(session, happened)
        statements.append(len(seen))
    assert statuses(session) == {"active": 202}
    # The second listener does not take the first one's place: what the first heard since is not asked for.
    assert statements[1] <= statements[0] + 1


def test_nobody_comes_back_before_the_hours_are_over(session: Session, brand: Brand, later: Callable[..., None]) -> None:
    make.journey(session, brand, make.graph([make.node("end", "end")], ways="", reentry={"after_hours": 48}))
    (she,) = crowd(session, brand, 1)
    for hours, walks in ((1, 1), (47, 1), (2, 2)):
        later(hours=hours)
        heard(session, [she])
        service.advance_all()
        session.expire_all()
        assert statuses(session) == {"completed": walks}
    assert counted(session, "left_out") == {"too_soon": 1}


def test_the_control_group_is_the_same_whatever_happens_and_never_walks(session: Session, brand: Brand) -> None:
    make.journey(session, brand, make.graph([make.node("end", "end")], ways="", holdout_percent=50))
    people = crowd(session, brand, 60)
    for _ in range(3):
        heard(session, people)
        service.advance_all()
        session.expire_all()
    held = set(session.execute(select(Walk.customer_id).filter_by(status="held_out")).scalars())
    walked = Counter(session.execute(select(Walk.customer_id).filter_by(status="completed")).scalars())
    assert 10 < len(held) < 50
    assert held.isdisjoint(walked)
    assert set(walked.values()) == {3}
    assert statuses(session)["held_out"] == len(held)
    assert session.execute(select(func.count()).where(Event.name == "journey.entered")).scalar_one() == 3 * (60 - len(held))


def test_never_more_begin_than_the_throttle_lets(session: Session, brand: Brand, later: Callable[..., None]) -> None:
    make.journey(session, brand, waiting(throttle={"people": 10, "per": "minute"}))
    for _ in range(3):
        heard(session, crowd(session, brand, 15))
        later(seconds=20)
    times = sorted(session.execute(select(Walk.due_at)).scalars())
    assert len(times) == 45
    within = max(sum(1 for other in times if one <= other < one + timedelta(minutes=1)) for one in times)
    assert within == 10
    assert times[-1] - times[0] < timedelta(minutes=5)


def test_a_journey_lets_in_between_its_dates_only(session: Session, brand: Brand, later: Callable[..., None]) -> None:
    now = clock.now(session)
    make.journey(session, brand, waiting(starts_at=(now + timedelta(hours=1)).isoformat(), ends_at=(now + timedelta(hours=2)).isoformat()))
    for entered in (0, 2, 2):
        heard(session, crowd(session, brand, 2))
        assert statuses(session)["active"] == entered
        later(hours=1, minutes=1)
    assert counted(session, "left_out") == {"not_open": 4}


def test_whose_time_is_over_leaves_wherever_she_stands(session: Session, brand: Brand, later: Callable[..., None]) -> None:
    make.journey(session, brand, waiting(ttl_days=2))
    heard(session, crowd(session, brand, 3))
    session.commit()
    later(days=1, hours=23)
    assert service.end_expired() == 0
    later(hours=2)
    assert service.end_expired() == 3
    assert service.end_expired() == 0
    session.expire_all()
    assert set(session.execute(select(Walk.exit_reason, Walk.status)).all()) == {("ttl", "exited")}
    assert counted(session, "exited") == {"ttl": 3}


def test_a_rule_about_who_she_is_keeps_her_out_and_lets_her_out(session: Session, brand: Brand) -> None:
    tag = make_tags.tag(session, brand, key="owner")
    make.journey(session, brand, waiting(exit_if={"kind": "tag", "config": {"tag": "owner"}}))
    inside, outside = crowd(session, brand, 2)
    heard(session, [inside])
    assert statuses(session) == {"active": 1}
    for one in (inside, outside):
        session.add(CustomerTag(customer_id=one.id, tag_id=tag.id, active=True, source="staff", decided_at=clock.now(session)))
    session.flush()
    heard(session, [inside, outside], "tag.added", tag="owner")
    assert session.execute(select(Walk.exit_reason)).scalars().all() == ["exit_if"]
    heard(session, [outside])
    assert counted(session, "left_out") == {"exit_if": 1}


def test_an_exit_event_of_other_particulars_ends_nothing(session: Session, brand: Brand) -> None:
    exit_on = [{"event": "lead.updated", "where": {"stage": {"one_of": ["won", "lost"]}}}]
    make.journey(session, brand, waiting(exit_on=exit_on))
    (she,) = crowd(session, brand, 1)
    heard(session, [she])
    heard(session, [she], "lead.updated", stage="called")
    assert statuses(session) == {"active": 1}
    heard(session, [she], "lead.updated", stage="lost")
    assert statuses(session) == {"exited": 1}


@pytest.mark.parametrize(
    ("asked", "data", "fits"),
    [
        ({"a": 1}, {"a": 1}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": 1}, {"a": "1"}, False),
        ({"a": {"at_least": 3, "at_most": 5}}, {"a": 4}, True),
        ({"a": {"at_least": 3}}, {"a": "4"}, False),
        ({"a": {"at_least": 3}}, {}, False),
        ({"a": {"one_of": ["x", 2]}}, {"a": 2}, True),
        ({"a": {"one_of": ["x"]}}, {"a": None}, False),
        ({"a": {"exists": True}}, {"a": 0}, True),
        ({"a": {"exists": False}}, {"a": None}, True),
        ({"a": {"exists": True}}, {}, False),
    ],
)
def test_a_filter_holds_alike_here_and_in_the_database(session: Session, asked: dict[str, Any], data: dict[str, Any], fits: bool) -> None:
    brand = make_dealers.brand(session)
    told = make.triggered(session, make_identity.customer(session, brand), **data)
    assert filters.is_sound(asked)
    assert filters.fits(asked, data) is fits
    found = session.execute(select(Event.id).where(Event.id == told.id, filters.holds(asked, Event.data))).first()
    assert (found is not None) is fits


@pytest.mark.parametrize("pages_a_part", [4, 1])
def test_a_fan_out_that_is_killed_goes_on_with_nobody_lost_or_doubled(
    session: Session, brand: Brand, monkeypatch: pytest.MonkeyPatch, pages_a_part: int
) -> None:
    monkeypatch.setattr(fanning_out, "A_PAGE", 7)
    monkeypatch.setattr(fanning_out, "PAGES_A_PART", pages_a_part)
    journey = make.journey(session, brand, waiting())
    people = crowd(session, brand, 30)
    people[3].erased_at, people[3].unionid, people[3].nickname = clock.now(session), None, None
    heard(session, people[:2])
    one = fanning_out.begin(session, journey, segment_of(session, people), occasion="spring")
    assert one is not None
    assert fanning_out.begin(session, journey, one.source, occasion="spring") is None
    session.commit()
    enrol, calls = enrolling.enrol, iter([True, False, True, True, False])

    def killed(*given: Any) -> Any:
        done = enrol(*given)
        if next(calls, False):
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(fanning_out, "enrol", killed)
    for _ in range(12):
        try:
            fanning_out.fan_out()
        except KeyboardInterrupt:
            session.rollback()
    session.expire_all()
    assert (one.status, one.total, one.seen, one.entered, one.left_out) == ("finished", 30, 30, 27, {"inside": 2, "gone": 1})
    assert statuses(session) == {"active": 29}
    assert session.execute(select(func.count()).where(Event.name == "journey.entered")).scalar_one() == 29


def test_a_paused_fan_out_lets_nobody_in_and_a_cancelled_one_is_over(
    session: Session, brand: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanning_out, "A_PAGE", 5)
    journey = make.journey(session, brand, waiting())
    one = fanning_out.begin(session, journey, segment_of(session, crowd(session, brand, 20)))
    assert one is not None
    session.commit()
    assert fanning_out.turn() == 5
    fanning_out.pause(session, one)
    session.commit()
    assert fanning_out.turn() is None
    fanning_out.resume(session, one)
    session.commit()
    assert fanning_out.turn() == 5
    fanning_out.cancel(session, one)
    session.commit()
    assert fanning_out.turn() is None
    with pytest.raises(fanning_out.FanOutOver):
        fanning_out.resume(session, one)
    assert (one.status, one.entered) == ("cancelled", 10)


def test_many_workers_on_two_fan_outs_let_everybody_in_once(committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanning_out, "A_PAGE", 10)
    monkeypatch.setattr(fanning_out, "PAGES_A_PART", 2)
    with committed() as session:
        brand = make_dealers.brand(session)
        people = crowd(session, brand, 60)
        source = segment_of(session, people)
        first, second = (make.journey(session, brand, waiting()) for _ in range(2))
        for journey in (first, second, first):
            fanning_out.begin(session, journey, source)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: fanning_out.fan_out(), range(6)))
    with committed() as session:
        told = session.execute(select(JourneyFanOut.status, JourneyFanOut.seen).order_by(JourneyFanOut.id)).all()
        assert told == [("finished", 60)] * 3
        walks = Counter(session.execute(select(Walk.journey_id, Walk.customer_id)).all())
        assert len(walks) == 120
        assert set(walks.values()) == {1}


def test_a_storm_of_the_same_tags_with_merges_in_it_enters_everybody_once(committed: Callable[[], Any]) -> None:
    """Scenario 3: each event delivered again and again at once, while people are merged; and the same events a week later."""
    with committed() as session:
        brand = make_dealers.brand(session)
        make.journey(session, brand, waiting({"kind": "tag", "config": {"tag": "vip"}}))
        people = crowd(session, brand, 80)
        ids = [make.triggered(session, one, name="tag.added", tag="vip").id for one in people]
        pairs = [(people[at], people[at + 1]) for at in range(0, 40, 2)]

    def hear(_: int) -> None:
        with committed() as own:
            facts = list(own.execute(select(Event).where(Event.id.in_(random.sample(ids, 40)))).scalars())
            random.shuffle(facts)
            service.hear(own, facts)

    def merge(pair: tuple[Customer, Customer]) -> None:
        kept, twin = pair
        with committed() as own:
            own.execute(update(Customer).where(Customer.id == twin.id).values(merged_into_id=kept.id))
            events.record(own, "customer.merged", brand_id=kept.brand_id, customer_id=kept.id, data={"merged_id": twin.id})
        with committed() as own:
            service.merge(own, kept_id=kept.id, merged_id=twin.id)

    with ThreadPoolExecutor(6) as pool:
        work = [pool.submit(hear, one) for one in range(40)]
        work += [pool.submit(merge, pair) for pair in pairs]
        for one in work:
            one.result()
    with committed() as session:
        clock.advance(session, timedelta(days=7))
    with committed() as session:
        service.hear(session, list(session.execute(select(Event).where(Event.id.in_(ids))).scalars()))
    with committed() as session:
        inside = Counter(session.execute(select(Walk.customer_id).where(Walk.status == "active")).scalars())
        living = {one.id for one in people} - {twin.id for _, twin in pairs}
        assert set(inside) == living
        assert set(inside.values()) == {1}


def test_a_cron_trigger_runs_once_for_each_time_and_once_after_an_outage(
    session: Session, brand: Brand, later: Callable[..., None]
) -> None:
    crowd(session, brand, 3)
    make.journey(
        session, brand, make.graph([make.node("end", "end")], ways="", trigger={"kind": "schedule", "config": {"cron": "0 * * * *"}})
    )
    assert service.keep_time(session) == 0
    for hours, runs in ((1, 1), (1, 2), (6, 3)):
        later(hours=hours)
        assert (service.keep_time(session), service.keep_time(session)) == (1, 0)
        session.commit()
        fanning_out.fan_out()
        service.advance_all()
        session.expire_all()
        assert statuses(session) == {"completed": 3 * runs}


def test_a_time_of_day_is_that_of_its_zone_whatever_the_season() -> None:
    config = AtTimes.Config().load({"cron": "30 9 * * *", "time_zone": "Europe/Berlin"})
    at: datetime | None = datetime(2026, 3, 27, 12, tzinfo=UTC)
    hours = []
    for _ in range(3):
        assert at is not None
        at = AtTimes.next_at(config, at)
        hours.append(at and at.strftime("%d %H:%M"))
    assert hours == ["28 08:30", "29 07:30", "30 07:30"]


@pytest.mark.parametrize("cron", ["", "* * * *", "0 0 31 2 *", "61 * * * *", "* * * * * *", "tomorrow"])
def test_a_cron_expression_that_never_comes_is_refused(cron: str) -> None:
    assert "cron" in AtTimes.Config().validate({"cron": cron})


def test_a_date_that_moves_takes_the_entry_with_it_and_no_date_is_no_entry(
    session: Session, brand: Brand, later: Callable[..., None]
) -> None:
    tag = make_tags.tag(session, brand, key="insured_until", value_type="date")
    now = clock.now(session)
    first, moved, undated = crowd(session, brand, 3)

    def until(one: Customer, days: int | None) -> None:
        value = None if days is None else f"{(now + timedelta(days=days, hours=8)).date()}"
        session.merge(CustomerTag(customer_id=one.id, tag_id=tag.id, active=True, source="staff", decided_at=now, value=value))
        session.flush()

    for one, days in ((first, 10), (moved, 10), (undated, None)):
        until(one, days)
    config = {"date": "tag:insured_until", "days": 7, "side": "before", "time": "10:00"}
    make.journey(session, brand, make.graph([make.node("end", "end")], ways="", trigger={"kind": "date", "config": config}))
    walked: list[int] = []
    for day in range(8):
        if day == 2:
            until(moved, 12)
        service.keep_time(session)
        session.commit()
        fanning_out.fan_out()
        service.advance_all()
        session.expire_all()
        walked.append(statuses(session)["completed"])
        later(days=1)
    assert walked[2:] in ([0, 1, 1, 2, 2, 2], [0, 0, 1, 1, 2, 2])
    assert set(session.execute(select(Walk.customer_id)).scalars()) == {first.id, moved.id}


def test_whoever_is_in_the_segment_already_enters_when_it_is_published_and_not_again(session: Session, brand: Brand) -> None:
    people = crowd(session, brand, 4)
    source = segment_of(session, people)
    trigger = {"kind": "segment", "config": {"segment_id": source["segment_id"], "now": True}}
    drawn = make.graph([make.node("end", "end")], ways="", trigger=trigger)
    journey = make.journey(session, brand, drawn)
    service.publish(session, journey, drawn)
    session.commit()
    fanning_out.fan_out()
    service.advance_all()
    session.expire_all()
    assert statuses(session) == {"completed": 4}
    assert len(session.execute(select(JourneyFanOut)).scalars().all()) == 1
    heard(session, people[:1], "segment.entered", segment_id=source["segment_id"])
    heard(session, people[1:2], "segment.entered", segment_id=str(uuid.uuid4()))
    assert statuses(session) == {"completed": 4, "active": 1}
