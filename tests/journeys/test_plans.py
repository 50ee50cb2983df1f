"""What it costs to look follows what is due, never how many wait: no statement of a sweep reads the walks from one end to the other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.identity.models import Customer
from app.journeys.models import Journey
from app.journeys.service import fanning_out
from app.kit import db, queue
from dev.plans import Planned, plans, scanning
from tests.factories import journeys as make

PARKED = 36_000
SWEEPS = (
    "journeys.advance",
    "journeys.move",
    "journeys.fan_out",
    "journeys.end_by_time",
    "journeys.end_expired",
    "journeys.look_after_tasks",
    "journeys.keep_time",
    "journeys.add_up_messages",
    "journeys.notice_clicks",
)
_PARK = text("""
    INSERT INTO walks (id, brand_id, journey_id, version_id, customer_id, entry_key, status, node_id, visit_no, arrived_at, due_at,
        triggered_at, context)
    SELECT marque_new_id(), v.brand_id, v.journey_id, v.id, gen_random_uuid(), 'once', 'active', 'pause', 2, marque_now(),
        marque_now() + interval '1 day', marque_now(), '{}'
    FROM journey_versions v, generate_series(1, :each)
""")

_MEMBERS = text("""
    INSERT INTO segment_members (segment_id, customer_id, entered_at)
    SELECT :segment_id, marque_new_id(), marque_now() FROM generate_series(1, :many)
""")


@pytest.fixture
def parked(session: Session, brand: Brand) -> list[Journey]:
    """Several journeys, one with a date and one with a time to live, in which many wait."""
    made = [make.journey(session, brand), make.journey(session, brand, make.message_wait_message(ttl_days=30))]
    daily = {"kind": "schedule", "config": {"cron": "0 9 * * *"}}
    made.append(make.journey(session, brand, make.message_wait_message(trigger=daily)))
    session.execute(_PARK, {"each": PARKED // len(made)})
    for table in ("walks", "journeys", "journey_versions", "customers"):
        session.execute(text(f"ANALYZE {table}"))
    return made


def done(name: str) -> list[Planned]:
    wanted = queue.jobs()[name]
    with plans(db.engine()) as found:
        if wanted.transactional:
            with db.transaction() as session:
                wanted.work(session)
        else:
            wanted.work()
    return found


def test_every_sweep_of_the_journeys_is_looked_at_here() -> None:
    assert {one.name for one in queue.jobs().values() if one.name.startswith("journeys.") and one.every} == set(SWEEPS)


@pytest.mark.parametrize("name", SWEEPS)
def test_where_nobody_is_due_no_sweep_reads_the_walks(session: Session, parked: list[Journey], name: str) -> None:
    found = done(name)
    assert found
    assert scanning(found, {"walks"}) == []


def test_a_turn_reads_those_who_are_due_and_no_others(session: Session, parked: list[Journey]) -> None:
    session.execute(text("UPDATE walks SET due_at = marque_now() WHERE id IN (SELECT id FROM walks ORDER BY id LIMIT 20)"))
    found = done("journeys.advance")
    assert any("FOR UPDATE SKIP LOCKED" in one.statement for one in found)
    assert scanning(found, {"walks"}) == []


def test_what_happens_to_somebody_is_heard_without_reading_the_others(
    session: Session, parked: list[Journey], walker: Customer, deliver: Callable[[], int]
) -> None:
    make.triggered(session, walker)
    with plans(db.engine()) as found:
        deliver()
    assert any("walks" in one.statement for one in found)
    assert scanning(found, {"walks"}) == []


def test_a_page_of_a_segment_that_was_counted_just_now_reads_its_own_people_and_no_others(session: Session, brand: Brand) -> None:
    """Nobody has told the planner yet how many are in the segment, and how many walk already."""
    journey = make.journey(session, brand)
    session.execute(_PARK, {"each": PARKED // 3})
    segment_id = db.new_id()
    session.execute(_MEMBERS, {"segment_id": segment_id, "many": 3 * fanning_out.A_PAGE})
    fanning_out.begin(session, journey, {"kind": "segment", "segment_id": str(segment_id)})
    found = done("journeys.fan_out")
    (page, *_) = (one for one in found if one.statement.startswith("INSERT INTO arriving"))
    assert "Sort" not in page.plan
    (known, *_) = (one for one in found if "WITH selves" in one.statement)
    assert "customer_id = " in next(line for line in known.plan.splitlines() if "Index Cond" in line and "journey_id" in line)


def test_a_statement_that_reads_all_walks_would_be_seen(session: Session, parked: list[Journey]) -> None:
    with plans(db.engine()) as found:
        session.execute(text("SELECT count(context) FROM walks WHERE context ? 'nothing'"))
    assert len(scanning(found, {"walks"})) == 1
