"""Crowds for the scenarios of journeys: many people in one statement, many on a node in another, and work for several at once.

SCENARIO_SIZE=100 (`make scenarios`) makes the crowds as large as the acceptance scenarios want them, and another number that many percent
of it; otherwise they are small.
"""

from __future__ import annotations

import multiprocessing
import os
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.journeys.models import Journey
from app.kit import db

PERCENT = float(os.environ.get("SCENARIO_SIZE", "0"))
IS_FULL = PERCENT >= 100
WORKERS = 2
_PEOPLE = text(
    "INSERT INTO customers (id, brand_id, unionid, nickname, time_zone) "
    "SELECT marque_new_id(), :brand_id, 'crowd' || n || :salt, '客户' || n, :time_zone FROM generate_series(1, :count) n RETURNING id"
)
_STAND = text(
    "INSERT INTO walks (id, brand_id, created_at, journey_id, version_id, customer_id, entry_key, node_id, visit_no, arrived_at, due_at, "
    "triggered_at, context) "
    "SELECT marque_new_id(), v.brand_id, :arrived, v.journey_id, v.id, c.id, 'crowd', :node_id, 1, :arrived, "
    "    CAST(:due AS timestamptz) + (c.nth - 1) * CAST(:apart AS interval), :arrived, '{}' "
    "FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS c (id, nth), journey_versions v "
    "WHERE v.journey_id = :journey_id AND v.status = 'published'"
)


def size(small: int, full: int) -> int:
    """How many of something there are, in the suite and at full size."""
    return max(small, round(full * PERCENT / 100))


def people(session: Session, of: Brand, count: int, *, time_zone: str | None = "Asia/Shanghai") -> list[uuid.UUID]:
    """So many customers of a brand, by their ids."""
    given = {"brand_id": of.id, "salt": uuid.uuid4().hex, "count": count, "time_zone": time_zone}
    return sorted(session.execute(_PEOPLE, given).scalars())


def stand(
    session: Session,
    on: Journey,
    ids: Sequence[uuid.UUID],
    node_id: str,
    *,
    arrived: datetime,
    due: datetime,
    apart: timedelta = timedelta(0),
) -> None:
    """They stand on a node of the live version since a moment, and are due one after the other."""
    session.execute(_STAND, {"journey_id": on.id, "ids": list(ids), "node_id": node_id, "arrived": arrived, "due": due, "apart": apart})


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """What each of these gives, each in a thread of its own; raises what the first of them raises."""
    with ThreadPoolExecutor(len(work)) as pool:
        return [done.result() for done in [pool.submit(one) for one in work]]


def in_processes(*work: Callable[[], Any]) -> list[Any]:
    """What each of these gives, each in a process of its own, with connections of its own; raises where one of them dies."""
    fork = multiprocessing.get_context("fork")

    def tell(one: Callable[[], Any], to: Connection) -> None:
        db.engine().dispose(close=False)
        to.send(one())

    begun = []
    for one in work:
        ours, theirs = fork.Pipe(duplex=False)
        process = fork.Process(target=tell, args=(one, theirs))
        process.start()
        theirs.close()
        begun.append((process, ours))
    told = [ours.recv() for _, ours in begun]
    for process, _ in begun:
        process.join()
    return told


def table(session: Session, query: str, **given: Any) -> dict[Any, Any]:
    """What a query of two columns finds, as a dictionary."""
    return {key: value for key, value in session.execute(text(query), given)}  # noqa: C416


def nobody_twice(session: Session) -> None:
    """What is true of walks, steps and messages in every scenario: each entry, each step and each message is there once."""
    for what in (
        "SELECT customer_id, journey_id, entry_key FROM walks GROUP BY 1, 2, 3 HAVING count(*) > 1",
        "SELECT journey_id, customer_id FROM walks WHERE status IN ('active', 'stuck') GROUP BY 1, 2 HAVING count(*) > 1",
        "SELECT walk_id, visit_no FROM walk_steps GROUP BY 1, 2 HAVING count(*) > 1",
        "SELECT walk_id, context->>'node_id', dedupe_key FROM sends GROUP BY 1, 2, 3 HAVING count(*) > 1",
        # Whoever came to the end has left every node between the first and the last of her visits.
        "SELECT w.id FROM walks w JOIN walk_steps s ON s.walk_id = w.id WHERE w.status = 'completed' "
        "GROUP BY w.id, w.visit_no HAVING max(s.visit_no) <> w.visit_no OR count(*) <> max(s.visit_no) - min(s.visit_no) + 1",
    ):
        assert session.execute(text(what)).all() == [], what
    facts = table(session, "SELECT data->>'walk_id', count(*) FROM events WHERE name = 'journey.completed' GROUP BY 1 HAVING count(*) > 1")
    assert facts == {}
