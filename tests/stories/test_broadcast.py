"""A message to many, while workers die, PostgreSQL restarts and Valkey forgets everything: each person gets it, once.

`make soak-messages` sends to 100,000 while a worker dies every two seconds, a hundred times; BROADCAST_PEOPLE and BROADCAST_KILLS say
otherwise.
"""

from __future__ import annotations

import os
import random
import shutil
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dev.ports import free_port
from dev.postgres import Postgres
from dev.stack import Stack
from dev.testing import wait_until
from dev.town import town as built
from miniprogram_mock.phone.phone import Desk
from miniprogram_mock.phone.wechat import WeChat

PEOPLE = int(os.environ.get("BROADCAST_PEOPLE", "1500"))
KILLS = int(os.environ.get("BROADCAST_KILLS", "6"))
EVERY_SECONDS = 2.0
SEED = int(os.environ.get("SOAK_SEED", "20261122"))
# The demo's server is shared with other tests; whoever wants to restart one needs his own.
IS_SOAK = PEOPLE > 10_000
TAG, TEMPLATE = "vip", "test_drive_invitation"
LEASES_BACK_WITHIN = 60.0


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Postgres | None]:
    """A server that may be restarted, with what it promises about crashes; None in a short run."""
    if not IS_SOAK:
        yield None
        return
    server = Postgres(tmp_path / "postgres", free_port())
    server.start()
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture
def town(servers: tuple[str, str], postgres: Postgres | None, tmp_path: Path) -> Iterator[Stack]:
    """The stack with demo data and two workers, and with a WeChat that bears as many calls as there are people."""
    with built(tmp_path / "town", postgres.url("postgres") if postgres else servers[0]) as stack:
        stack.lines["worker"] = replace(stack.lines["worker"], count=2)
        # With WeChat's own quota the last tenth would leave tomorrow, and rightly so.
        stack.env["WECHAT_QUOTAS"] = '{"/cgi-bin/message/template/send": {"per_day": 100000000}}'
        stack.start()
        _no_limits(WeChat(stack.simulator))
        yield stack


def _no_limits(tencent: WeChat) -> None:
    """How many messages WeChat takes a day is another test's; its reports of delivery are, too."""
    for limit in tencent.line.call("GET", "/_sim/limits")["limits"]:
        if "template" in limit["name"] and not limit["name"].endswith("_seconds"):
            tencent.line.call("POST", "/_sim/limits", json={"name": limit["name"], "value": 10**9})
    tencent.line.call("POST", "/_sim/faults", json={"lose_callbacks": 10**9})


def _populated(town: Stack, books: psycopg.Connection[Any]) -> str:
    """So many people who follow, agreed, and carry the tag; the service account that they follow."""
    (brand_id, appid) = books.execute("SELECT brand_id, appid FROM wechat_accounts WHERE kind = 'service_account'").fetchone() or ()
    tencent, openids = WeChat(town.simulator), []
    while len(openids) < PEOPLE:
        asked = {"count": min(5000, PEOPLE - len(openids)), "follow": True}
        openids += tencent.line.call("POST", "/_sim/users/crowd", json=asked)["openids"][appid]
    rows = [(uuid.uuid4(), openid) for openid in openids]
    with books.cursor() as cursor:
        with cursor.copy("COPY customers (id, brand_id) FROM STDIN") as copy:
            for customer_id, _ in rows:
                copy.write_row((customer_id, brand_id))
        with cursor.copy("COPY wechat_identities (id, brand_id, appid, openid, customer_id, followed) FROM STDIN") as copy:
            for customer_id, openid in rows:
                copy.write_row((uuid.uuid4(), brand_id, appid, openid, customer_id, True))
    ids = [customer_id for customer_id, _ in rows]
    books.execute(
        "INSERT INTO consents (id, brand_id, customer_id, purpose, text_version) "
        "SELECT gen_random_uuid(), %s, id, 'marketing', '1' FROM unnest(%s::uuid[]) AS id",
        [brand_id, ids],
    )
    books.execute(
        "INSERT INTO customer_tags (customer_id, tag_id, active, source) "
        "SELECT id, (SELECT tags.id FROM tags WHERE tags.key = %s AND tags.brand_id = %s), true, 'staff' FROM unnest(%s::uuid[]) AS id",
        [TAG, brand_id, ids],
    )
    books.execute("ANALYZE")
    return str(appid)


def _started(town: Stack, books: psycopg.Connection[Any]) -> str:
    """A marketer writes to everybody with the tag, now."""
    from app.console.demo.people import PASSWORD

    desk = Desk(town.web, username="marketer", password=PASSWORD)
    (vehicle_id,) = books.execute("SELECT id FROM vehicles WHERE status = 'listed' ORDER BY number LIMIT 1").fetchone() or ()
    broadcast = desk.line.call(
        "POST",
        "/api/staff/broadcasts/",
        json={
            "name": "周末试驾",
            "audience": {"kind": "tag", "tag": TAG},
            "ladder": [{"channel": "service_template", "template_key": TEMPLATE}],
            "context": {"vehicle_id": str(vehicle_id)},
            "expires_hours": 24,
        },
        headers={"Idempotency-Key": uuid.uuid4().hex},
    )
    key = {"Idempotency-Key": uuid.uuid4().hex}
    desk.line.call("POST", f"/api/staff/broadcasts/{broadcast['id']}/schedule", json={"at": None}, headers=key)
    return str(broadcast["id"])


@contextmanager
def _killer(town: Stack, postgres: Postgres | None, books: str, killed: Counter[str]) -> Iterator[None]:
    """Every two seconds a worker dies; PostgreSQL ends all connections, or restarts, and Valkey comes back with nothing, now and then."""
    chance, over = random.Random(SEED), threading.Event()
    servers = {KILLS // 3: "postgres", 2 * KILLS // 3: "valkey"}

    def rage() -> None:
        for number in range(1, KILLS + 1):
            if over.wait(EVERY_SECONDS):
                return
            workers = town.running["worker"]
            place = chance.randrange(len(workers))
            workers[place].kill()
            workers[place].wait()
            _come_back(town, place)
            killed["worker"] += 1
            if (server := servers.get(number)) is not None:
                _strike(town, postgres, books, server)
                killed[server] += 1

    thread = threading.Thread(target=rage, name="killer")
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _come_back(town: Stack, place: int) -> None:
    others = town.running.pop("worker")
    line = town.lines["worker"]
    town.lines["worker"] = replace(line, count=1)
    town.restart("worker")
    others[place] = town.running["worker"][0]
    town.running["worker"], town.lines["worker"] = others, line


def _strike(town: Stack, postgres: Postgres | None, books: str, server: str) -> None:
    if server == "valkey":
        town.kill("valkey")
        assert town.valkey is not None
        for file in town.valkey.folder.glob("appendonlydir"):
            shutil.rmtree(file)
        town.restart("valkey")
    elif postgres is not None:
        postgres.stop()
        postgres.start()
    else:
        with psycopg.connect(books, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


def test_a_broadcast_reaches_everybody_once_whoever_dies_meanwhile(town: Stack, postgres: Postgres | None) -> None:
    address = town.env["DATABASE_URL"]
    killed: Counter[str] = Counter()
    with psycopg.connect(address, autocommit=True) as books:
        appid = _populated(town, books)
        began = time.monotonic()
        broadcast_id = _started(town, books)
    with _killer(town, postgres, address, killed):
        wait_until(lambda: killed["worker"] == KILLS, KILLS * (EVERY_SECONDS + 30))
    if not IS_SOAK:
        # What the last dead worker had is let go by the clock, for which nobody has to wait here.
        with psycopg.connect(address, autocommit=True) as books:
            books.execute("UPDATE clock_shift SET shift = shift + interval '56 seconds'")
    with psycopg.connect(address, autocommit=True) as books:

        def fates() -> dict[str, int]:
            rows = books.execute("SELECT status, count(*) FROM sends WHERE broadcast_id = %s GROUP BY 1", [broadcast_id]).fetchall()
            return dict(rows)

        wait_until(lambda: fates().get("accepted") == PEOPLE, 600 + PEOPLE / 100, f"not all were sent: {fates()}")
        took = time.monotonic() - began
        assert fates() == {"accepted": PEOPLE}
        (state,) = wait_until(
            lambda: books.execute("SELECT status FROM broadcasts WHERE id = %s AND status = 'finished'", [broadcast_id]).fetchone(), 60
        )
        (slowest,) = books.execute(
            "SELECT extract(epoch FROM max(settled_at - claimed_at)) FROM sends WHERE broadcast_id = %s", [broadcast_id]
        ).fetchone() or (0,)
    assert state == "finished"
    got = _what_wechat_saw(WeChat(town.simulator), appid)
    print(
        f"{PEOPLE} people in {took:.0f} s; killed {dict(killed)}; sent again {got['again']}; longest from claim to answer {slowest:.0f} s"
    )
    assert (got["people"], got["messages"], got["twice"]) == (PEOPLE, PEOPLE, 0)
    assert killed["worker"] == KILLS
    assert killed["postgres"] == killed["valkey"] == 1


def _what_wechat_saw(tencent: WeChat, appid: str) -> dict[str, int]:
    """By the simulator's own count: whom it delivered to, how many messages, what happened twice and what was only asked for twice."""
    got = tencent.line.call("GET", "/_sim/received", params={"appid": appid})
    repeats = tencent.line.call("GET", "/_sim/duplicates")["duplicates"]
    return {
        "people": got["people"],
        "messages": got["messages"],
        "twice": sum(one["effects"] > 1 for one in repeats),
        "again": sum(one["deduplicated"] for one in repeats if "template" in one["kind"]),
    }
