"""Many walk through a journey, while workers die, PostgreSQL restarts and Valkey forgets everything: each takes every step, once.

`make soak-journeys` lets 100,000 walk while a worker dies every two seconds, two hundred times; JOURNEY_PEOPLE and JOURNEY_KILLS say
otherwise.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dev.postgres import Postgres
from dev.stack import Stack
from dev.testing import wait_until
from miniprogram_mock.phone.phone import Desk
from miniprogram_mock.phone.wechat import WeChat
from miniprogram_mock.phone.wire import Refused
from tests.factories.journeys import graph, node
from tests.stories.storm import EVERY_SECONDS, Crowd, Storm, crowd, own_postgres, tagged, town_for_many, what_wechat_saw

PEOPLE = int(os.environ.get("JOURNEY_PEOPLE", "600"))
KILLS = int(os.environ.get("JOURNEY_KILLS", "5"))
# The demo's server is shared with other tests; whoever wants to restart one needs his own.
IS_SOAK = PEOPLE > 10_000
STRIKES = ("postgres", "valkey", "crash", "valkey", "postgres") if IS_SOAK else ("postgres", "valkey")
# The second half is let in by lists, one after the other while the storm rages.
LISTS = 20 if IS_SOAK else 3
PATIENCE, BACK_WITHIN = 120, 60.0
OLD_TAG, NEW_TAG, LAST_TAG, TEMPLATE = "vip", "soak_guest", "soak_welcome", "test_drive_invitation"
# What needs neither an order nor a vehicle to speak of.
FORMS = {"thing1": "{{ customer_name }}", "thing2": "上海浦东店", "time3": "2026年11月22日 09:00~18:00", "phone_number4": "021-50001234"}

# Five nodes and an end: half of the people, who have the old tag, get the new one, all are written to, and wait.
WELCOME = graph(
    [
        node("ask", "branch", condition={"kind": "has_tag", "tag": OLD_TAG}),
        node("tag", "add_tag", tag=NEW_TAG),
        node("hello", "send_message", template=TEMPLATE, purpose="marketing"),
        node("pause", "wait", amount=1, unit="minute"),
        node("end", "end"),
    ],
    ways="ask.yes>tag ask.no>hello tag>hello hello>pause pause>end",
    trigger={"kind": "list", "config": {}},
)
# The fact that she has the new tag lets her into another journey.
FOLLOWING = graph(
    [node("mark", "add_tag", tag=LAST_TAG), node("end", "end")],
    ways="mark>end",
    trigger={"kind": "tag", "config": {"tag": NEW_TAG}},
)


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Postgres | None]:
    with own_postgres(tmp_path, wanted=IS_SOAK) as server:
        yield server


@pytest.fixture
def town(servers: tuple[str, str], postgres: Postgres | None, tmp_path: Path) -> Iterator[Stack]:
    with town_for_many(tmp_path / "town", postgres.url("postgres") if postgres else servers[0]) as stack:
        yield stack


class Marketer:
    """Who draws journeys and lets people in, over HTTP; a server that is struck just now is asked again with the same key."""

    def __init__(self, town: Stack) -> None:
        from app.console.demo.people import PASSWORD

        self.desk = Desk(town.web, username="marketer", password=PASSWORD, patience=PATIENCE)

    def call(self, method: str, path: str, **body: Any) -> Any:
        headers = {"Idempotency-Key": uuid.uuid4().hex}

        def tried() -> tuple[Any] | None:
            try:
                return (self.desk.line.call(method, f"/api/staff/{path}", json=body or None, headers=headers),)
            except Refused as refused:
                if refused.status < 500:
                    raise
                return None

        return wait_until(tried, PATIENCE, f"{method} {path} was refused")[0]

    def publish(self, name: str, drawn: dict[str, Any]) -> str:
        journey = self.call("POST", "journeys/", name=name)
        saved = self.call("PUT", f"journeys/{journey['id']}/draft", revision=journey["revision"], graph=drawn)
        found = self.call("POST", f"journeys/{journey['id']}/check", graph=drawn)
        assert found["errors"] == []
        accepted = [warning["code"] for warning in found["warnings"]]
        self.call("POST", f"journeys/{journey['id']}/publish", revision=saved["revision"], accepted=accepted)
        return str(journey["id"])

    def let_in_all_with_the_old_tag(self, journey_id: str, people: int) -> None:
        segment = self.call("POST", "segments/", name="老朋友", tree={"kind": "tag", "config": {"tag": OLD_TAG}})

        def counted() -> bool:
            coming = self.call("GET", f"journeys/{journey_id}/coming?segment_id={segment['id']}")
            return bool(coming["people"] == people)

        wait_until(counted, PATIENCE, "the segment has not everybody")
        self.call("POST", f"journeys/{journey_id}/fan-outs", segment_id=segment["id"])

    def let_in(self, journey_id: str, ids: Sequence[uuid.UUID]) -> int:
        told = self.call("POST", f"journeys/{journey_id}/people", customer_ids=[str(one) for one in ids])
        return int(told["entered"])


def _prepared(town: Stack, books: psycopg.Connection[Any]) -> Crowd:
    everybody = crowd(town, books, PEOPLE)
    books.execute("DELETE FROM customer_tags USING tags WHERE tags.id = customer_tags.tag_id AND tags.key = %s", [OLD_TAG])
    tagged(books, OLD_TAG, everybody.ids[: PEOPLE // 2])
    for key in (NEW_TAG, LAST_TAG):
        books.execute(
            "INSERT INTO tags (id, brand_id, key, label, kind) VALUES (%s, %s, %s, %s, 'manual')",
            [uuid.uuid4(), everybody.brand_id, key, key],
        )
    books.execute(
        "UPDATE message_templates SET fields = %s, page = NULL WHERE key = %s AND channel = 'service_template'",
        [psycopg.types.json.Jsonb(FORMS), TEMPLATE],
    )
    books.execute("ANALYZE")
    return everybody


def _ask(books: psycopg.Connection[Any], query: str, *given: Any) -> dict[Any, Any]:
    return dict(books.execute(query, given).fetchall())  # type: ignore[arg-type]


def _nothing_left(books: psycopg.Connection[Any], journeys: Sequence[str]) -> Callable[[], bool]:
    def look() -> bool:
        still = "SELECT count(*) FROM walks WHERE journey_id::text = ANY(%s) AND status IN ('active', 'stuck')"
        owed = "SELECT count(*) FROM event_deliveries WHERE delivered_at IS NULL AND dead_at IS NULL"
        waiting = "SELECT count(*) FROM sends WHERE walk_id IS NOT NULL AND status IN ('planned', 'claimed')"
        coming = "SELECT count(*) FROM journey_fan_outs WHERE status = 'running'"
        asked = ((coming, []), (still, [list(journeys)]), (owed, []), (waiting, []))
        return all(books.execute(query, given).fetchone() == (0,) for query, given in asked)  # type: ignore[arg-type]

    return look


def test_everybody_takes_every_step_once_whoever_dies_meanwhile(town: Stack, postgres: Postgres | None) -> None:
    address = town.env["DATABASE_URL"]
    half, others = PEOPLE // 2, PEOPLE - PEOPLE // 2
    storm = Storm(town, postgres, KILLS, {(at + 1) * KILLS // (len(STRIKES) + 1): one for at, one in enumerate(STRIKES)})
    with psycopg.connect(address, autocommit=True) as books:
        everybody = _prepared(town, books)
        marketer = Marketer(town)
        following, welcome = marketer.publish("跟进", FOLLOWING), marketer.publish("欢迎", WELCOME)
    began = time.monotonic()
    entered = 0
    with storm.raging():
        marketer.let_in_all_with_the_old_tag(welcome, half)
        size = -(-others // LISTS)
        for number in range(LISTS):
            wait_until(lambda wave=number: storm.killed["worker"] >= wave * KILLS // LISTS, KILLS * (EVERY_SECONDS + 30))  # type: ignore[misc]
            entered += marketer.let_in(welcome, everybody.ids[half + number * size : half + (number + 1) * size])
    assert entered == others
    with psycopg.connect(address, autocommit=True) as books:
        if not IS_SOAK:
            # What waits for its minute, and what the last dead worker had, is let go by the clock, for which nobody has to wait here.
            books.execute("UPDATE clock_shift SET shift = shift + interval '61 seconds'")
        wait_until(_nothing_left(books, [welcome, following]), 600 + PEOPLE / 100, "not all came to the end")
        took = time.monotonic() - began
        late = _everybody_came_through(books, welcome=welcome, following=following, half=half)
        slowest = books.execute("SELECT max(settled_at - claimed_at) FROM sends WHERE walk_id IS NOT NULL").fetchone()
    got = what_wechat_saw(WeChat(town.simulator), everybody.appid)
    print(
        f"{PEOPLE} people in {took:.0f} s; killed {dict(storm.killed)}; latest step {late:.1f} s after it was due; "
        f"messages asked for twice {got['again']}; longest from claim to answer {slowest[0] if slowest else None}"
    )
    assert (got["people"], got["messages"], got["twice"]) == (PEOPLE, PEOPLE, 0)
    assert storm.killed["worker"] == KILLS
    assert sum(storm.killed.values()) == KILLS + len(STRIKES)
    assert late <= BACK_WITHIN + (0 if IS_SOAK else 61)


def _everybody_came_through(books: psycopg.Connection[Any], *, welcome: str, following: str, half: int) -> float:
    """By walks, steps, tags, messages, facts and counts: nobody lost, nothing twice. How late the latest step was, in seconds."""
    assert books.execute("SELECT status, seen, entered, left_out FROM journey_fan_outs").fetchall() == [("finished", half, half, {})]
    walks = "SELECT status, count(*) FROM walks WHERE journey_id = %s GROUP BY 1"
    people = "SELECT 1, count(DISTINCT customer_id) FROM walks WHERE journey_id = %s"
    steps = "SELECT node_id, count(*) FROM walk_steps WHERE journey_id = %s GROUP BY 1"
    counted = (
        "SELECT node_id || ' ' || what, sum(times)::int FROM journey_counts JOIN journey_versions v ON v.id = version_id "
        "WHERE journey_id = %s AND what IN ('finished', 'entered') GROUP BY 1"
    )
    for journey, expected in (
        (welcome, {"ask": PEOPLE, "tag": half, "hello": PEOPLE, "pause": PEOPLE, "end": PEOPLE}),
        (following, {"mark": half, "end": half}),
    ):
        everybody = expected["end"]
        assert _ask(books, walks, journey) == {"completed": everybody}
        assert _ask(books, people, journey) == {1: everybody}
        assert _ask(books, steps, journey) == expected
        assert _ask(books, counted, journey) == {f"{name} entered": times for name, times in expected.items()} | {"end finished": everybody}
    facts = (
        "SELECT name, count(*) FROM events WHERE data->>'journey_id' = ANY(%s) AND name LIKE 'journey.%%ed' AND data ? 'walk_id' GROUP BY 1"
    )
    assert _ask(books, facts, [welcome, following]) == {"journey.entered": PEOPLE + half, "journey.completed": PEOPLE + half}
    tags = "SELECT data->>'tag', count(*) FROM events WHERE name = 'tag.added' AND data->>'tag' LIKE 'soak%%' GROUP BY 1"
    assert _ask(books, tags) == {NEW_TAG: half, LAST_TAG: half}
    assert _ask(books, "SELECT status, count(*) FROM sends WHERE walk_id IS NOT NULL GROUP BY 1") == {"accepted": PEOPLE}
    assert _ask(books, "SELECT 1, count(*) FROM event_deliveries WHERE dead_at IS NOT NULL") == {1: 0}
    waited = "CASE node_id WHEN 'pause' THEN interval '1 minute' ELSE interval '0' END"
    late = f"SELECT extract(epoch FROM max(left_at - arrived_at - {waited})), extract(epoch FROM min(left_at - arrived_at - {waited}))"
    (latest, earliest) = books.execute(late + " FROM walk_steps WHERE journey_id::text = ANY(%s)", [[welcome, following]]).fetchone() or ()  # type: ignore[arg-type]
    assert earliest >= 0
    return float(latest)
