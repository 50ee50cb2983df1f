"""Many people through a journey, by two workers' turns at once: steps with their history, a wave of timers, and a tick with nothing due."""

from __future__ import annotations

import os
import resource
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg

from bench.beside import platform
from bench.report import Figure, Report
from dev.testing import servers
from dev.town import town

PEOPLE, SMALL_PEOPLE = 1_000_000, 50_000
STEPS_PER_SECOND, WAVE_PER_SECOND, LONGEST_S, WORKER_MB, TICK_MS = 40_000, 20_000, 1.0, 400, 50
WAYS = (("ask", "yes", "end"), ("ask", "no", "tag"), ("tag", "done", "pause"), ("pause", "done", "end"))
AN_HOUR: dict[str, Any] = {"kind": "wait", "config": {"amount": 1, "unit": "hour"}}
OVER: dict[str, Any] = {"kind": "wait_until", "config": {"mode": "moment", "at": "2026-01-01T00:00:00+08:00"}}
TICKS = 20
WORKERS = 2
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
    """Everybody straight through one journey, then into another, where all waits end in one moment; and a look while nothing is due."""
    count = people or (SMALL_PEOPLE if small else PEOPLE)
    with tempfile.TemporaryDirectory() as folder, servers() as lent, town(Path(folder), lent.database_url) as stack, platform(stack):  # noqa: SIM117
        with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as connection:
            brand_id = _people(connection, count)
            bare = _bare(connection, count)
            straight, parking = _journey(brand_id, "straight", OVER), _journey(brand_id, "wave", AN_HOUR)
            through, longest = _entered_and_walked(connection, straight)
            parked, longest_parked = _entered_and_walked(connection, parking)
            connection.execute("VACUUM ANALYZE walks")
            look = _tick()
            connection.execute("UPDATE clock_shift SET shift = shift + interval '1 hour'")
            wave, longest_wave = _walk_all(parking["journey"])
            (steps,) = connection.execute("SELECT count(*) FROM walk_steps").fetchone() or (0,)
    if steps != 8 * count:
        raise RuntimeError(f"{steps} steps instead of {8 * count}")
    figures = [
        Figure("branch, tag, a wait that is over, end: each step with its row", 4 * count / through, "steps/s", at_least=STEPS_PER_SECOND),
        Figure("branch, tag, parked on a wait", 2 * count / parked, "steps/s"),
        Figure("waits that end in one moment, and the end", 2 * count / wave, "steps/s", at_least=WAVE_PER_SECOND),
        Figure("bare PostgreSQL: as many rows without an index of their own", 3 * count / bare, "steps/s"),
        Figure("longest turn", max(longest, longest_parked, longest_wave), "s", at_most=LONGEST_S),
        Figure("a look when everybody waits and nobody is due", look * 1e3, "ms", at_most=TICK_MS),
        Figure("memory of this process", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MB", at_most=WORKER_MB),
    ]
    notes = [
        f"{count:,} people; {WORKERS} workers, as threads of this process; PostgreSQL beside it on {os.cpu_count()} cores",
        f"load {os.getloadavg()[1]:.0f} in five minutes; people are let in by one statement, which is not counted",
    ]
    return Report(figures, notes)


def _people(connection: psycopg.Connection[Any], count: int) -> uuid.UUID:
    """People of a brand, and tags that its journeys name."""
    (brand_id,) = connection.execute("SELECT id FROM brands LIMIT 1").fetchone() or ()
    connection.execute(
        "INSERT INTO customers (id, brand_id, unionid) SELECT marque_new_id(), %s, 'bench' || n FROM generate_series(1, %s) n",
        [brand_id, count],
    )
    for key in ("straight", "wave", "bench_vip"):
        connection.execute(
            "INSERT INTO tags (id, brand_id, key, label, kind) VALUES (%s, %s, %s, %s, 'manual')", [uuid.uuid4(), brand_id, key, key]
        )
    connection.execute("VACUUM ANALYZE customers")
    found: uuid.UUID = brand_id
    return found


def _journey(brand_id: uuid.UUID, key: str, wait: dict[str, Any]) -> dict[str, Any]:
    """Entry → branch → tag → wait → end."""
    from app.journeys import service
    from app.kit import db

    nodes: list[dict[str, Any]] = [
        {"id": "ask", "kind": "branch", "config": {"condition": {"kind": "has_tag", "tag": "bench_vip"}}},
        {"id": "tag", "kind": "add_tag", "config": {"tag": key}},
        {"id": "pause"} | wait,
        {"id": "end", "kind": "end", "config": {}},
    ]
    graph = {
        "triggers": [{"kind": "event", "config": {"event": "share.opened"}}],
        "start": "ask",
        "nodes": nodes,
        "edges": [{"from": one, "port": port, "to": other} for one, port, other in WAYS],
    }
    with db.transaction() as session:
        journey = service.create(session, brand_id, key=key, name="测速")
        version = service.publish(session, journey, graph)
        return {"brand": brand_id, "journey": journey.id, "version": version.id, "start": "ask"}


def _entered_and_walked(connection: psycopg.Connection[Any], known: dict[str, Any]) -> tuple[float, float]:
    connection.execute(ENTER, known)
    connection.execute("VACUUM ANALYZE walks")
    return _walk_all(known["journey"])


def _walk_all(journey_id: uuid.UUID) -> tuple[float, float]:
    """Turn by turn until nobody is due, two at once: seconds until the end, and of the longest turn."""
    from app.journeys.service import walking

    def work(_: int) -> float:
        longest = 0.0
        while True:
            started = time.perf_counter()
            taken = walking.turn(journey_id).taken
            longest = max(longest, time.perf_counter() - started)
            if not taken:
                return longest

    began = time.perf_counter()
    with ThreadPoolExecutor(WORKERS) as workers:
        longest = max(workers.map(work, range(WORKERS)))
    return time.perf_counter() - began, longest


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
