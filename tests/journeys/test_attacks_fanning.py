"""Whoever lets a crowd into a journey meets somebody who cancels, publishes, empties the segment, or turns the clock back."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from app.audience.models import SegmentMember
from app.dealers.models import Role, Staff
from app.journeys import drawn, service
from app.journeys.models import Journey, JourneyCount, JourneyVersion, Walk
from app.journeys.models.entering import JourneyFanOut
from app.journeys.service import drafts, enrolling, fanning_out, moving, publishing, running
from app.journeys.service.publishing import Choice
from app.kit import clock, db, queue
from app.kit.errors import AppError
from dev.testing import wait_until
from tests.factories import crowds
from tests.factories import dealers as make_dealers
from tests.factories import journeys as make
from tests.journeys.test_enrolling import crowd as some
from tests.journeys.test_enrolling import segment_of, waiting

PEOPLE, A_PAGE = 40, 8
ACCEPTED = ("no_exit", "nobody_reached")
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


class Hall:
    """Forty people of a segment, a journey that they are about to be let into by eights, and a marketer."""

    def __init__(self, session: Session, **rules: Any) -> None:
        self.brand = make_dealers.brand(session)
        self.marketer: Staff = make_dealers.staff(session, self.brand, Role.marketer)
        self.people = some(session, self.brand, PEOPLE)
        self.journey = make.journey(session, self.brand, waiting(**rules))
        self.source = segment_of(session, self.people)
        self.fan_out = fanning_out.begin(session, self.journey, self.source)
        assert self.fan_out is not None


@pytest.fixture
def hall(committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> Hall:
    monkeypatch.setattr(fanning_out, "A_PAGE", A_PAGE)
    with committed() as session:
        return Hall(session)


def beside(monkeypatch: pytest.MonkeyPatch, work: Callable[[], Any]) -> list[Any]:
    """While the second page is let in and not committed somebody else does this, until he is through or has to wait; what he raised."""
    enter, pages, raised = enrolling._enter, list[int](), list[Any]()

    def then(*given: Any) -> Any:
        done = enter(*given)
        pages.append(1)
        if len(pages) == 2:
            thread.start()
            wait_until(lambda: not thread.is_alive() or waits())
        return done

    def tried() -> None:
        try:
            work()
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=tried)
    monkeypatch.setattr(enrolling, "_enter", then)
    fanning_out.fan_out(seconds=60)
    assert thread.ident, "the page was never reached"
    thread.join(20)
    return raised


def waits() -> bool:
    """Whether anybody waits for what somebody else holds."""
    with db.transaction() as session:
        waiting_now: int = session.execute(text(WAITS)).scalar_one()
        return waiting_now > 0


def told(session: Session) -> tuple[str, int, int]:
    """What is said of the fan-out: how it stands, and how many were seen and entered."""
    one = session.execute(select(JourneyFanOut)).scalar_one()
    return one.status, one.seen, one.entered


def counted(session: Session, what: str) -> int:
    return sum(session.execute(select(JourneyCount.times).filter_by(what=what, node_id="trigger")).scalars())


def where(session: Session) -> Counter[tuple[int, str]]:
    """How many walks there are by (version, status)."""
    found = select(JourneyVersion.number, Walk.status).join(JourneyVersion, JourneyVersion.id == Walk.version_id)
    return Counter((number, status) for number, status in session.execute(found))


def save(hall: Hall, committed: Callable[[], Any], *, days: int) -> int:
    """Draw a wait of so many days; the revision of the draft."""
    with committed() as session:
        journey = session.get_one(Journey, hall.journey.id)
        nodes = [make.node("pause", "wait", amount=days, unit="day"), make.node("end", "end")]
        drawn_now = make.graph(nodes, ways="pause>end")
        revision = drawn.draft(session, journey).revision
        return drafts.save(session, hall.marketer, journey, revision=revision, graph=drawn_now).revision


def publish(hall: Hall, committed: Callable[[], Any], revision: int, inside: str) -> None:
    with committed() as session:
        journey = session.get_one(Journey, hall.journey.id)
        chosen: dict[str, Any] = {"choice": Choice(inside), "accepted": ACCEPTED, "note": ""}
        publishing.publish_draft(session, hall.marketer, journey, revision=revision, **chosen)


def test_workers_let_in_parts_of_one_crowd_at_once_and_whoever_stops_it_waits_for_all_of_them(
    committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, hall: Hall
) -> None:
    monkeypatch.setattr(fanning_out, "PAGES_A_PART", 1)
    enter, together, seen = enrolling._enter, threading.Barrier(2, timeout=30), threading.Barrier(2, timeout=30)

    def stop() -> None:
        with committed() as own:
            fanning_out.cancel(own, own.get_one(JourneyFanOut, hall.fan_out.id))

    stopping = threading.Thread(target=stop)

    def then(*given: Any) -> Any:
        done = enter(*given)
        if together.wait() == 0:
            stopping.start()
            wait_until(lambda: not stopping.is_alive() or waits())
        seen.wait()
        return done

    monkeypatch.setattr(enrolling, "_enter", then)
    # Who comes while it is being counted finds nothing yet.
    fanning_out._count_first([])
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda _: fanning_out.turn(), range(2))) == [A_PAGE, A_PAGE]
    stopping.join(20)
    assert fanning_out.turn() is None
    with committed() as session:
        assert told(session) == ("cancelled", 2 * A_PAGE, 2 * A_PAGE)
        assert where(session) == {(1, "active"): 2 * A_PAGE}


def test_after_a_cancellation_nobody_of_the_crowd_enters_and_nobody_stays_half_inside(
    committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, hall: Hall
) -> None:
    def cancel() -> None:
        with committed() as own:
            running.cancel(own, own.get_one(Journey, hall.journey.id))

    assert beside(monkeypatch, cancel) == []
    moving.move_all(seconds=60)
    fanning_out.fan_out(seconds=60)
    with committed() as session:
        assert where(session) == {(1, "exited"): 2 * A_PAGE}
        assert told(session) == ("cancelled", 2 * A_PAGE, 2 * A_PAGE)
        assert counted(session, "let_in") == 2 * A_PAGE
        facts = crowds.table(session, "SELECT name, count(*) FROM events WHERE name LIKE 'journey.e%' GROUP BY 1")
        assert facts == {"journey.entered": 2 * A_PAGE, "journey.exited": 2 * A_PAGE}
        crowds.nobody_twice(session)


@pytest.mark.parametrize("inside", ["drain", "migrate", "eject"])
def test_a_crowd_that_is_let_in_while_a_version_is_published_enters_once_and_goes_where_was_chosen(
    committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, hall: Hall, inside: str
) -> None:
    revision = save(hall, committed, days=20)
    assert beside(monkeypatch, lambda: publish(hall, committed, revision, inside)) == []
    moving.move_all(seconds=60)
    first, rest = 2 * A_PAGE, PEOPLE - 2 * A_PAGE
    with committed() as session:
        expected = {
            "drain": {(1, "active"): first, (2, "active"): rest},
            "migrate": {(2, "active"): PEOPLE},
            "eject": {(1, "exited"): first, (2, "active"): rest},
        }
        assert where(session) == expected[inside]
        assert told(session) == ("finished", PEOPLE, PEOPLE)
        crowds.nobody_twice(session)


def test_of_two_who_publish_at_once_each_makes_a_version_and_one_is_live_with_everybody_on_it(
    committed: Callable[[], Any], hall: Hall
) -> None:
    fanning_out.fan_out(seconds=60)
    revision = save(hall, committed, days=20)

    def tried() -> str:
        try:
            publish(hall, committed, revision, "migrate")
        except AppError as error:
            return error.code
        return "published"

    assert set(crowds.at_once(tried, tried)) <= {"published", "journeys.draft_changed"}
    moving.move_all(seconds=60)
    with committed() as session:
        live = session.execute(select(JourneyVersion.number).filter_by(status="published")).scalars().all()
        numbers = sorted(session.execute(select(JourneyVersion.number)).scalars())
        assert numbers == list(range(1, len(numbers) + 1))
        assert live == [numbers[-1]]
        assert where(session) == {(numbers[-1], "active"): PEOPLE}
        # Each is moved once by each version that takes her, and by none that was replaced before.
        assert session.execute(text("SELECT count(*) FROM journey_moves WHERE status = 'running'")).scalar_one() == 0
        assert session.get_one(Journey, hall.journey.id).moving_to is None


def test_who_is_still_to_come_when_the_last_day_of_a_journey_ends_is_left_out_and_told_so(
    committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanning_out, "A_PAGE", A_PAGE)
    with committed() as session:
        Hall(session, ends_at=(clock.now(session) + timedelta(hours=1)).isoformat())
    original, pages = fanning_out._turn, list[int]()

    def late(tried: list[Any]) -> int | None:
        pages.append(1)
        if len(pages) == 3:
            with committed() as own:
                clock.advance(own, timedelta(hours=1))
        return original(tried)

    monkeypatch.setattr(fanning_out, "_turn", late)
    fanning_out.fan_out(seconds=60)
    with committed() as session:
        assert where(session) == {(1, "active"): 2 * A_PAGE}
        assert told(session) == ("finished", PEOPLE, 2 * A_PAGE)
        left_out = {"not_open": PEOPLE - 2 * A_PAGE}
        assert session.execute(select(JourneyFanOut.left_out)).scalar_one() == left_out
        assert crowds.table(session, "SELECT detail, times FROM journey_counts WHERE what = 'left_out'") == left_out


def test_of_a_segment_that_is_emptied_meanwhile_nobody_more_enters_and_the_fan_out_ends(
    committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, hall: Hall
) -> None:
    def empty() -> None:
        with committed() as own:
            own.execute(delete(SegmentMember))

    assert beside(monkeypatch, empty) == []
    with committed() as session:
        assert told(session) == ("finished", 2 * A_PAGE, 2 * A_PAGE)
        assert where(session) == {(1, "active"): 2 * A_PAGE}


def test_a_clock_that_is_put_back_repeats_nobody_loses_nobody_and_wakes_nobody_early(
    committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, hall: Hall
) -> None:
    with committed() as session:
        clock.advance(session, timedelta(hours=1))

    def back() -> None:
        # Nobody may do so by a door; the machine's own clock may.
        with committed() as own:
            own.execute(text("UPDATE clock_shift SET shift = interval '0'"))

    assert beside(monkeypatch, back) == []
    with committed() as session:
        clock.advance(session, timedelta(hours=1))
    fanning_out.fan_out(seconds=60)
    with committed() as session:
        assert told(session) == ("finished", PEOPLE, PEOPLE)
        assert where(session) == {(1, "active"): PEOPLE}
    assert service.advance_all(seconds=2) == PEOPLE
    with committed() as session:
        # Whoever came before and whoever came after waits for thirty days from when she came.
        waits = session.execute(select(Walk.due_at - Walk.arrived_at)).scalars().all()
        assert set(waits) == {timedelta(days=30)}
        assert session.execute(text("SELECT count(*) FROM walk_steps")).scalar_one() == 0
        clock.advance(session, timedelta(days=30) - timedelta(hours=1, minutes=10))
    assert service.advance_all(seconds=1) == 0
    with committed() as session:
        clock.advance(session, timedelta(hours=2))
    service.advance_all(seconds=2)
    with committed() as session:
        assert where(session) == {(1, "completed"): PEOPLE}
        early = "SELECT count(*) FROM walk_steps WHERE node_id = 'pause' AND left_at < arrived_at + interval '30 days'"
        assert session.execute(text(early)).scalar_one() == 0
        crowds.nobody_twice(session)


def test_every_job_of_journeys_that_runs_four_times_at_the_same_moment_does_its_work_once(
    committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanning_out, "A_PAGE", A_PAGE)
    every_minute = {"kind": "schedule", "config": {"cron": "* * * * *"}}
    with committed() as session:
        hall = Hall(session)
        nodes = [make.node("hello", "send_message", template="deposit_paid"), make.node("end", "end")]
        make.journey(session, hall.brand, make.graph(nodes, ways="hello>end", trigger=every_minute, reentry={"mode": "once"}))
        clock.advance(session, timedelta(days=31))
    names = sorted(name for name in queue.jobs() if name.startswith("journeys."))
    assert {"journeys.advance", "journeys.fan_out", "journeys.keep_time", "journeys.move"} <= set(names)
    for name in ("journeys.keep_time", "journeys.fan_out", "journeys.advance", *names):
        crowds.at_once(*[lambda name=name: queue.run(name)] * 4)
    with committed() as session:
        clock.advance(session, timedelta(days=31))
        # The minute came many times while nobody was at work, and once more now.
        assert session.execute(text("SELECT count(*) FROM journey_fan_outs WHERE source->>'kind' = 'planned'")).scalar_one() == 1
    for name in names:
        crowds.at_once(*[lambda name=name: queue.run(name)] * 4)
    crowds.at_once(*[lambda: queue.run("journeys.advance")] * 4)
    with committed() as session:
        assert where(session) == {(1, "completed"): 2 * PEOPLE}
        assert session.execute(text("SELECT count(*), count(DISTINCT customer_id) FROM sends")).one() == (PEOPLE, PEOPLE)
        crowds.nobody_twice(session)
