"""A step that fails for somebody stops her alone, and a journey in which too many fail stops itself."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from psycopg import errors as database
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.events.models import Event
from app.identity.models import Customer
from app.journeys import service
from app.journeys.models import Journey, Walk, WalkStep
from app.journeys.nodes import branch, end
from app.journeys.service import troubles, walking
from app.journeys.visits import Standing, standing
from app.kit import clock, db
from app.kit.settings import settings
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity
from tests.factories import journeys as make
from tests.journeys.test_meeting import meanwhile

BAD = "bad"


@pytest.fixture
def brand(session: Session) -> Brand:
    return make_dealers.brand(session)


@pytest.fixture
def somebody(session: Session, brand: Brand) -> Customer:
    return make_identity.customer(session, brand)


def asking(session: Session, brand: Brand) -> Journey:
    """A question, then the end."""
    asked = make.node("ask", "branch", condition={"kind": "event_happened", "event": "lead.test_drive_booked"})
    return make.journey(session, brand, make.graph([asked, make.node("end", "end")], ways="ask.yes>end ask.no>end"))


def crowd(session: Session, journey: Journey, somebody: Customer, *, people: int, bad: set[int]) -> None:
    """So many walks that are due; those at these places have broken data. They stand for people: only one exists."""
    version = session.execute(text("SELECT id FROM journey_versions WHERE journey_id = :id"), {"id": journey.id}).scalar_one()
    now = clock.now(session)
    rows = [
        {
            "brand_id": journey.brand_id,
            "journey_id": journey.id,
            "version_id": version,
            "customer_id": uuid.uuid4(),
            "entry_key": "once",
            "node_id": "ask",
            "arrived_at": now,
            "due_at": now,
            "triggered_at": now,
            "context": {BAD: "no date"} if place in bad else {BAD: "1"},
        }
        for place in range(people)
    ]
    session.execute(Walk.__table__.insert(), [{"id": db.new_id()} | row for row in rows])
    session.commit()


@pytest.fixture
def choking(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A question that the database itself cannot answer for broken data: the whole statement fails. Called, it is mended."""
    visit = branch.Branch.visit

    def choke(here: Standing) -> None:
        here.rows(standing.c.context[BAD].astext.cast(standing.c.visit_no.type))
        visit(here)

    monkeypatch.setattr(branch.Branch, "visit", staticmethod(choke))
    return lambda: monkeypatch.setattr(branch.Branch, "visit", staticmethod(visit))


def fates(session: Session) -> dict[str, int]:
    session.expire_all()
    return dict(session.execute(select(Walk.status, func.count()).group_by(Walk.status)).all())


def sweep(session: Session) -> None:
    session.commit()
    service.advance_all()
    session.expire_all()


def test_of_a_thousand_with_three_bad_ones_three_stop_and_all_others_come_to_the_end(
    session: Session, brand: Brand, somebody: Customer, choking: Callable[[], None]
) -> None:
    journey = asking(session, brand)
    crowd(session, journey, somebody, people=1000, bad={0, 499, 999})
    sweep(session)
    assert fates(session) == {"completed": 997, "stuck": 3}
    stuck = session.execute(select(Walk).filter_by(status="stuck")).scalars().all()
    assert {walk.context[BAD] for walk in stuck} == {"no date"}
    assert all("InvalidTextRepresentation" in (walk.problem or "") for walk in stuck)
    assert session.get_one(Journey, journey.id).status == "active"
    assert session.execute(select(func.count()).select_from(WalkStep)).scalar_one() == 2 * 997


def test_one_click_lets_all_who_are_stuck_at_a_node_try_again_and_those_at_others_stay(
    session: Session, brand: Brand, somebody: Customer, choking: Callable[[], None]
) -> None:
    journey = asking(session, brand)
    crowd(session, journey, somebody, people=50, bad={1, 2, 3})
    sweep(session)
    assert service.retry_all(session, journey, "end") == 0
    choking()
    assert service.retry_all(session, journey, "ask") == 3
    assert service.retry_all(session, journey, "ask") == 0
    sweep(session)
    assert fates(session) == {"completed": 50}
    assert session.execute(select(func.count(Walk.problem))).scalar_one() == 0


def test_a_journey_in_which_too_many_fail_pauses_says_why_and_begins_anew_when_it_is_resumed(
    session: Session, brand: Brand, somebody: Customer, choking: Callable[[], None], deliver: Callable[[], int]
) -> None:
    journey = asking(session, brand)
    least = settings().journey_errors_least
    crowd(session, journey, somebody, people=3 * least, bad=set(range(3 * least)))
    sweep(session)
    assert session.get_one(Journey, journey.id).status == "paused"
    seen = fates(session)
    assert seen["stuck"] == least
    told = session.execute(select(Event).filter_by(name="journey.paused_itself")).scalar_one()
    assert (told.subject_id, told.data) == (str(journey.id), {"stuck": least, "steps": 0})
    choking()
    service.resume(session, session.get_one(Journey, journey.id))
    sweep(session)
    assert fates(session) == {"completed": 2 * least, "stuck": least}
    assert session.get_one(Journey, journey.id).status == "active"


def test_few_errors_among_many_steps_pause_nothing_and_old_ones_are_forgotten(
    session: Session, brand: Brand, somebody: Customer, later: Any
) -> None:
    journey = asking(session, brand)
    session.commit()
    least, percent = settings().journey_errors_least, settings().journey_error_percent
    crowd(session, journey, somebody, people=least * 100 // percent, bad=set())
    troubles.note(journey.id, stuck=1)
    sweep(session)
    troubles.note(journey.id, stuck=least - 1)
    session.expire_all()
    assert session.get_one(Journey, journey.id).status == "active"
    later(minutes=11)
    troubles.note(journey.id, stuck=least - 1)
    session.expire_all()
    assert session.get_one(Journey, journey.id).status == "active"
    troubles.note(journey.id, stuck=1)
    session.expire_all()
    assert session.get_one(Journey, journey.id).status == "paused"


def test_whoever_is_looked_at_and_waits_counts_among_those_for_whom_all_went_well(
    session: Session, brand: Brand, somebody: Customer
) -> None:
    """Else a few broken dates would stop a journey in which everybody else waits for hers."""
    session.commit()
    least, percent = settings().journey_errors_least, settings().journey_error_percent
    rest = make.node("ask", "wait", amount=1, unit="day")
    journey = make.journey(session, brand, make.graph([rest, make.node("end", "end")], ways="ask>end"))
    crowd(session, journey, somebody, people=least * 100 // percent, bad=set())
    troubles.note(journey.id, stuck=1)
    sweep(session)
    assert fates(session) == {"active": least * 100 // percent}
    troubles.note(journey.id, stuck=least - 1)
    session.expire_all()
    assert session.get_one(Journey, journey.id).status == "active"


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception, times: int) -> list[int]:
    """Ends are told by the database that this goes wrong, so many times."""
    visit, failed = end.End.visit, [0]

    def fail(here: Standing) -> None:
        if failed[0] < times:
            failed[0] += 1
            raise OperationalError("…", {}, error)
        visit(here)

    monkeypatch.setattr(end.End, "visit", staticmethod(fail))
    return failed


def test_a_deadlock_is_nobodys_fault_and_the_next_turn_goes_on(
    session: Session, brand: Brand, somebody: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    journey = asking(session, brand)
    crowd(session, journey, somebody, people=5, bad=set())
    failed = failing(monkeypatch, database.DeadlockDetected(), 3)
    sweep(session)
    assert failed == [3]
    assert fates(session) == {"completed": 5}


def test_what_only_one_walk_is_too_much_for_stops_that_walk_and_not_the_sweep(
    session: Session, brand: Brand, somebody: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL calls "program limit exceeded" operational, too; it is as much a walk's fault as a date that is none."""
    journey = asking(session, brand)
    crowd(session, journey, somebody, people=1, bad=set())
    failing(monkeypatch, database.ProgramLimitExceeded(), 100)
    sweep(session)
    assert fates(session) == {"stuck": 1}


def test_a_database_that_is_shut_down_strands_nobody(
    session: Session, brand: Brand, somebody: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    journey = asking(session, brand)
    crowd(session, journey, somebody, people=1, bad=set())
    failing(monkeypatch, database.AdminShutdown(), 1)
    session.commit()
    with pytest.raises(OperationalError):
        service.advance_all()
    assert fates(session) == {"active": 1}
    sweep(session)
    assert fates(session) == {"completed": 1}


def test_a_bad_walk_is_found_even_when_each_sweep_has_no_time_at_all(
    session: Session, brand: Brand, somebody: Customer, choking: Callable[[], None]
) -> None:
    journey = asking(session, brand)
    crowd(session, journey, somebody, people=64, bad={40})
    for _ in range(20):
        service.advance_all(seconds=0.0)
    assert fates(session) == {"completed": 63, "stuck": 1}


def test_two_workers_on_one_journey_take_each_walk_once_and_a_pause_stops_both(committed: Callable[[], Any]) -> None:
    with committed() as session:
        brand = make_dealers.brand(session)
        journey = asking(session, brand)
        somebody = make_identity.customer(session, brand)
    with committed() as session:
        crowd(session, journey, somebody, people=3000, bad=set())
    taken: list[int] = []

    def work() -> None:
        while done := walking.turn(journey.id, 100).taken:
            taken.append(done)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    with committed() as session:
        service.pause(session, session.get_one(Journey, journey.id))
        paused_with = session.execute(select(func.count()).where(Walk.status == "active")).scalar_one()
    for worker in workers:
        worker.join()
    with committed() as session:
        assert fates(session).get("active", 0) == paused_with
        service.resume(session, session.get_one(Journey, journey.id))
    service.advance_all()
    with committed() as session:
        assert fates(session) == {"completed": 3000}
        assert session.execute(select(func.count()).select_from(WalkStep)).scalar_one() == 6000
        assert sum(taken) + paused_with == 3000


def test_whom_one_turn_has_taken_no_other_takes_or_waits_for(committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with committed() as session:
        brand = make_dealers.brand(session)
        journey = asking(session, brand)
        somebody = make_identity.customer(session, brand)
    with committed() as session:
        crowd(session, journey, somebody, people=50, bad=set())
    taken: list[int] = []
    threads = meanwhile(monkeypatch, walking, "_tell", lambda: taken.append(walking.turn(journey.id, 100).taken))
    assert walking.turn(journey.id, 100).taken == 50
    threads[0].join(20)
    assert taken == [0]


def test_a_walk_that_was_taken_out_while_it_failed_is_not_made_stuck(
    session: Session, brand: Brand, somebody: Customer, choking: Callable[[], None]
) -> None:
    journey = asking(session, brand)
    crowd(session, journey, somebody, people=1, bad={0})
    walk_id = session.execute(select(Walk.id)).scalar_one()
    session.execute(update(Walk).values(status="exited", due_at=None))
    session.commit()
    assert walking._strand(walk_id, ValueError("late")) is False
    assert fates(session) == {"exited": 1}
