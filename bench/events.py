"""The door for behaviour events: at the offered rate that one node has to bear, at its limit, and against bare INSERTs of the same rows."""

from __future__ import annotations

import http.client
import json
import math
import os
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg

from bench.report import Figure, Report
from dev.testing import servers
from dev.town import town
from miniprogram_mock.phone.phone import Phone
from miniprogram_mock.phone.wechat import WeChat

OFFERED_PER_SECOND = 500
P95_MS = 1000
# As the mini-program sends them.
BATCH = 20
CONNECTIONS = 8
SECONDS = 20
BATCHES_AT_THE_LIMIT = 400
DOOR = "/api/visitor/events/"


def batch(visitor_id: str, vehicle_id: str) -> dict[str, Any]:
    """What a phone tells at a time: she looks at cars, and at pages between."""
    run = uuid.uuid4().hex
    viewed = {"name": "vehicle.viewed", "vehicle_id": vehicle_id, "data": {"price_fen": 128_000_000, "source": "list"}}
    events = [viewed if at % 2 else {"name": "page.viewed", "data": {"position": at}} for at in range(BATCH)]
    known = {"at": "2026-03-01T10:00:00.000+08:00", "page": "pages/vehicles/detail"}
    return {"visitor_id": visitor_id, "session_id": run, "events": [{"id": str(uuid.uuid4()), **known, **one} for one in events]}


def bodies(count: int, vehicle_id: str) -> list[bytes]:
    """Batches of as many phones as a few minutes bring, each once."""
    phones = [uuid.uuid4().hex for _ in range(200)]
    return [json.dumps(batch(phones[at % len(phones)], vehicle_id)).encode() for at in range(count)]


def sender(address: str, headers: dict[str, str]) -> Callable[[bytes], None]:
    """Sends batches over one connection that stays open. Raises RuntimeError for anything that was not accepted as a whole."""
    connection = http.client.HTTPConnection(address, timeout=30)

    def send(body: bytes) -> None:
        connection.request("POST", DOOR, body=body, headers=headers)
        answer = connection.getresponse()
        told = answer.read()
        if answer.status != http.client.OK or json.loads(told)["accepted"] != BATCH:
            raise RuntimeError(f"{answer.status} {told[:200]!r}")

    return send


def at_their_rate(address: str, headers: dict[str, str], waiting: list[bytes]) -> list[float]:
    """Milliseconds from when each batch was due to its answer, while they are offered evenly whatever the server does."""
    pause = BATCH / OFFERED_PER_SECOND
    started = time.perf_counter() + 0.5

    def one_connection(lane: int) -> list[float]:
        send, took = sender(address, headers), []
        for at in range(lane, len(waiting), CONNECTIONS):
            due = started + at * pause
            time.sleep(max(0.0, due - time.perf_counter()))
            send(waiting[at])
            took.append((time.perf_counter() - due) * 1000)
        return took

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return [one for took in pool.map(one_connection, range(CONNECTIONS)) for one in took]


def at_the_limit(address: str, headers: dict[str, str], waiting: list[bytes]) -> float:
    """Events per second when every connection sends the next batch at once."""

    def one_connection(lane: int) -> None:
        send = sender(address, headers)
        for body in waiting[lane::CONNECTIONS]:
            send(body)

    started = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(one_connection, range(CONNECTIONS)))
    return len(waiting) * BATCH / (time.perf_counter() - started)


def bare(database_url: str, waiting: list[bytes]) -> float:
    """Events per second that PostgreSQL takes as plain rows without an index, batch by batch, each committed."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE bare (id uuid, name text, subject_id text, data jsonb, recorded_at timestamptz DEFAULT now())")
        started = time.perf_counter()
        for body in waiting:
            with connection.transaction(), connection.cursor() as cursor:
                cursor.executemany("INSERT INTO bare (id, name, subject_id, data) VALUES (%s, %s, %s, %s)", list(_rows(body)))
        took = time.perf_counter() - started
        connection.execute("DROP TABLE bare")
    return len(waiting) * BATCH / took


def _rows(body: bytes) -> Iterator[tuple[Any, ...]]:
    for one in json.loads(body)["events"]:
        yield one["id"], one["name"], one.get("vehicle_id"), json.dumps(one["data"])


def run() -> Report:
    """First evenly at the offered rate, then as fast as it goes, by somebody who is signed in."""
    with tempfile.TemporaryDirectory() as folder, servers() as lent, town(Path(folder), lent.database_url) as stack:
        for process in ("valkey", "simulator", "web"):
            stack.restart(process)
        stack.wait_healthy()
        phone = Phone(stack.web, WeChat(stack.simulator), nickname="测速员", phone="13800000001")
        phone.login()
        car = phone.search(limit=1)["items"][0]["id"]
        known = {"X-Appid": phone.wechat.mini_program, "Authorization": f"Bearer {phone.token}", "Content-Type": "application/json"}
        address = stack.web.removeprefix("http://")
        at_the_limit(address, known, bodies(CONNECTIONS * 2, car))  # warm
        took = sorted(at_their_rate(address, known, bodies(OFFERED_PER_SECOND * SECONDS // BATCH, car)))
        limit = at_the_limit(address, known, bodies(BATCHES_AT_THE_LIMIT, car))
        plain = bare(stack.env["DATABASE_URL"], bodies(BATCHES_AT_THE_LIMIT, car))
    figures = [
        Figure(f"{OFFERED_PER_SECOND} events/s offered: median", took[len(took) // 2], "ms"),
        Figure(f"{OFFERED_PER_SECOND} events/s offered: p95", took[math.ceil(0.95 * len(took)) - 1], "ms", at_most=P95_MS),
        Figure("at the limit", limit, "events/s", at_least=OFFERED_PER_SECOND),
        Figure("bare INSERT", plain, "events/s"),
        Figure("at the limit, share of the bare INSERT", limit / plain, "ratio"),
    ]
    how = f"batches of {BATCH} over {CONNECTIONS} connections; {SECONDS} s at the offered rate, counted from when each batch was due"
    return Report(figures, (f"{how}; the client shares {os.cpu_count()} cores with the servers.",))
