"""A message to many, while workers die, PostgreSQL restarts and Valkey forgets everything: each person gets it, once.

`make soak-messages` sends to 100,000 while a worker dies every two seconds, a hundred times; BROADCAST_PEOPLE and BROADCAST_KILLS say
otherwise.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dev.postgres import Postgres
from dev.stack import Stack
from dev.testing import wait_until
from miniprogram_mock.phone.phone import Desk
from miniprogram_mock.phone.wechat import WeChat
from tests.stories.storm import EVERY_SECONDS, Storm, crowd, own_postgres, tagged, town_for_many, what_wechat_saw

PEOPLE = int(os.environ.get("BROADCAST_PEOPLE", "1500"))
KILLS = int(os.environ.get("BROADCAST_KILLS", "6"))
# The demo's server is shared with other tests; whoever wants to restart one needs his own.
IS_SOAK = PEOPLE > 10_000
TAG, TEMPLATE = "vip", "test_drive_invitation"


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Postgres | None]:
    with own_postgres(tmp_path, wanted=IS_SOAK) as server:
        yield server


@pytest.fixture
def town(servers: tuple[str, str], postgres: Postgres | None, tmp_path: Path) -> Iterator[Stack]:
    with town_for_many(tmp_path / "town", postgres.url("postgres") if postgres else servers[0]) as stack:
        yield stack


def _populated(town: Stack, books: psycopg.Connection[Any]) -> str:
    """So many people who follow, agreed, and carry the tag; the service account that they follow."""
    everybody = crowd(town, books, PEOPLE)
    tagged(books, TAG, everybody.ids)
    books.execute("ANALYZE")
    return everybody.appid


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


def test_a_broadcast_reaches_everybody_once_whoever_dies_meanwhile(town: Stack, postgres: Postgres | None) -> None:
    address = town.env["DATABASE_URL"]
    storm = Storm(town, postgres, KILLS, {KILLS // 3: "postgres", 2 * KILLS // 3: "valkey"})
    killed = storm.killed
    with psycopg.connect(address, autocommit=True) as books:
        appid = _populated(town, books)
        began = time.monotonic()
        broadcast_id = _started(town, books)
    with storm.raging():
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
    got = what_wechat_saw(WeChat(town.simulator), appid)
    print(
        f"{PEOPLE} people in {took:.0f} s; killed {dict(killed)}; sent again {got['again']}; longest from claim to answer {slowest:.0f} s"
    )
    assert (got["people"], got["messages"], got["twice"]) == (PEOPLE, PEOPLE, 0)
    assert killed["worker"] == KILLS
    assert killed["postgres"] == killed["valkey"] == 1
