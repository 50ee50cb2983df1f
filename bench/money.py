"""Holding and paying with a million vehicles and a hundred thousand orders in the tables: beside bare statements and a trivial door."""

from __future__ import annotations

import http.client
import json
import math
import os
import statistics
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from bench import money_data
from bench.money_data import Buyer, Car
from bench.money_market import Bench, beside, built, forget_connections, market, reserve
from bench.report import Report
from dev.testing import wait_until
from miniprogram_mock.phone.wechat import WeChat

HOLDS = 1000
SINGLE, AT_ONCE, CONNECTIONS = 200, 400, 8
TRIVIAL = "/api/public/health"
DOOR = "/api/customer/orders/"
SWEEPS = ("orders.expire_due", "orders.offers_due", "orders.find_owners", "payments.query_due", "payments.refund_due")
DUE = 50
# Of all that are due nobody may wait, and of all that are not nobody may notice.
IDLE_SWEEP_MS = 50
# A scan of one of these from end to end, while somebody waits, is a mistake.
LARGE = ("vehicles", "customers", *money_data.ROWS)


@dataclass(frozen=True)
class Request:
    """Something to ask over HTTP, and the status that answers it."""

    path: str
    status: int
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


def run() -> Report:
    """Make the data, then measure: by itself, over HTTP, what WeChat tells, and the sweeps; at the end see how the tables were read."""
    with built() as stack, beside(stack) as bench:
        started = time.perf_counter()
        people, cars, terms = market(bench, HOLDS + SINGLE + AT_ONCE, SINGLE + AT_ONCE)
        filled = time.perf_counter() - started
        before = _whole_scans(bench)
        _idle_sweeps(bench)
        held = _holds(bench, people[:HOLDS], cars[:HOLDS], terms)
        for name in ("valkey", "simulator", "web"):
            stack.restart(name)
        stack.wait_healthy()
        _door(bench, people[HOLDS:], cars[HOLDS:], terms)
        _notices(bench, held)
        _due_sweeps(bench)
        stack.kill("web")
        scans = {table: count - before[table] for table, count in _whole_scans(bench).items()}
    bench.tell("scans of a large table from end to end", sum(scans.values()), "scans", at_most=0)
    notes = [
        f"{money_data.VEHICLES:,} vehicles and {money_data.ORDERS:,} orders with their money; made in {filled:.0f} s",
        f"over HTTP: web and simulator as in the Procfile; client and servers share {os.cpu_count()} cores",
        "bare: the very rows that a hold leaves, inserted again, with the update of its vehicle, by psycopg in one transaction",
        f"a trivial door: {TRIVIAL}",
        *(f"read from end to end: {table}, {count} times" for table, count in scans.items() if count),
    ]
    return Report(bench.figures, notes)


def _holds(bench: Bench, people: Sequence[Buyer], cars: Sequence[Car], terms: str) -> list[str]:
    """One hold after the other by the service alone, then the rows of each by bare statements. Returns the orders."""
    from app.kit import db

    held, took, worked = [], [], time.process_time()
    for buyer, car in zip(people, cars, strict=True):
        started = time.perf_counter()
        with db.transaction() as session:
            held.append(str(reserve(session, buyer, car, terms).id))
        took.append(time.perf_counter() - started)
    worked = time.process_time() - worked
    bench.rings.clear()
    bare = _bare(bench.database_url, held)
    bench.tell("holds: one after the other, in one process", len(took) / sum(took), "1/s")
    bench.tell("holds: median", statistics.median(took) * 1000, "ms")
    bench.tell("holds: processor time of one", worked / len(took) * 1000, "ms")
    bench.tell("bare: one after the other", len(bare) / sum(bare), "1/s")
    bench.tell("holds: median, times the bare one's", statistics.median(took) / statistics.median(bare), "x")
    return held


def _bare(database_url: str, held: Sequence[str]) -> list[float]:
    """Seconds of each transaction that writes what a hold of the service wrote, into tables of the same columns and indexes."""
    tables = ("orders", "reservations", "payment_intents", "payment_attempts", "events", "event_deliveries")
    about = {
        "orders": "r.id = o.id",
        "payment_intents": "r.id = o.intent_id",
        "events": "r.subject_id IN (o.id::text, o.vehicle_id::text) AND r.recorded_at >= o.created_at",
        "event_deliveries": "r.recorded_at = o.created_at AND r.event_id IN (SELECT id FROM events"
        " WHERE subject_id IN (o.id::text, o.vehicle_id::text) AND recorded_at >= o.created_at)",
        "payment_attempts": "r.intent_id = o.intent_id",
        "reservations": "r.order_id = o.id",
    }
    took = []
    with psycopg.connect(database_url, autocommit=True) as connection:
        for table in tables:
            connection.execute(f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING ALL)")
        for order_id in held:
            rows = [
                (table, row[0])
                for table in tables
                for row in connection.execute(
                    f"SELECT to_jsonb(r)::text FROM {table} r, orders o WHERE o.id = %s AND {about[table]}", [order_id]
                )
            ]
            started = time.perf_counter()
            with connection.transaction():
                connection.execute(
                    "UPDATE vehicles SET version = version + 1 WHERE id = (SELECT vehicle_id FROM orders WHERE id = %s)", [order_id]
                )
                for table, row in rows:
                    connection.execute(f"INSERT INTO bare_{table} SELECT * FROM jsonb_populate_record(NULL::bare_{table}, %s)", [row])
            took.append(time.perf_counter() - started)
        for table in tables:
            connection.execute(f"DROP TABLE bare_{table}")
    return took


def _door(bench: Bench, people: Sequence[Buyer], cars: Sequence[Car], terms: str) -> None:
    """POST of an order by people who wait, one after the other and several at once, beside a door that does nothing."""
    appid = WeChat(bench.stack.simulator).mini_program
    asked = []
    for buyer, car in zip(people, cars, strict=True):
        body = json.dumps({"vehicle_id": car.id, "terms_version": terms}).encode()
        signed_in = {"X-Appid": appid, "Authorization": f"Bearer {buyer.token}", "Content-Type": "application/json"}
        asked.append(Request(DOOR, 201, body, signed_in | {"Idempotency-Key": uuid.uuid4().hex}))
    warm, single, several = asked[:20], asked[20:SINGLE], asked[SINGLE:]
    trivial = [Request(TRIVIAL, 200)] * len(several)
    for some in (trivial[:50], warm):
        _asked(bench, some, connections=2)
    for how, connections, wanted in (("one after the other", 1, single), (f"{CONNECTIONS} at once", CONNECTIONS, several)):
        plain, _ = _asked(bench, trivial[: len(wanted)], connections=connections)
        took, seconds = _asked(bench, wanted, connections=connections)
        for name, share in (("p50", 0.5), ("p99", 0.99)):
            bench.tell(f"POST of an order, {how}: {name}", _at(took, share) * 1000, "ms")
            bench.tell(f"POST of an order, {how}: {name}, times the trivial door's", _at(took, share) / _at(plain, share), "x")
        bench.tell(f"POST of an order, {how}", len(took) / seconds, "holds/s")


def _notices(bench: Bench, held: Sequence[str]) -> None:
    """WeChat Pay tells that every one of these orders was paid: at the door, and until the vehicle is held firmly."""
    from app.events import service as events

    bodies = _paid(bench, held)
    plain = [Request(TRIVIAL, 200)] * len(bodies)
    _, trivial = _asked(bench, plain, connections=CONNECTIONS)
    _, seconds = _asked(bench, bodies, connections=CONNECTIONS)
    started, worked = time.perf_counter(), time.process_time()
    while events.deliver("payments.take_payment") + events.deliver("orders.follow_payment"):
        pass
    handled, worked = time.perf_counter() - started, time.process_time() - worked
    with psycopg.connect(bench.database_url) as connection:
        firmly = "SELECT count(*) FROM reservations WHERE status = 'hard_held' AND order_id = ANY(%s::uuid[])"
        (count,) = connection.execute(firmly, [list(held)]).fetchone() or (0,)
    if count != len(held):
        raise RuntimeError(f"{len(held)} orders were paid, {count} vehicles are held firmly")
    bench.rings.clear()
    bench.tell(f"notices: taken at the door, {CONNECTIONS} at once", len(bodies) / seconds, "1/s")
    bench.tell("notices: taken, share of the trivial door's", 100 * trivial / seconds, "%")
    bench.tell("notices: from taken to held firmly, in one process", count / handled, "1/s")
    bench.tell("notices: from taken to held firmly, processor time of one", worked / count * 1000, "ms")


def _paid(bench: Bench, held: Sequence[str]) -> list[Request]:
    """A signed notification for each order."""
    from miniprogram_mock.platform import crypto
    from miniprogram_mock.platform.pushes import pay_signature
    from miniprogram_mock.platform.world import load

    world, made = load(Path(bench.stack.env["SIM_DIR"])), []
    columns = "out_trade_no, appid, mchid, openid, amount_fen"
    with psycopg.connect(bench.database_url) as connection:
        wanted = f"SELECT {columns} FROM payment_attempts WHERE intent_id IN (SELECT intent_id FROM orders WHERE id = ANY(%s::uuid[]))"
        rows = connection.execute(wanted, [list(held)]).fetchall()
    for number, (out_trade_no, appid, mchid, openid, amount_fen) in enumerate(rows):
        merchant = world.merchant(mchid)
        assert merchant is not None
        told = {
            "appid": appid, "mchid": mchid, "out_trade_no": out_trade_no, "transaction_id": f"43{number:026d}", "trade_type": "JSAPI",
            "trade_state": "SUCCESS", "bank_type": "OTHERS", "attach": "", "success_time": datetime.now(UTC).isoformat(timespec="seconds"),
            "payer": {"openid": openid},
            "amount": {"total": amount_fen, "payer_total": amount_fen, "currency": "CNY", "payer_currency": "CNY"},
        }  # fmt: skip
        resource = crypto.seal(merchant.apiv3_key, json.dumps(told).encode(), kind="transaction")
        notice = {"id": str(uuid.uuid4()), "create_time": told["success_time"], "resource_type": "encrypt-resource", "summary": "支付成功"}
        body = json.dumps(notice | {"event_type": "TRANSACTION.SUCCESS", "resource": resource}).encode()
        signed = pay_signature(merchant, str(int(time.time())), body) | {"Content-Type": "application/json"}
        made.append(Request(f"/api/platform/wechat/pay/{mchid}/payments", 204, body, signed))
    return made


def _idle_sweeps(bench: Bench) -> None:
    """Each sweep while nothing is due."""
    from app.kit import queue

    for name in (name for name in SWEEPS if name in queue.jobs()):
        queue.run(name)
        took = [_seconds(lambda name=name: queue.run(name)) for _ in range(20)]
        if bench.rings:
            raise RuntimeError(f"{name} found something to do: {bench.rings[:3]}")
        bench.tell(f"{name}: nothing is due", statistics.median(took) * 1000, "ms", at_most=IDLE_SWEEP_MS)


def _due_sweeps(bench: Bench) -> None:
    """The sweeps over money while something is due."""
    from app.kit import queue

    due = {
        "orders.expire_due": "UPDATE reservations SET expires_at = marque_now() WHERE id IN"
        " (SELECT id FROM reservations WHERE status = 'soft_held' ORDER BY expires_at DESC LIMIT %s)",
        "payments.query_due": "UPDATE payment_attempts SET due_at = marque_now() WHERE id IN"
        " (SELECT id FROM payment_attempts WHERE status = 'prepay_ok' ORDER BY due_at DESC LIMIT %s)",
        "payments.refund_due": "UPDATE refunds SET due_at = marque_now() WHERE id IN"
        " (SELECT id FROM refunds WHERE status = 'requested' LIMIT %s)",
    }
    for name, make_due in due.items():
        with psycopg.connect(bench.database_url) as connection:
            connection.execute("SET enable_seqscan = off")
            connection.execute(make_due, [DUE])
        bench.tell(f"{name}: {DUE} are due", _seconds(lambda name=name: queue.run(name)) * 1000, "ms")
        bench.rings.clear()


def _whole_scans(bench: Bench) -> dict[str, int]:
    """How often each large table was read from end to end so far; what a connection has counted is known once it has ended."""
    forget_connections()
    with psycopg.connect(bench.database_url, autocommit=True) as connection:
        others = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename IS NOT NULL"
        wait_until(lambda: not connection.execute(others).fetchall(), what="others are connected")
        rows = connection.execute("SELECT relname, seq_scan FROM pg_stat_user_tables WHERE relname = ANY(%s)", [list(LARGE)])
        return dict(rows.fetchall())


def _asked(bench: Bench, wanted: Sequence[Request], *, connections: int) -> tuple[list[float], float]:
    """Seconds of each request and of all, over connections that stay open. Raises RuntimeError for another status than wanted."""

    def lane(at: int) -> list[float]:
        connection = http.client.HTTPConnection(bench.stack.web.removeprefix("http://"), timeout=30)
        took = []
        for one in wanted[at::connections]:
            started = time.perf_counter()
            connection.request("GET" if one.body is None else "POST", one.path, body=one.body, headers=one.headers)
            answer = connection.getresponse()
            told = answer.read()
            took.append(time.perf_counter() - started)
            if answer.status != one.status:
                raise RuntimeError(f"{one.path}: {answer.status} {told[:300]!r}")
        connection.close()
        return took

    started = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        took = [one for some in pool.map(lane, range(connections)) for one in some]
    return took, time.perf_counter() - started


def _at(took: Sequence[float], share: float) -> float:
    return sorted(took)[math.ceil(share * len(took)) - 1]


def _seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
