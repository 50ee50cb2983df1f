"""Segments at the size of a brand: how long a count takes, how soon a fact changes who is in, and how fast everybody is found."""

from __future__ import annotations

import math
import os
import random
import resource
import statistics
import tempfile
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import psycopg

from bench import audience_kept
from bench.report import Figure, Report
from dev.stack import Stack
from dev.testing import wait_until

PEOPLE, EVENTS = 1_000_000, 100_000_000
SMALL = (20_000, 400_000)
ROUNDS = 5
CHANGES = 100
# Facts of other people that are recorded meanwhile, by the second.
BESIDE = 50
HEALTHY_WITHIN_S = 300


def leaf(kind: str, **config: Any) -> dict[str, Any]:
    return {"kind": kind, "config": config}


def _did(event: str, **config: Any) -> dict[str, Any]:
    return leaf("event", event=event, **config)


# What marketers of car brands ask for.
TYPICAL: dict[str, dict[str, Any]] = {
    "looked at 3 cars in 30 days": _did("vehicle.viewed", at_least=3, within_days=30),
    "calculated a plan in 14 days and did not tap to reserve in 30": {
        "all": [_did("finance.calculated", within_days=14), _did("reserve.tapped", at_most=0, within_days=30)]
    },
    "away for 60 days, agreed to messages": {"all": [_did("app.shown", at_most=0, within_days=60), leaf("consent", purpose="marketing")]},
    "never looked at a car": _did("vehicle.viewed", at_most=0),
    "follower with a phone number, tagged hot or vip": {
        "all": [
            leaf("reachable", way="service_account"),
            leaf("profile", attribute="phone"),
            {"any": [leaf("tag", tag="bench_hot"), leaf("tag", tag="bench_vip")]},
        ]
    },
    "open lead of grade H or A who looked at a car in 7 days": {
        "all": [leaf("lead", stage=["new", "assigned", "accepted"], grade=["H", "A"]), _did("vehicle.viewed", within_days=7)]
    },
    "searched in 7 days for more than 40 万": _did(
        "search.performed", within_days=7, where=[{"name": "price_fen", "test": "gte", "value": 40_000_000}]
    ),
    "new within 90 days in Shanghai or Hangzhou, not cold": {
        "all": [leaf("known_since", within_days=90), leaf("city", cities=["上海", "杭州"]), {"not": leaf("tag", tag="bench_cold")}]
    },
    "asked to be called or called herself within a year": {
        "any": [_did("contact.tapped", within_days=365), _did("phone_call.tapped", within_days=365)]
    },
    "looked at 5 new cars of 20 to 40 万 in 30 days": leaf(
        "vehicle_viewed", at_least=5, within_days=30, condition=["new"], price_min_fen=20_000_000, price_max_fen=40_000_000
    ),
}

EVERYBODY: dict[str, dict[str, Any]] = {
    "everybody": {"all": []},
    "who looked at a car in 30 days": _did("vehicle.viewed", within_days=30),
}
MARKED = "marked"


def run(*, small: bool = False, people: int = 0, events: int = 0, fill: str = "", measure: str = "") -> Report:
    """Fill, count, follow, find; the worker is a process of its own. `fill` and `measure` name a folder in which what is filled stays."""
    size = SMALL if small else (people or PEOPLE, events or EVENTS)
    if measure:
        return _measured(Path(measure))
    if fill:
        return _filled(Path(fill), size)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            _filled(folder, size)
            return _measured(folder)
        finally:
            audience_kept.forget(folder)


def _filled(folder: Path, size: tuple[int, int]) -> Report:
    note = audience_kept.fill(folder, people=size[0], events=size[1])
    return Report([Figure(f"{step} made", seconds, "s") for step, seconds in note["seconds"].items()], [_size(note)])


def _measured(folder: Path) -> Report:
    with audience_kept.opened(folder) as (stack, note):
        with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as connection:
            brand_id = audience_kept.brand(connection)
        _put_away(brand_id)
        seconds = ", ".join(f"{step} {took:.0f} s" for step, took in note["seconds"].items())
        notes = [f"{_size(note)}; PostgreSQL of the tests, {os.cpu_count()} cores", f"made in: {seconds}"]
        figures = [*_counts(brand_id, notes), *_everybody(brand_id), *_changes(stack, brand_id, note["people"])]
        _put_away(brand_id)
    return Report(figures, notes)


def _size(note: dict[str, Any]) -> str:
    return f"{note['people']:,} people, {note['events']:,} events over the twelve months up to {note['until']:.16}"


def _put_away(brand_id: uuid.UUID) -> None:
    """The segments of a measurement, also of one that was interrupted: the next one finds what this one found."""
    from app.audience.models import Segment
    from app.audience.service import segments
    from app.kit import db

    names = {*TYPICAL, *EVERYBODY, MARKED}
    with db.transaction() as session:
        for one in session.query(Segment).filter(Segment.brand_id == brand_id, Segment.name.in_(names), Segment.archived_at.is_(None)):
            segments.archive(session, _marketer(session, brand_id), one)


def _p95(took: list[float]) -> float:
    return sorted(took)[math.ceil(0.95 * len(took)) - 1]


def _counts(brand_id: uuid.UUID, notes: list[str]) -> list[Figure]:
    """Each segment several times, not the same twice in a row. A server that was just started has nothing in memory, which is a figure of
    its own: what is asked for is a server that runs.
    """
    from app.audience.service import segments
    from app.kit import db

    took: dict[str, list[float]] = {name: [] for name in TYPICAL}
    found: dict[str, int] = {}
    for _ in range(1 + ROUNDS):
        for name, tree in TYPICAL.items():
            started = time.perf_counter()
            with db.transaction() as session:
                found[name] = segments.preview(session, brand_id, tree).count
            took[name].append(time.perf_counter() - started)
    first = [some.pop(0) for some in took.values()]
    notes += [
        f"{name}: {found[name]:,} people; {statistics.median(some):.2f} s, the first look {cold:.2f} s"
        for (name, some), cold in zip(took.items(), first, strict=True)
    ]
    every = [one for some in took.values() for one in some]
    return [
        Figure("first look at each after a start of the server: the slowest", max(first), "s"),
        Figure("count preview of ten typical segments: median", statistics.median(every), "s"),
        Figure("count preview of ten typical segments: p95", _p95(every), "s", at_most=2),
    ]


def _segment(brand_id: uuid.UUID, name: str, tree: dict[str, Any]) -> uuid.UUID:
    from app.audience.service import segments
    from app.kit import db

    with db.transaction() as session:
        return segments.create(session, _marketer(session, brand_id), name=name, tree=tree).id


def _marketer(session: Any, brand_id: uuid.UUID) -> Any:
    from app.dealers.models import Role, Staff

    return session.query(Staff).filter_by(brand_id=brand_id, role=Role.marketer).first()


def _everybody(brand_id: uuid.UUID) -> list[Figure]:
    """A segment without conditions, and one that many are in by what they did."""
    from app.audience.service import computing

    figures = []
    for name, tree in EVERYBODY.items():
        _segment(brand_id, name, tree)
        started = time.perf_counter()
        computing.compute_due()
        figures.append(Figure(f"members found: {name}", time.perf_counter() - started, "s", at_most=30))
    return [*figures, Figure("memory of the process that found them", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MB")]


def _changes(stack: Stack, brand_id: uuid.UUID, people: int) -> list[Figure]:
    """From the commit of a fact to the commit of the membership that it brings, by the worker, beside the facts of others."""
    from app.audience.service import computing

    for name, tree in TYPICAL.items():
        _segment(brand_id, name, tree)
    mark = uuid.uuid4().hex
    segment_id = _segment(brand_id, MARKED, _did("reserve.tapped", within_days=1, where=[{"name": "mark", "test": "eq", "value": mark}]))
    computing.compute_due()
    stack.restart("valkey")
    stack.restart("worker")
    over = threading.Event()
    others = threading.Thread(target=_beside, args=(brand_id, people, over))
    others.start()
    seen = "SELECT FROM segment_members WHERE segment_id = %s AND customer_id = %s"
    took = []
    try:
        with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as connection:
            for one in _somebody(connection, brand_id, CHANGES + 5):
                _record(brand_id, one, "reserve.tapped", {"mark": mark})
                started = time.perf_counter()
                wait_until(lambda one=one: connection.execute(seen, [segment_id, one]).fetchone() is not None, 60, "not a member")
                took.append(time.perf_counter() - started)
                time.sleep(random.random() / 10)
    finally:
        over.set()
        others.join()
    took = took[5:]  # the worker has begun by then
    return [
        Figure(
            f"a fact changes membership, {len(TYPICAL) + 3} segments listening, {BESIDE} facts/s beside: median",
            statistics.median(took),
            "s",
        ),
        Figure(
            f"a fact changes membership, {len(TYPICAL) + 3} segments listening, {BESIDE} facts/s beside: p95", _p95(took), "s", at_most=2
        ),
    ]


def _somebody(connection: psycopg.Connection[Any], brand_id: uuid.UUID, count: int) -> list[uuid.UUID]:
    wanted = "SELECT id FROM customers WHERE brand_id = %s AND unionid LIKE 'bench%%' ORDER BY md5(id::text) LIMIT %s"
    return [row[0] for row in connection.execute(wanted, [brand_id, count])]


def _record(brand_id: uuid.UUID, customer_id: uuid.UUID, name: str, data: dict[str, Any]) -> None:
    from app.events import service as events
    from app.kit import db

    with db.transaction() as session:
        events.record(session, name, brand_id=brand_id, customer_id=customer_id, data=data | {"session_id": "bench"})


def _beside(brand_id: uuid.UUID, people: int, over: threading.Event) -> None:
    dice = random.Random(1)
    while not over.wait(1 / BESIDE):
        _record(brand_id, uuid.UUID(f"01900000{dice.randrange(1, people + 1):024x}"), "vehicle.viewed", {})
