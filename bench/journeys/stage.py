"""What all parts of the bench stand on: people, journeys, the product's own workers, and who looks on while they work."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psutil
import psycopg

from dev.stack import Stack

VIP, BROKEN_OFF_AFTER_S = "bench_vip", 1200
FOUND_AFTER_S = 300
# How often it is looked for the longest transaction: what is shorter may be missed.
LOOKS_EVERY_S = 0.02
MOST_TOLD = 6
_PEOPLE = """
    INSERT INTO customers (id, brand_id, unionid, nickname, city)
    SELECT marque_new_id(), %s, 'bench' || n, '车友' || n, CASE n %% 2 WHEN 0 THEN '上海' END FROM generate_series(%s::int, %s::int) n
"""
_TEMPLATE = """
    INSERT INTO message_templates
    SELECT (jsonb_populate_record(one, %s::jsonb)).* FROM message_templates one WHERE key = 'deposit_paid' LIMIT 1
"""
_LONGEST = """
    SELECT extract(epoch FROM clock_timestamp() - xact_start), (pid, xact_start)::text,
        concat_ws(' ', CASE WHEN state <> 'active' THEN state END, wait_event_type || '/' || wait_event, query)
    FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'marque' AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
    ORDER BY xact_start LIMIT 1
"""


@dataclass(frozen=True)
class Made:
    """A journey and its published version."""

    journey_id: uuid.UUID
    version_id: uuid.UUID
    start: str


@dataclass
class Seen:
    """What was seen while a part ran: the longest transaction, what it did since it was the longest, and what the workers took."""

    longest_s: float = 0.0
    longest: str = ""
    doing: list[str] = field(default_factory=list)
    largest_mb: float = 0.0
    worker_cpu_s: float = 0.0
    database_cpu_s: float = 0.0

    def told(self) -> str:
        doing = "; ".join(self.doing[-MOST_TOLD:])
        return f"CPU: workers {self.worker_cpu_s:.1f} s, PostgreSQL {self.database_cpu_s:.1f} s; the longest at last: {doing}"


@dataclass
class Stage:
    """A town with many people; `count` of them are the bench's own, `members` are in its segment. Workers run from `work` on."""

    stack: Stack
    database: psycopg.Connection[Any]
    brand_id: uuid.UUID
    count: int
    members: int = 0
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, stack: Stack, database: psycopg.Connection[Any], count: int) -> Stage:
        made = cls(stack, database, _first(database, "SELECT id FROM brands LIMIT 1"), count)
        database.execute(_PEOPLE, [made.brand_id, 1, count])
        made.tag(VIP)
        database.execute("VACUUM ANALYZE customers")
        return made

    def one(self, sql: str, *given: Any) -> Any:
        """The first value of the first row; None where there is none."""
        return _first(self.database, sql, *given)

    def tag(self, key: str) -> None:
        row = [uuid.uuid4(), self.brand_id, key, key]
        self.database.execute("INSERT INTO tags (id, brand_id, key, label, kind) VALUES (%s, %s, %s, %s, 'manual')", row)

    def somebody(self, count: int) -> list[uuid.UUID]:
        """New people, of whom nothing is known."""
        ids = [uuid.uuid4() for _ in range(count)]
        with self.database.cursor() as cursor, cursor.copy("COPY customers (id, brand_id) FROM STDIN") as copy:
            for one in ids:
                copy.write_row((one, self.brand_id))
        return ids

    def segment(self) -> uuid.UUID:
        """Everybody of the bench, and whom the town knows as well, as a segment whose members are found."""
        from app.audience.service import computing, segments
        from app.dealers.models import Role, Staff
        from app.kit import db

        tree = {"all": [{"kind": "profile", "config": {"attribute": "unionid"}}]}
        with db.transaction() as session:
            staff = session.query(Staff).filter_by(brand_id=self.brand_id, role=Role.marketer).first()
            assert staff is not None
            segment_id = segments.create(session, staff, name=f"测速{time.monotonic_ns()}", tree=tree).id
        end = time.monotonic() + FOUND_AFTER_S
        while self.members < self.count:  # a worker of the town may be the one that computes it
            if time.monotonic() > end:
                raise RuntimeError(f"{self.members} members instead of {self.count}")
            computing.compute_due()
            self.members = int(self.one("SELECT count(*) FROM segment_members WHERE segment_id = %s", segment_id))
        return segment_id

    def journey(self, key: str, entry: dict[str, Any], nodes: Sequence[dict[str, Any]], *, ways: str, paused: bool = False) -> Made:
        """Publish a graph that starts at its first node; `ways` as "ask.yes>end ask.no>tag tag>end", the port is "done" when left out."""
        from app.journeys import service
        from app.journeys.service import running
        from app.kit import db

        edges = []
        for way in ways.split():
            source, target = way.split(">")
            start, _, port = source.partition(".")
            edges.append({"from": start, "port": port or "done", "to": target})
        graph = {"triggers": [entry], "start": nodes[0]["id"], "nodes": list(nodes), "edges": edges}
        with db.transaction() as session:
            journey = service.create(session, self.brand_id, key=f"bench_{key}", name=f"测速 {key}")
            version = service.publish(session, journey, graph)
            if paused:
                running.pause(session, journey)
            return Made(journey.id, version.id, nodes[0]["id"])

    def template(self, key: str, **row: Any) -> None:
        """A template like one that the town has, under another key, with these other columns."""
        row |= {"id": str(uuid.uuid4()), "key": key, "page": None}
        self.database.execute(_TEMPLATE, [json.dumps(row)])

    def resume(self, made: Made) -> float:
        """When (`time.perf_counter`) steps were let be taken again."""
        from app.journeys.models import Journey
        from app.journeys.service import running
        from app.kit import db

        began = time.perf_counter()
        with db.transaction() as session:
            running.resume(session, session.get_one(Journey, made.journey_id))
        return began

    def ended(self, made: Made) -> int:
        """How many have come to their end; of the kept counts, so that it costs nobody anything."""
        what = "SELECT coalesce(sum(times), 0)::bigint FROM journey_counts WHERE version_id = %s AND what = 'finished'"
        return int(self.one(what, made.version_id))

    def wait(self, look: Callable[[], Any], what: str) -> float:
        """Look five times a second, which is nothing beside what is measured; when (`time.perf_counter`) it was so."""
        until = time.monotonic() + BROKEN_OFF_AFTER_S
        while not look():
            if time.monotonic() > until:
                raise RuntimeError(f"{what}: not within {BROKEN_OFF_AFTER_S} s")
            time.sleep(0.2)
        return time.perf_counter()

    def work(self) -> None:
        """Start the queue, the scheduler and the workers that a stack has, and wait until they work."""
        from app.kit import queue

        if "worker" in self.stack.running:
            return
        if "valkey" not in self.stack.running:
            self.stack.restart("valkey")
        self.stack.wait_healthy()
        # Those who were killed still stand there.
        queue.connection().delete("rq:workers")
        for name in ("scheduler", "worker"):
            self.stack.restart(name)
        self.wait(lambda: queue.connection().scard("rq:workers") >= len(self.stack.running["worker"]), "workers are there")

    def rest(self) -> None:
        """Stop the workers and the scheduler."""
        for name in ("scheduler", "worker"):
            self.stack.kill(name)

    @contextmanager
    def watched(self) -> Iterator[Seen]:
        """What is seen from here to the end of the block."""
        seen, over = Seen(), threading.Event()
        workers = [psutil.Process(one.pid) for one in self.stack.running.get("worker", ())]
        server = psutil.Process(self.database.info.backend_pid).parent() if _is_here(self.database) else None
        before, before_there = _cpu(workers), _cpu(server.children() if server else [])
        watch = threading.Thread(target=_look, args=(self.stack.env["DATABASE_URL"], workers, seen, over), name="watch")
        watch.start()
        try:
            yield seen
        finally:
            over.set()
            watch.join()
            seen.worker_cpu_s = _cpu(workers) - before
            seen.database_cpu_s = _cpu(server.children() if server else []) - before_there


def _first(database: psycopg.Connection[Any], sql: Any, *given: Any) -> Any:
    row = database.execute(sql, given).fetchone()
    return row[0] if row else None


def _is_here(database: psycopg.Connection[Any]) -> bool:
    return psutil.pid_exists(database.info.backend_pid) and database.info.host in ("127.0.0.1", "localhost", "::1")


def _cpu(processes: Sequence[psutil.Process]) -> float:
    took = 0.0
    for one in processes:
        try:
            took += sum(one.cpu_times()[:2])
        except psutil.NoSuchProcess:
            continue
    return took


def _look(address: str, workers: Sequence[psutil.Process], seen: Seen, over: threading.Event) -> None:
    with psycopg.connect(address, autocommit=True) as database:
        while not over.wait(LOOKS_EVERY_S):
            row = database.execute(_LONGEST).fetchone()
            if row is not None and float(row[0]) > seen.longest_s:
                if row[1] != seen.longest:
                    seen.longest, seen.doing = row[1], []
                seen.longest_s, doing = float(row[0]), " ".join(row[2].split())[:120]
                if doing not in seen.doing:
                    seen.doing.append(doing)
            seen.largest_mb = max([seen.largest_mb, *(one.memory_info().rss / 1e6 for one in workers)])


def node(node_id: str, kind: str, **config: Any) -> dict[str, Any]:
    return {"id": node_id, "kind": kind, "config": config}


def trigger(kind: str, **config: Any) -> dict[str, Any]:
    return {"kind": kind, "config": config}


def p95(took: Sequence[float]) -> float:
    return sorted(took)[min(len(took) - 1, int(len(took) * 0.95))]
