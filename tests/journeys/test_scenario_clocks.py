"""Scenario 4: workers' clocks are wrong and jump, clocks of other zones change, and for six hours nobody works. Only the database's clock
counts: nobody is early, nobody twice, nobody forgotten, and whoever is late is dealt with as her node says.

`make scenarios SCENARIO=clocks` lets 20,000 people come late, and 5,000 wait through each night.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.journeys import service
from app.journeys.models import Walk
from app.kit import clock
from dev.environment import ROOT
from dev.testing import wait_until
from tests.factories import crowds
from tests.factories import dealers as make_dealers
from tests.factories import journeys as make

PEOPLE, A_NIGHT = crowds.size(300, 20_000), crowds.size(40, 5_000)
SKEWED, AN_HOUR = crowds.size(400, 20_000), timedelta(hours=1)
OUTAGE, TOO_LATE = timedelta(hours=6), timedelta(hours=1)
AT = time(2, 30)
LATE = (
    "SELECT extract(epoch FROM min(left_at - arrived_at - interval '1 hour')), extract(epoch FROM max(left_at - arrived_at - "
    "interval '1 hour')), count(*), count(DISTINCT walk_id) FROM walk_steps WHERE node_id = 'pause'"
)


def work(*, seconds: float = 60.0) -> None:
    """Two workers take all steps that are due now."""
    crowds.at_once(*[lambda: service.advance_all(seconds=seconds)] * crowds.WORKERS)


def through(committed: Callable[[], Any]) -> int:
    with committed() as session:
        done: int = session.execute(select(func.count()).where(Walk.status == "completed")).scalar_one()
        return done


def test_workers_whose_clocks_are_an_hour_wrong_and_jump_let_nobody_go_early_or_twice(committed: Callable[[], Any]) -> None:
    with committed() as session:
        brand = make_dealers.brand(session)
        nodes = [make.node("pause", "wait", amount=1, unit="hour"), make.node("end", "end")]
        journey = make.journey(session, brand, make.graph(nodes, ways="pause>end"))
    command = [sys.executable, "-m", "tests.journeys.skewed"]
    skews = ("3600", "-3600") if not crowds.IS_FULL else ("3600", "-3600", "86400")
    workers = [subprocess.Popen([*command, skew], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for skew in skews]
    try:
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == b"ready\n"
        with committed() as session:
            now = clock.now(session)
            ids = crowds.people(session, brand, SKEWED)
            # One after the other within two seconds from now on, and one whose hour is not over before ours is.
            crowds.stand(session, journey, ids[1:], "pause", arrived=now, due=now, apart=timedelta(seconds=2) / SKEWED)
            session.execute(text("UPDATE walks SET arrived_at = due_at - interval '1 hour'"))
            crowds.stand(session, journey, ids[:1], "pause", arrived=now, due=now + AN_HOUR)
        wait_until(lambda: through(committed) == SKEWED - 1, 60 + SKEWED / 1000, "not all went on")
        # Each clock has jumped many times by then; whoever is to wait still does.
        assert [worker.communicate(b"over", timeout=60)[0] for worker in workers] == [b""] * len(workers)
        assert [worker.returncode for worker in workers] == [0] * len(workers)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    with committed() as session:
        earliest, latest, steps, people = session.execute(text(LATE)).one()
        assert crowds.table(session, "SELECT status, count(*) FROM walks GROUP BY 1") == {"completed": SKEWED - 1, "active": 1}
        assert (steps, people) == (SKEWED - 1, SKEWED - 1)
        assert earliest >= 0
        assert latest < 4
        crowds.nobody_twice(session)
    print(f"\n{SKEWED} waits, workers' clocks wrong by {skews} s: latest {latest:.2f} s after it was due")


def next_change(zone: str, after: datetime, *, forward: bool) -> datetime:
    """The first midnight (UTC) before a night on which the clocks of a zone are put forward, or back."""
    day, info = after.replace(hour=0, minute=0, second=0, microsecond=0), ZoneInfo(zone)
    while True:
        day += timedelta(days=1)
        before, then = day.astimezone(info).utcoffset(), (day + timedelta(days=1)).astimezone(info).utcoffset()
        assert before is not None
        assert then is not None
        if then != before and (then > before) is forward:
            return day


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
def test_through_a_night_on_which_clocks_change_everybody_goes_once_at_her_time(
    committed: Callable[[], Any], zone: str, *, forward: bool
) -> None:
    info = ZoneInfo(zone)
    with committed() as session:
        brand = make_dealers.brand(session)
        nodes = [
            make.node("night", "wait_until", mode="time", from_time=f"{AT:%H:%M}"),
            make.node("day", "wait", amount=1, unit="calendar_day"),
        ]
        journey = make.journey(session, brand, make.graph([*nodes, make.node("end", "end")], ways="night>day day>end"))
        evening = next_change(zone, clock.now(session), forward=forward) - timedelta(hours=12)
        clock.advance(session, evening - clock.now(session))
    with committed() as session:
        service.make_partitions(session)
        arrived = clock.now(session)
        ids = crowds.people(session, brand, A_NIGHT, time_zone=zone)
        crowds.stand(session, journey, ids, "night", arrived=arrived, due=arrived)
    nights: set[datetime] = set()
    for _ in range(3 * 24):
        work(seconds=5.0)
        with committed() as session:
            nights |= set(session.execute(select(Walk.due_at).where(Walk.due_at > arrived, Walk.node_id == "night")).scalars())
            clock.advance(session, AN_HOUR)
    with committed() as session:
        assert crowds.table(session, "SELECT status, count(*) FROM walks GROUP BY 1") == {"completed": A_NIGHT}
        crowds.nobody_twice(session)
        left = {
            name: crowds.table(session, f"SELECT walk_id, left_at FROM walk_steps WHERE node_id = '{name}'") for name in ("night", "day")
        }
    first = arrived.astimezone(info)
    on = first.date() if first.time() < AT else first.date() + timedelta(days=1)
    (night,) = nights
    assert night == moment(datetime.combine(on, AT), info)
    for walk_id, went in left["night"].items():
        assert night <= went < night + AN_HOUR + timedelta(minutes=5)
        # A day of the calendar later by her own clock: 23 hours or 25, where the clocks were changed meanwhile.
        tomorrow = moment(went.astimezone(info).replace(tzinfo=None) + timedelta(days=1), info)
        assert tomorrow <= left["day"][walk_id] < tomorrow + AN_HOUR + timedelta(minutes=5)


def moment(shown: datetime, zone: ZoneInfo) -> datetime:
    """When the clock on a wall shows this: of an hour that comes twice the second, by standard time, and of one that does not exist as if
    clocks had not been changed.
    """
    return max(shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))


POLICIES = ("skip", "send", "next_window")


def outage(session: Session, brand: Any) -> dict[str, Any]:
    """For each policy a journey of a wait and a message, with people whose waits ended through six hours in which nobody worked."""
    journeys = {}
    now = clock.now(session)
    for then in POLICIES:
        hello = make.node("hello", "send_message", template="deposit_paid")
        hello["late"] = {"after_minutes": TOO_LATE // timedelta(minutes=1), "then": then}
        journeys[then] = make.journey(session, brand, make.graph([hello, make.node("end", "end")], ways="hello>end"))
        ids = crowds.people(session, brand, PEOPLE)
        first = now + timedelta(seconds=30)
        crowds.stand(session, journeys[then], ids, "hello", arrived=now, due=first, apart=OUTAGE / PEOPLE)
    return journeys


def test_after_six_hours_without_workers_every_late_step_is_dealt_with_as_its_node_says(committed: Callable[[], Any]) -> None:
    with committed() as session:
        journeys = outage(session, make_dealers.brand(session))
        clock.advance(session, OUTAGE + timedelta(minutes=1))
    with committed() as session:
        due = "SELECT customer_id, due_at FROM walks WHERE journey_id = :id"
        was_due = {then: crowds.table(session, due, id=one.id) for then, one in journeys.items()}
        before = clock.now(session)
    work()
    with committed() as session:
        after = clock.now(session)
        written = "SELECT w.customer_id, 1 FROM sends JOIN walks w ON w.id = walk_id WHERE w.journey_id = :id"
        late = {then: {who for who, at in those.items() if at < before - TOO_LATE} for then, those in was_due.items()}
        unsure = {then: {who for who, at in those.items() if before - TOO_LATE <= at < after - TOO_LATE} for then, those in was_due.items()}
        sent = {then: set(crowds.table(session, written, id=one.id)) for then, one in journeys.items()}
        everybody = {then: set(those) for then, those in was_due.items()}
        assert sent["send"] == everybody["send"]
        for then in ("skip", "next_window"):
            assert sent[then] - unsure[then] == everybody[then] - late[then] - unsure[then], then
            assert len(late[then]) > PEOPLE * 3 // 4
        skipped = "SELECT walks.customer_id, skipped FROM walk_steps JOIN walks ON walks.id = walk_id WHERE skipped IS NOT NULL"
        told = crowds.table(session, skipped)
        assert set(told.values()) == {"late"}
        assert set(told) == everybody["skip"] - sent["skip"]
        waiting = crowds.table(session, due + " AND status = 'active'", id=journeys["next_window"].id)
        # At the time of day at which each was due.
        assert waiting == {who: was_due["next_window"][who] + timedelta(days=1) for who in everybody["next_window"] - sent["next_window"]}
        clock.advance(session, timedelta(hours=17))
    # Through the next day's window with workers who are there: the rest is not late again.
    for _ in range(16):
        work()
        with committed() as session:
            clock.advance(session, timedelta(minutes=30))
    with committed() as session:
        assert crowds.table(session, "SELECT status, count(*) FROM walks GROUP BY 1") == {"completed": 3 * PEOPLE}
        fates = "SELECT 1, count(DISTINCT w.customer_id) FROM sends JOIN walks w ON w.id = walk_id WHERE w.journey_id = :id"
        assert crowds.table(session, fates, id=journeys["next_window"].id) == {1: PEOPLE}
        assert session.execute(text("SELECT count(*) FROM sends")).scalar_one() == 2 * PEOPLE + len(sent["skip"])
        crowds.nobody_twice(session)
    print(f"\n{3 * PEOPLE} steps late by up to {OUTAGE}: skipped {len(told)}, sent a day later {len(waiting)}, the rest at once")
