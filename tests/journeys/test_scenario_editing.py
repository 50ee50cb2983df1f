"""Scenario 5: a journey is edited while many walk it: the new version deletes a node on which a fifth of them stand, and shortens a wait.
Nobody is lost, nobody gets a message twice, nobody stands where her version has no node, and every message names its version.

`make scenarios SCENARIO=editing` has 100,000 people inside.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.dealers.models import Role, Staff
from app.identity.models import Customer
from app.journeys import drawn, service
from app.journeys.models import Journey, JourneyVersion
from app.journeys.service import drafts, publishing
from app.journeys.service.publishing import Choice
from app.kit import clock
from dev.testing import wait_until
from tests.factories import crowds
from tests.factories import dealers as make_dealers
from tests.factories import journeys as make
from tests.factories import messaging as make_town

PEOPLE = crowds.size(500, 100_000)
# Who stands where, in percent; the deleted node has a fifth.
STAND = {"one": 25, "two": 20, "three": 20, "four": 20, "five": 15}
REMOVED, AFTER = "two", "three"
DAY = timedelta(days=1)
ACCEPTED = ("no_exit", "nobody_reached")
NOWHERE = (
    "SELECT count(*) FROM walks w JOIN journey_versions v ON v.id = w.version_id WHERE w.status IN ('active', 'stuck') AND NOT EXISTS "
    "(SELECT FROM jsonb_array_elements(v.graph->'nodes') n WHERE n->>'id' = w.node_id)"
)
VERSIONS = "SELECT v.number, count(*) FROM walks w JOIN journey_versions v ON v.id = w.version_id WHERE w.status = :status GROUP BY 1"
TAKEN_BACK = "SELECT w.status, count(*) FROM sends s JOIN walks w ON w.id = s.walk_id WHERE s.status = 'cancelled' GROUP BY 1"
# The version that a message names, and the one on which its walk stood when it was planned, which its step tells.
MISNAMED = (
    "SELECT count(*) FROM sends s JOIN walk_steps t ON t.walk_id = s.walk_id AND t.send_id = s.id JOIN journey_versions v "
    "ON v.id = t.version_id WHERE s.context->>'version' IS DISTINCT FROM v.number::text OR s.context->>'version_id' <> v.id::text"
)


def waits(*, days: int = 3, without: str = "") -> dict[str, Any]:
    """Five waits in a row, perhaps with one left out, a message, the end."""
    names = [name for name in STAND if name != without]
    nodes = [make.node(name, "wait", amount=days, unit="day") for name in names]
    nodes += [make.node("hello", "send_message", template="deposit_paid"), make.node("end", "end")]
    ways = " ".join(f"{name}>{after}" for name, after in zip(names, [*names[1:], "hello"], strict=True))
    return make.graph(nodes, ways=f"{ways} hello>end")


class Inside:
    """A journey, and people on each of its waits; some of them go on just now, some within the next two days."""

    def __init__(self, session: Session) -> None:
        self.brand = make_town.town(session).market.brand
        self.marketer: Staff = make_dealers.staff(session, self.brand, Role.marketer)
        self.journey: Journey = make.journey(session, self.brand, waits())
        self.ids = crowds.people(session, self.brand, PEOPLE)
        now, begun = clock.now(session), 0
        self.expected: dict[str, int] = {}
        for name, percent in STAND.items():
            there = self.ids[begun : begun + PEOPLE * percent // 100]
            crowds.stand(session, self.journey, there, name, arrived=now - 3 * DAY, due=now + timedelta(minutes=5), apart=2 * DAY / PEOPLE)
            self.expected[name] = len(there)
            begun += len(there)
        session.execute(text("UPDATE walks SET arrived_at = due_at - interval '3 days'"))

    def draw(self, session: Session, graph: dict[str, Any]) -> int:
        """Save a draft; its revision."""
        by, journey = session.get_one(Staff, self.marketer.id), session.get_one(Journey, self.journey.id)
        revision = drawn.draft(session, journey).revision
        return drafts.save(session, by, journey, revision=revision, graph=graph).revision

    def publish(self, session: Session, revision: int, choice: Choice) -> JourneyVersion:
        by, journey = session.get_one(Staff, self.marketer.id), session.get_one(Journey, self.journey.id)
        return publishing.publish_draft(session, by, journey, revision=revision, note="", choice=choice, accepted=ACCEPTED)[0]


@contextmanager
def working(committed: Callable[[], Any]) -> Iterator[None]:
    """Two workers take steps and move people, while somebody looks whether anybody stands where her version has no node."""
    over, seen = threading.Event(), list[int]()

    def work() -> None:
        while not over.is_set():
            service.advance_all(seconds=0.2)
            service.move_all(seconds=0.2)

    def look() -> None:
        while not over.wait(0.05):
            with committed() as own:
                seen.append(own.execute(text(NOWHERE)).scalar_one())

    threads = [threading.Thread(target=one) for one in (work, work, look)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert set(seen) <= {0}, "somebody stood where her version has no node"


def walks_on(committed: Callable[[], Any]) -> bool:
    with committed() as session:
        return session.execute(text("SELECT 1 FROM walk_steps LIMIT 1")).first() is not None


def pass_days(committed: Callable[[], Any], days: int) -> None:
    """Day after day, until all who may go on have."""
    for _ in range(days):
        with committed() as session:
            clock.advance(session, DAY)
        while service.move_all(seconds=5.0) or service.advance_all(seconds=5.0):
            pass


@pytest.mark.parametrize("inside", ["drain", "migrate", "eject"])
def test_who_is_inside_a_journey_that_is_edited_finishes_is_moved_or_leaves_and_nobody_is_lost_or_written_to_twice(
    committed: Callable[[], Any], inside: str
) -> None:
    with committed() as session:
        crowd = Inside(session)
    with committed() as session:
        session.execute(text("ANALYZE walks"))
        revision = crowd.draw(session, waits(days=1, without=REMOVED))
        told = publishing.preview(session, session.get_one(Journey, crowd.journey.id), waits(days=1, without=REMOVED))
        assert {place["node"]: place["people"] for place in told["places"]} == crowd.expected
        assert {place["node"]: place["to"] for place in told["places"]} == {name: name for name in STAND} | {REMOVED: None}
        changed = {one["id"] for one in told["difference"]["changed"]}
        assert (changed, [one["id"] for one in told["difference"]["removed"]]) == (set(STAND) - {REMOVED}, [REMOVED])
    began = time.monotonic()
    with working(committed):
        with committed() as session:
            clock.advance(session, DAY)
        wait_until(lambda: walks_on(committed), 60, "nobody goes on")
        with committed() as session:
            choice = Choice(inside, {REMOVED: AFTER} if inside == "migrate" else {})
            crowd.publish(session, revision, choice)
            held = time.monotonic() - began
    pass_days(committed, 13)
    took = time.monotonic() - began
    out, numbers = everybody_is_done(committed, crowd, inside)
    comes_back(committed, crowd, crowd.ids[:20])
    print(f"\n{inside}: {PEOPLE} inside, published under load in {held:.1f} s, all done in {took:.0f} s; out {out}, by version {numbers}")


def everybody_is_done(committed: Callable[[], Any], crowd: Inside, inside: str) -> tuple[int, dict[int, int]]:
    """Nobody is lost and nobody was written to twice; how many left, and how many came to the end by the number of their version."""
    with committed() as session:
        fates = crowds.table(session, "SELECT status, count(*) FROM walks GROUP BY 1")
        out = fates.pop("exited", 0)
        done = fates.pop("completed", 0)
        assert done + out == PEOPLE
        assert fates == {}
        reasons = set(crowds.table(session, "SELECT exit_reason, 1 FROM walks WHERE status = 'exited'"))
        assert reasons == ({"version_changed"} if inside == "eject" else set())
        assert out > PEOPLE // 2 if inside == "eject" else out == 0
        # Each who came to the end gets the message, once; of who left between the message and the end it was taken back.
        assert session.execute(text("SELECT count(*), count(DISTINCT walk_id) FROM sends WHERE status <> 'cancelled'")).one() == (done,) * 2
        assert set(crowds.table(session, TAKEN_BACK)) <= {"exited"}
        assert session.execute(text(MISNAMED)).scalar_one() == 0
        numbers = crowds.table(session, VERSIONS, status="completed")
        assert set(numbers) <= ({1} if inside != "migrate" else {1, 2})
        if inside == "migrate":
            assert numbers[2] > PEOPLE // 2
        moves = drawn.moves(session, crowd.journey)
        assert [move.status for move in moves] == ([] if inside == "drain" else ["done"])
        assert sum(move.moved + move.ejected for move in moves) == sum(move.people for move in moves)
        crowds.nobody_twice(session)
        steps = crowds.table(session, "SELECT node_id, count(*) FROM walk_steps WHERE port = 'moved' GROUP BY 1")
        assert set(steps) <= {REMOVED}
    return out, numbers


def comes_back(committed: Callable[[], Any], crowd: Inside, some: list[uuid.UUID]) -> None:
    """Whoever comes again walks the newest version; after a roll back that is the first one's graph, under a number of its own."""
    for number in (2, 3):
        with committed() as session:
            if number == 3:
                by, journey = session.get_one(Staff, crowd.marketer.id), session.get_one(Journey, crowd.journey.id)
                publishing.publish_again(session, by, journey, number=1, note="", choice=Choice("eject"), accepted=ACCEPTED)
            people = session.execute(select(Customer).where(Customer.id.in_(some))).scalars().all()
            service.hear(session, [make.triggered(session, one) for one in people if number == 2 or one.id not in some[:10]])
        with committed() as session:
            now = crowds.table(session, VERSIONS, status="active")
            assert now == Counter({number: len(some)} if number == 2 else {2: len(some)})
        service.move_all()
        if number == 3:
            with committed() as session:
                assert crowds.table(session, VERSIONS, status="active") == {}
                people = session.execute(select(Customer).where(Customer.id.in_(some))).scalars().all()
                service.hear(session, [make.triggered(session, one) for one in people])
                assert drawn.version(session, crowd.journey, 3).graph == drawn.version(session, crowd.journey, 1).graph
            with committed() as session:
                assert crowds.table(session, VERSIONS, status="active") == {3: len(some)}
