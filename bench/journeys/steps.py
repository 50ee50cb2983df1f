"""Everybody of a segment into a journey and through it, while somebody enters another journey now and then."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from bench.journeys.stage import VIP, Made, Seen, Stage, node, p95, trigger
from bench.report import Figure

STEPS_PER_SECOND, ENROLLED_WITHIN_S, LONGEST_S, WORKER_MB, FIRST_STEP_S, WHY_MS = 40_000, 30, 1.0, 400, 2.0, 200
PEOPLE_OF_THE_AIM = 1_000_000
OVER = {"mode": "moment", "at": "2026-01-01T00:00:00+08:00"}
EVERY_S, MOST_PROBES, NEVER_S = 0.25, 600, 60.0
_SOME = "SELECT customer_id FROM walks WHERE journey_id = %s ORDER BY uuid_hash_extended(id, 0) LIMIT 100"
# What PostgreSQL has to write at the least: each walk once, and its steps; the walk, to let somebody in.
_BARE_STEPS = """
    WITH moved AS (
        UPDATE bare_walks SET node_id = 'end', visit_no = 5
        WHERE id IN (SELECT id FROM bare_walks WHERE visit_no = 1 LIMIT 3000) RETURNING id
    )
    INSERT INTO bare_steps SELECT id, n, node_id, m.now
    FROM moved, (VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')) s (n, node_id), (SELECT marque_now() AS now) m
"""


def run(stage: Stage) -> list[Figure]:
    bare_in, bare_steps = _bare(stage)
    stage.work()
    segment_id = stage.segment()
    other = _other(stage)
    stage.tag("bench_straight")
    with probing(stage, other) as first_steps, stage.watched() as letting_in:
        # Paused, people enter and stand at the first node: each of the two is measured by itself.
        made = straight(stage, "straight", segment_id, paused=True)
        enrolled = _enrolled(stage, made)
    with probing(stage, other) as later_steps, stage.watched() as walking:
        began = stage.resume(made)
        took = stage.wait(lambda: stage.ended(made) >= stage.members, "everybody at the end") - began
    steps = stage.one("SELECT count(*) FROM walk_steps WHERE journey_id = %s", made.journey_id)
    if steps != 4 * stage.members:
        raise RuntimeError(f"{steps} steps instead of {4 * stage.members}")
    stage.notes += [f"letting in: {letting_in.told()}", f"walking: {walking.told()}"]
    return [
        Figure("let in from a segment: people", stage.members / enrolled, "people/s", at_least=PEOPLE_OF_THE_AIM / ENROLLED_WITHIN_S),
        Figure("let in, to the bare loop", stage.members / enrolled / bare_in, "of bare"),
        Figure("branch, tag, a wait that is over, end: each step with its row", steps / took, "steps/s", at_least=STEPS_PER_SECOND),
        Figure("bare PostgreSQL: as many rows without an index of their own, one connection", bare_steps, "steps/s"),
        Figure("steps, to the bare loop", steps / took / bare_steps, "of bare"),
        *watched_figures(letting_in, walking),
        Figure("why somebody is in it or not, p95 of two hundred people", 1_000 * p95(_why(stage, made)), "ms", at_most=WHY_MS),
        Figure("into another journey meanwhile: first step, p95 while people are let in", p95(first_steps), "s", at_most=FIRST_STEP_S),
        Figure("into another journey meanwhile: first step, p95 while they walk", p95(later_steps), "s", at_most=FIRST_STEP_S),
    ]


def _why(stage: Stage, made: Made) -> list[float]:
    """Asked of as many who walked as of those who never entered, in seconds each."""
    from app.journeys import behind
    from app.journeys.models import Journey
    from app.kit import db

    walked = stage.database.execute(_SOME, [made.journey_id])
    took = []
    for one in [*(row[0] for row in walked.fetchall()), *stage.somebody(100)]:
        began = time.perf_counter()
        with db.transaction() as session:
            behind.why(session, session.get_one(Journey, made.journey_id), one)
        took.append(time.perf_counter() - began)
    return took


def watched_figures(*seen: Seen) -> list[Figure]:
    return [
        Figure("longest transaction", max(one.longest_s for one in seen), "s", at_most=LONGEST_S),
        Figure("largest worker", max(one.largest_mb for one in seen), "MB", at_most=WORKER_MB),
    ]


def straight(stage: Stage, key: str, segment_id: uuid.UUID, *, paused: bool = False) -> Made:
    """Entry → branch → tag → a wait that is over → end, for everybody of a segment at once."""
    nodes = [
        node("ask", "branch", condition={"kind": "has_tag", "tag": VIP}),
        node("tag", "add_tag", tag=f"bench_{key}"),
        node("pause", "wait_until", **OVER),
        node("end", "end"),
    ]
    at_once = trigger("segment", segment_id=str(segment_id), now=True)
    return stage.journey(key, at_once, nodes, ways="ask.yes>end ask.no>tag tag>pause pause>end", paused=paused)


def _enrolled(stage: Stage, made: Made) -> float:
    """Seconds from the commit that published until everybody was in, by the database's clock."""
    over = "SELECT status = 'finished' FROM journey_fan_outs WHERE journey_id = %s"
    stage.wait(lambda: stage.one(over, made.journey_id), "everybody is in")
    took = "SELECT extract(epoch FROM ended_at - created_at), entered FROM journey_fan_outs WHERE journey_id = %s"
    seconds, entered = stage.database.execute(took, [made.journey_id]).fetchone() or (0, 0)
    if entered != stage.members:
        raise RuntimeError(f"{entered} entered instead of {stage.members}")
    return float(seconds)


def _other(stage: Stage) -> Made:
    stage.tag("bench_other")
    nodes = [node("tag", "add_tag", tag="bench_other"), node("end", "end")]
    return stage.journey("other", trigger("event", event="share.opened"), nodes, ways="tag>end")


@contextmanager
def probing(stage: Stage, other: Made) -> Iterator[list[float]]:
    """From here to the end of the block somebody is brought into another journey four times a second: how long until her first step is
    there for everybody to see. Whoever has not taken it at the end is waited for.
    """
    took: list[float] = []
    waiting: dict[uuid.UUID, float] = {}
    over = threading.Event()
    people = iter(stage.somebody(MOST_PROBES))
    threads = [
        threading.Thread(target=_trigger, args=(stage, people, waiting, over), name="trigger"),
        threading.Thread(target=_see, args=(stage, other, waiting), kwargs={"took": took, "over": over}, name="see"),
    ]
    for one in threads:
        one.start()
    try:
        yield took
    finally:
        over.set()
        for one in threads:
            one.join()


def _trigger(stage: Stage, people: Iterator[uuid.UUID], waiting: dict[uuid.UUID, float], over: threading.Event) -> None:
    from app.events import service as events
    from app.kit import db

    while not over.wait(EVERY_S):
        one = next(people, None)
        if one is None:
            return
        with db.transaction() as session:
            events.record(session, "share.opened", brand_id=stage.brand_id, customer_id=one)
            began = time.perf_counter()
        waiting[one] = began


def _see(stage: Stage, other: Made, waiting: dict[uuid.UUID, float], *, took: list[float], over: threading.Event) -> None:
    gone = "SELECT customer_id FROM walks WHERE customer_id = ANY(%s) AND journey_id = %s AND visit_no + (status = 'completed')::int > 1"
    until = float("inf")
    with psycopg.connect(stage.stack.env["DATABASE_URL"], autocommit=True) as database:
        while waiting or not over.is_set():
            if over.is_set():
                until = min(until, time.monotonic() + NEVER_S)
            for (one,) in database.execute(gone, [list(waiting), other.journey_id]).fetchall():
                took.append(time.perf_counter() - waiting.pop(one))
            if time.monotonic() > until:
                took.extend([NEVER_S] * len(waiting))
                return
            time.sleep(0.02)


def _bare(stage: Stage) -> tuple[float, float]:
    """Rows a second that are let in by INSERT … SELECT, and steps a second, of a table with nothing but its key."""
    run_sql: Any = stage.database.execute
    run_sql("CREATE TABLE bare_walks (id uuid PRIMARY KEY, node_id text, visit_no integer)")
    run_sql("CREATE TABLE bare_steps (walk_id uuid, visit_no integer, node_id text, left_at timestamptz)")
    began = time.perf_counter()
    for start in range(0, stage.count, 5_000):
        page = min(5_000, stage.count - start)
        run_sql("INSERT INTO bare_walks SELECT marque_new_id(), 'ask', 1 FROM generate_series(1, %s)", [page])
    let_in = time.perf_counter() - began
    run_sql("VACUUM ANALYZE bare_walks")
    began = time.perf_counter()
    while run_sql(_BARE_STEPS).rowcount:
        pass
    took = time.perf_counter() - began
    run_sql("DROP TABLE bare_walks, bare_steps")
    return stage.count / let_in, 4 * stage.count / took
