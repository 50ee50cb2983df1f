"""People wait for a time of their own day, for a date of their own, and for what happens to them; nobody is early, nobody is forgotten."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audience.models import CustomerTag, Source, Tag, TagKind, ValueType
from app.dealers.models import Brand
from app.identity.models import Customer
from app.journeys import graph as graphs
from app.journeys import service
from app.journeys.models import JourneyCount, Walk, WalkStep
from app.kit import clock, db
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity
from tests.factories import journeys as make


@pytest.fixture
def brand(session: Session) -> Brand:
    return make_dealers.brand(session)


@pytest.fixture
def sweep(session: Session, deliver: Callable[[], int]) -> Callable[[], int]:
    def run() -> int:
        deliver()
        taken = service.advance_all()
        deliver()
        taken += service.advance_all()
        session.expire_all()
        return taken

    return run


@pytest.fixture
def at(session: Session, later: Any) -> Callable[[datetime], None]:
    """Move the clock of this test to a moment to come."""

    def move(moment: datetime) -> None:
        later(seconds=(moment - clock.now(session)).total_seconds())

    return move


def waiting(session: Session, brand: Brand, kind: str, *, ways: tuple[str, ...] = ("done",), **config: Any) -> None:
    """A journey whose only step waits, and an end for each of its ways."""
    ends = [make.node(f"by_{way}", "end") for way in ways]
    wired = " ".join(f"here.{way}>by_{way}" for way in ways)
    make.journey(session, brand, make.graph([make.node("here", kind, **config), *ends], ways=wired))


def someone(session: Session, brand: Brand, time_zone: str | None = "Asia/Shanghai") -> Customer:
    customer = make_identity.customer(session, brand)
    customer.time_zone = time_zone
    session.flush()
    return customer


def walk_of(session: Session, customer: Customer) -> Walk:
    session.expire_all()
    return session.execute(select(Walk).filter_by(customer_id=customer.id)).scalar_one()


def way_of(session: Session, customer: Customer) -> str | None:
    taken = select(WalkStep.port).where(WalkStep.walk_id == walk_of(session, customer).id, WalkStep.node_id == "here")
    return session.execute(taken).scalar_one_or_none()


def noted(session: Session) -> dict[str, int]:
    return dict(session.execute(select(JourneyCount.detail, JourneyCount.times).filter_by(what="noted")).all())


def wall(zone: str, *when: int) -> datetime:
    return datetime(*when, tzinfo=ZoneInfo(zone)).astimezone(UTC)  # type: ignore[arg-type,misc]  # year, month, day, hour, minute


def next_monday(session: Session, zone: str = "Asia/Shanghai", *, weeks: int = 1) -> date:
    today = clock.now(session).astimezone(ZoneInfo(zone)).date()
    return today + timedelta(days=7 * weeks - today.weekday())


ZONES = ("Asia/Shanghai", "Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns", "America/New_York", "Europe/Berlin", "Pacific/Auckland")


def test_each_goes_on_at_ten_of_her_own_clock_and_nobody_a_minute_early(
    session: Session, brand: Brand, sweep: Callable[[], int], at: Any
) -> None:
    waiting(session, brand, "wait_until", mode="time", from_time="10:00", after_days=1)
    day = next_monday(session)
    at(wall("UTC", day.year, day.month, day.day, 3, 0))
    people = {zone: someone(session, brand, zone) for zone in ZONES}
    for customer in people.values():
        make.triggered(session, customer)
    began = clock.now(session)
    sweep()
    for zone, customer in people.items():
        arrived = began.astimezone(ZoneInfo(zone)).date()
        tomorrow = arrived + timedelta(days=1)
        assert walk_of(session, customer).due_at == wall(zone, tomorrow.year, tomorrow.month, tomorrow.day, 10), zone
    first = min(walk_of(session, customer).due_at for customer in people.values())
    at(first - timedelta(seconds=1))
    assert sweep() == 0
    at(first)
    sweep()
    assert [zone for zone, customer in people.items() if way_of(session, customer)] == ["America/St_Johns"]


@pytest.mark.parametrize(
    ("zone", "arrives", "goes"),
    [
        # The night on which 02:30 does not exist: as long after the change as it would be, never a day late.
        ("America/New_York", (2027, 3, 13, 22, 0), datetime(2027, 3, 14, 7, 30, tzinfo=UTC)),
        # The night on which 01:30 comes twice: once.
        ("America/New_York", (2027, 11, 6, 22, 0), datetime(2027, 11, 7, 7, 30, tzinfo=UTC)),
        ("Europe/Berlin", (2027, 3, 27, 22, 0), datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        ("Australia/Lord_Howe", (2027, 4, 3, 22, 0), datetime(2027, 4, 3, 16, 0, tzinfo=UTC)),
    ],
)
def test_a_night_on_which_clocks_change_has_its_time_once(
    session: Session, brand: Brand, sweep: Callable[[], int], at: Any, zone: str, arrives: tuple[int, ...], goes: datetime
) -> None:
    waiting(session, brand, "wait_until", mode="time", from_time="02:30")
    at(wall(zone, *arrives))
    customer = someone(session, brand, zone)
    make.triggered(session, customer)
    sweep()
    assert walk_of(session, customer).due_at == goes
    at(goes)
    sweep()
    assert walk_of(session, customer).status == "completed"


def test_a_window_is_open_on_its_days_and_hours_only_however_late_the_turn(
    session: Session, brand: Brand, sweep: Callable[[], int], at: Any
) -> None:
    waiting(session, brand, "wait_until", mode="window", from_time="10:00", until_time="20:00", weekdays=[1, 2, 3, 4, 5])
    monday = next_monday(session)
    friday, after = monday + timedelta(days=4), monday + timedelta(days=7)

    def shanghai(day: date, hour: int, minute: int = 0) -> datetime:
        return wall("Asia/Shanghai", day.year, day.month, day.day, hour, minute)

    at(shanghai(friday, 9, 59))
    early = someone(session, brand)
    make.triggered(session, early)
    sweep()
    assert walk_of(session, early).due_at == shanghai(friday, 10)
    # Nobody was there until it was closed again: she waits for Monday.
    at(shanghai(friday, 20))
    sweep()
    assert walk_of(session, early).due_at == shanghai(after, 10)
    at(shanghai(after, 12))
    late = someone(session, brand)
    make.triggered(session, late)
    sweep()
    assert {walk_of(session, one).status for one in (early, late)} == {"completed"}


def test_a_window_over_midnight_is_still_open_after_it(session: Session, brand: Brand, sweep: Callable[[], int], at: Any) -> None:
    waiting(session, brand, "wait_until", mode="window", from_time="22:00", until_time="02:00", weekdays=[5])
    saturday = next_monday(session) + timedelta(days=5)
    at(wall("Asia/Shanghai", saturday.year, saturday.month, saturday.day, 1, 59))
    inside, outside = someone(session, brand), someone(session, brand, "Asia/Tokyo")
    for customer in (inside, outside):
        make.triggered(session, customer)
    sweep()
    assert walk_of(session, inside).status == "completed"
    friday = saturday + timedelta(days=6)
    assert walk_of(session, outside).due_at == wall("Asia/Tokyo", friday.year, friday.month, friday.day, 22)


def test_who_has_no_zone_or_a_wrong_one_has_the_brands_and_that_is_counted_once(
    session: Session, brand: Brand, sweep: Callable[[], int], at: Any
) -> None:
    waiting(session, brand, "wait_until", mode="time", from_time="10:00")
    people = [someone(session, brand, zone) for zone in (None, "Mars/Olympus", "localtime'; --", "Asia/Shanghai")]
    for customer in people:
        make.triggered(session, customer)
    sweep()
    assert len({walk_of(session, customer).due_at for customer in people}) == 1
    assert noted(session) == {}
    at(walk_of(session, people[0]).due_at)
    sweep()
    assert {walk_of(session, customer).status for customer in people} == {"completed"}
    assert noted(session) == {"zone_missing": 1, "zone_wrong": 2}


def test_a_calendar_day_ends_at_the_same_time_of_the_clock(session: Session, brand: Brand, sweep: Callable[[], int], at: Any) -> None:
    waiting(session, brand, "wait", amount=1, unit="calendar_day")
    at(wall("America/New_York", 2027, 3, 13, 12, 0))
    customer = someone(session, brand, "America/New_York")
    make.triggered(session, customer)
    sweep()
    assert walk_of(session, customer).due_at - walk_of(session, customer).arrived_at == timedelta(hours=23)


def test_a_date_that_nobody_knows_is_never_now(session: Session, brand: Brand, sweep: Callable[[], int], at: Any) -> None:
    insured = Tag(brand_id=brand.id, key="insured_until", label="保险到期", kind=TagKind.manual, value_type=ValueType.date)
    session.add(insured)
    session.flush()
    ways = ("done", "no_date", "passed")
    waiting(session, brand, "wait_until", mode="date", date="tag:insured_until", days=-30, from_time="10:00", ways=ways)
    today = clock.now(session).astimezone(ZoneInfo("Asia/Shanghai")).date()
    dates = {"soon": today + timedelta(days=50), "over": today + timedelta(days=5), "none": None}
    people = {name: someone(session, brand) for name in dates}
    for name, ends in dates.items():
        if ends:
            session.add(_tagged(people[name], insured, ends))
        make.triggered(session, people[name])
    session.flush()
    sweep()
    ends_on = today + timedelta(days=20)
    assert walk_of(session, people["soon"]).due_at == wall("Asia/Shanghai", ends_on.year, ends_on.month, ends_on.day, 10)
    assert {name: way_of(session, customer) for name, customer in people.items()} == {"soon": None, "over": "passed", "none": "no_date"}
    at(walk_of(session, people["soon"]).due_at)
    sweep()
    assert way_of(session, people["soon"]) == "done"


def _tagged(customer: Customer, tag: Tag, day: date) -> CustomerTag:
    return CustomerTag(customer_id=customer.id, tag_id=tag.id, active=True, source=Source.staff, value=day.isoformat())


def test_many_who_wake_at_one_moment_go_on_spread_over_the_nodes_minutes(
    session: Session, brand: Brand, sweep: Callable[[], int], at: Any
) -> None:
    moment = clock.now(session) + timedelta(days=1)
    waiting(session, brand, "wait_until", mode="moment", at=moment.isoformat(), spread_minutes=10)
    for _ in range(60):
        make.triggered(session, someone(session, brand))
    sweep()
    due = session.execute(select(Walk.due_at)).scalars().all()
    assert min(due) >= moment
    assert timedelta(minutes=7) < max(due) - min(due) <= timedelta(minutes=10)
    assert len(set(due)) > 40


def test_who_waits_for_an_event_goes_on_when_it_comes_and_otherwise_when_time_is_over(
    session: Session, brand: Brand, sweep: Callable[[], int], later: Any
) -> None:
    config = {"event": "lead.test_drive_booked", "where": {"city": "330100"}, "amount": 3, "unit": "day"}
    waiting(session, brand, "wait_for", ways=("happened", "timed_out"), **config)
    comes, other, never = (someone(session, brand) for _ in range(3))
    for customer in (comes, other, never):
        make.triggered(session, customer)
    sweep()
    later(days=1)
    make.triggered(session, comes, name="lead.test_drive_booked", city="330100")
    make.triggered(session, other, name="lead.test_drive_booked", city="110000")
    sweep()
    assert [way_of(session, one) for one in (comes, other, never)] == ["happened", None, None]
    later(days=2)
    sweep()
    assert [way_of(session, one) for one in (comes, other, never)] == ["happened", "timed_out", "timed_out"]


def test_what_happened_between_the_trigger_and_the_arrival_is_not_overlooked_and_the_trigger_is_not_it(
    session: Session, brand: Brand, sweep: Callable[[], int], later: Any
) -> None:
    nodes = [
        make.node("pause", "wait", amount=1, unit="day"),
        make.node("here", "wait_for", event="share.opened", amount=1, unit="day"),
        make.node("end", "end"),
    ]
    make.journey(session, brand, make.graph(nodes, ways="pause>here here.happened>end here.timed_out>end"))
    again, once = someone(session, brand), someone(session, brand)
    for customer in (again, once):
        make.triggered(session, customer)
    sweep()
    later(hours=1)
    make.triggered(session, again)
    sweep()
    later(days=1)
    sweep()
    assert [way_of(session, one) for one in (again, once)] == ["happened", None]


def test_an_event_under_a_merged_profile_ends_the_wait(session: Session, brand: Brand, sweep: Callable[[], int], later: Any) -> None:
    waiting(session, brand, "wait_for", event="lead.test_drive_booked", amount=3, unit="day", ways=("happened", "timed_out"))
    kept, twin = someone(session, brand), someone(session, brand)
    make.triggered(session, kept)
    sweep()
    twin.merged_into_id = kept.id
    later(hours=1)
    make.triggered(session, twin, name="lead.test_drive_booked")
    sweep()
    assert way_of(session, kept) == "happened"


def test_who_waits_for_a_condition_goes_on_when_a_fact_makes_it_hold(
    session: Session, brand: Brand, sweep: Callable[[], int], later: Any
) -> None:
    tree = {"kind": "event", "config": {"event": "lead.test_drive_booked", "at_least": 2}}
    waiting(session, brand, "wait_for", tree=tree, amount=3, unit="day", ways=("happened", "timed_out"))
    customer = someone(session, brand)
    make.triggered(session, customer)
    sweep()
    for way in (None, "happened"):
        later(hours=1)
        make.triggered(session, customer, name="lead.test_drive_booked")
        sweep()
        assert way_of(session, customer) == way


def test_a_turn_that_parks_her_does_not_overtake_the_event_that_she_waits_for(
    committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The node has looked in vain, then the event is committed and heard, and only then is she parked."""
    from app.journeys.nodes.wait_for import WaitFor

    with committed() as session:
        brand = make_dealers.brand(session)
        waiting(session, brand, "wait_for", event="lead.test_drive_booked", amount=3, unit="day", ways=("happened", "timed_out"))
        customer = make_identity.customer(session, brand)
        service.hear(session, [make.triggered(session, customer)])
    looked, heard = threading.Event(), threading.Event()
    own = WaitFor.visit

    def slowly(here: Any) -> None:
        own(here)
        looked.set()
        # The one who hears stands before a lock by now, or has run past.
        heard.wait(0.5)

    monkeypatch.setattr(WaitFor, "visit", staticmethod(slowly))
    turn = threading.Thread(target=service.advance_all)
    turn.start()
    assert looked.wait(20)
    with committed() as session:
        service.hear(session, [make.triggered(session, customer, name="lead.test_drive_booked")])
    heard.set()
    turn.join(30)
    service.advance_all()
    with db.transaction() as session:
        assert way_of(session, customer) == "happened"


@pytest.mark.parametrize(
    ("kind", "config", "field"),
    [
        ("wait_until", {"mode": "window", "from_time": "10:00", "until_time": "10:00"}, "结束时刻"),
        ("wait_until", {"mode": "window", "from_time": "10:00"}, "结束时刻"),
        ("wait_until", {"mode": "time", "from_time": "25:00"}, "开始时刻"),
        ("wait_until", {"mode": "time", "from_time": "10:00", "weekdays": []}, "星期"),
        ("wait_until", {"mode": "moment", "at": "2027-01-01T10:00:00"}, "时间点"),
        ("wait_until", {"mode": "date", "from_time": "10:00"}, "日期"),
        ("wait_for", {"amount": 1, "unit": "day"}, "事件"),
        ("wait_for", {"event": "no.such", "amount": 1, "unit": "day"}, "事件"),
        ("split", {"arms": [{"port": "a", "label": "甲", "percent": 50}, {"port": "b", "label": "乙", "percent": 49}]}, "分组"),
        ("branch", {"ways": [{"port": "else", "label": "甲", "condition": {"kind": "has_tag", "tag": "vip"}}]}, "多条去路"),
        ("branch", {}, "条件"),
        ("exit", {"reason": ""}, "原因"),
    ],
)
def test_settings_that_cannot_hold_are_named_in_chinese(kind: str, config: dict[str, Any], field: str) -> None:
    drawn = make.graph([make.node("here", kind, **config), make.node("end", "end")], ways="here>end")
    assert field in {problem["field"] for problem in graphs.problems(drawn)}


def test_waking_is_a_look_at_those_who_wait_and_at_nobody_else(session: Session, brand: Brand, sweep: Callable[[], int]) -> None:
    waiting(session, brand, "wait_for", event="lead.test_drive_booked", amount=3, unit="day", ways=("happened", "timed_out"))
    waiting(session, brand, "wait", amount=1, unit="day")
    customer = someone(session, brand)
    make.triggered(session, customer)
    sweep()
    make.triggered(session, customer, name="lead.test_drive_booked")
    sweep()
    assert sorted(session.execute(select(Walk.status)).scalars()) == ["active", "completed"]
