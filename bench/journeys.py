"""Many people through a journey, by one worker in this process: steps with their history, a wave of timers, and a tick with nothing due."""

from __future__ import annotations

import os
import resource
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import psycopg

from bench.beside import platform
from bench.report import Figure, Report
from dev.testing import servers
from dev.town import town

PEOPLE, SMALL_PEOPLE = 1_000_000, 50_000
STEPS_PER_SECOND, WAVE_PER_SECOND, LONGEST_S, WORKER_MB, TICK_MS = 40_000, 20_000, 1.0, 400, 50
TAG = "bench"
TICKS = 20
ENTER = """
    INSERT INTO walks
        (id, brand_id, journey_id, version_id, customer_id, entry_key, status, node_id, arrived_at, due_at, triggered_at, context)
    SELECT marque_new_id(), %(brand)s, %(journey)s, %(version)s, c.id, 'once', 'active', %(start)s, m.now, m.now, m.now, '{}'
    FROM customers c, (SELECT marque_now() AS now) m WHERE c.unionid LIKE 'bench%%'
"""
# What PostgreSQL has to write at the least: each walk once, and its steps.
BARE = """
    WITH moved AS (
        UPDATE bare_walks SET node_id = 'end', visit_no = 4
        WHERE id IN (SELECT id FROM bare_walks WHERE visit_no = 1 LIMIT 4000) RETURNING id
    )
    INSERT INTO bare_steps SELECT id, n, node_id, m.now
    FROM moved, (VALUES (1, 'a'), (2, 'b'), (3, 'c')) s (n, node_id), (SELECT marque_now() AS now) m
"""


def run(*, small: bool = False, people: int = 0) -> Report:
    """Let everybody in, walk them to a wait, let all waits end in one moment, and look once nothing is due."""
    count = people or (SMALL_PEOPLE if small else PEOPLE)
    with tempfile.TemporaryDirectory() as folder, servers() as lent, town(Path(folder), lent.database_url) as stack, platform(stack):  # noqa: SIM117
        with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as connection:
            known = _prepared(connection, count)
            bare = _bare(connection, count)
            _enter(connection, known)
            to_wait, longest = _walk_all(known["journey"])
            connection.execute("VACUUM ANALYZE walks")
            parked = _tick()
            connection.execute("UPDATE clock_shift SET shift = shift + interval '1 hour'")
            wave, longest_wave = _walk_all(known["journey"])
            steps = connection.execute("SELECT count(*) FROM walk_steps WHERE journey_id = %s", [known["journey"]]).fetchone() or (0,)
    if steps[0] != 4 * count:
        raise RuntimeError(f"{steps[0]} steps instead of {4 * count}")
    figures = [
        Figure("branch, tag and the stay on a wait", 2 * count / to_wait, "steps/s"),
        Figure("waits that end in one moment, and the end", 2 * count / wave, "steps/s", at_least=WAVE_PER_SECOND),
        Figure("all steps, each with its row of history", 4 * count / (to_wait + wave), "steps/s", at_least=STEPS_PER_SECOND),
        Figure("bare PostgreSQL: as many rows without an index of their own", 3 * count / bare, "steps/s"),
        Figure("longest turn", max(longest, longest_wave), "s", at_most=LONGEST_S),
        Figure("a look when everybody waits and nobody is due", parked * 1e3, "ms", at_most=TICK_MS),
        Figure("memory of the worker", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MB", at_most=WORKER_MB),
    ]
    load = os.getloadavg()[1]
    return Report(
        figures, [f"{count:,} people, one worker; PostgreSQL beside it on {os.cpu_count()} cores, load {load:.0f} in five minutes"]
    )


def _prepared(connection: psycopg.Connection[Any], count: int) -> dict[str, Any]:
    """People, a tag, and a journey: entry → branch → tag → wait → end."""
    from app.journeys import service
    from app.kit import db

    (brand_id,) = connection.execute("SELECT id FROM brands LIMIT 1").fetchone() or ()
    connection.execute(
        "INSERT INTO customers (id, brand_id, unionid) SELECT marque_new_id(), %s, 'bench' || n FROM generate_series(1, %s) n",
        [brand_id, count],
    )
    for key in (TAG, "bench_vip"):
        connection.execute(
            "INSERT INTO tags (id, brand_id, key, label, kind) VALUES (%s, %s, %s, %s, 'manual')", [uuid.uuid4(), brand_id, key, key]
        )
    connection.execute("VACUUM ANALYZE customers")
    nodes: list[dict[str, Any]] = [
        {"id": "ask", "kind": "branch", "config": {"condition": {"kind": "has_tag", "tag": "bench_vip"}}},
        {"id": "tag", "kind": "add_tag", "config": {"tag": TAG}},
        {"id": "pause", "kind": "wait", "config": {"amount": 1, "unit": "hour"}},
        {"id": "end", "kind": "end", "config": {}},
    ]
    ways = [("ask", "yes", "end"), ("ask", "no", "tag"), ("tag", "done", "pause"), ("pause", "done", "end")]
    graph = {
        "triggers": [{"kind": "event", "config": {"event": "share.opened"}}],
        "start": "ask",
        "nodes": nodes,
        "edges": [{"from": one, "port": port, "to": other} for one, port, other in ways],
    }
    with db.transaction() as session:
        journey = service.create(session, brand_id, key="bench", name="测速")
        version = service.publish(session, journey, graph)
        return {"brand": brand_id, "journey": journey.id, "version": version.id, "start": "ask"}


def _enter(connection: psycopg.Connection[Any], known: dict[str, Any]) -> None:
    connection.execute(ENTER, known)
    connection.execute("VACUUM ANALYZE walks")


def _walk_all(journey_id: uuid.UUID) -> tuple[float, float]:
    """Turn by turn until nobody is due: seconds of all turns, and of the longest."""
    from app.journeys.service import walking

    took: list[float] = []
    while True:
        started = time.perf_counter()
        taken = walking.turn(journey_id).taken
        took.append(time.perf_counter() - started)
        if not taken:
            return sum(took), max(took)


def _tick() -> float:
    from app.journeys.service import walking

    started = time.perf_counter()
    for _ in range(TICKS):
        if walking.due_journeys():
            raise RuntimeError("somebody is due")
    return (time.perf_counter() - started) / TICKS


def _bare(connection: psycopg.Connection[Any], count: int) -> float:
    connection.execute("CREATE TABLE bare_walks (id uuid PRIMARY KEY, node_id text, visit_no integer)")
    connection.execute("CREATE TABLE bare_steps (walk_id uuid, visit_no integer, node_id text, left_at timestamptz)")
    connection.execute("INSERT INTO bare_walks SELECT marque_new_id(), 'ask', 1 FROM generate_series(1, %s)", [count])
    connection.execute("VACUUM ANALYZE bare_walks")
    started = time.perf_counter()
    while connection.execute(BARE).rowcount:
        pass
    took = time.perf_counter() - started
    connection.execute("DROP TABLE bare_walks, bare_steps")
    return took
