"""Workers and the scheduler outlive their Redis, and go when they are told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import rq
from redis import Redis
from sqlalchemy import func, select, text

from app.journeys.models import Walk
from app.kit import clock
from dev.ports import free_port
from dev.testing import wait_until
from dev.valkey import Valkey
from tests.factories import crowds
from tests.factories import dealers as make_dealers
from tests.factories import journeys as make

PEOPLE = 200
PROCESSES = {"worker": ["-m", "workers.worker", "critical", "default", "bulk"], "scheduler": ["-m", "workers.scheduler"]}


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    server = Valkey(tmp_path / "valkey", free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def start(database: str, valkey: Valkey, tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[Any]]]:
    running: list[subprocess.Popen[Any]] = []

    def begin(name: str) -> subprocess.Popen[Any]:
        env = os.environ | {"REDIS_URL": valkey.url, "QUEUE_PREFIX": "lives"}
        with (tmp_path / f"{name}.log").open("ab") as log:
            running.append(subprocess.Popen([sys.executable, *PROCESSES[name]], env=env, stdout=log, stderr=log))
        return running[-1]

    yield begin
    for process in running:
        process.kill()
        process.wait()


def _drained(valkey: Valkey) -> bool:
    """Whether somebody takes what lies in the queue."""
    with Redis.from_url(valkey.url) as line:
        bulk = rq.Queue("lives.bulk", connection=line)
        bulk.enqueue_call("app.kit.queue.run", args=("events.deliver", {}), result_ttl=0)
        wait_until(lambda: bulk.count == 0, 120)
        return True


def test_a_worker_works_on_after_its_redis_was_away(start: Any, valkey: Valkey) -> None:
    worker = start("worker")
    assert _drained(valkey)
    valkey.stop()
    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(3)
    valkey.start()
    assert _drained(valkey)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0


def test_the_scheduler_rings_on_after_its_redis_was_away(start: Any, valkey: Valkey) -> None:
    scheduler = start("scheduler")

    def rung() -> bool:
        with Redis.from_url(valkey.url) as line:
            return rq.Queue("lives.critical", connection=line).count > 0

    wait_until(rung, 120)
    valkey.stop()
    with pytest.raises(subprocess.TimeoutExpired):
        scheduler.wait(3)
    valkey.start()
    with Redis.from_url(valkey.url) as line:
        line.flushall()
    wait_until(rung, 120)
    scheduler.send_signal(signal.SIGTERM)
    assert scheduler.wait(60) == 0


def test_two_schedulers_and_four_workers_let_each_in_once_at_the_time_that_has_come_and_write_to_her_once(
    committed: Callable[[], Any], start: Any
) -> None:
    new_year = {"kind": "schedule", "config": {"cron": "0 9 1 1 *"}}
    nodes = [
        make.node("hello", "send_message", template="deposit_paid"),
        make.node("pause", "wait", amount=1, unit="minute"),
        make.node("end", "end"),
    ]
    with committed() as session:
        brand = make_dealers.brand(session)
        crowds.people(session, brand, PEOPLE)
        for _ in range(2):
            make.journey(session, brand, make.graph(nodes, ways="hello>pause pause>end", trigger=new_year))
        clock.advance(session, timedelta(days=366))
    for name in ("scheduler", "scheduler", *["worker"] * 4):
        start(name)

    def counted(status: str) -> int:
        with committed() as session:
            found: int = session.execute(select(func.count()).where(Walk.status == status)).scalar_one()
            return found

    wait_until(lambda: counted("active") == 2 * PEOPLE, 120, "not all are in")
    with committed() as session:
        clock.advance(session, timedelta(minutes=2))
    wait_until(lambda: counted("completed") == 2 * PEOPLE, 120, "not all went on")
    with committed() as session:
        crowds.nobody_twice(session)
        assert session.execute(text("SELECT count(*), sum(entered) FROM journey_fan_outs")).one() == (2, 2 * PEOPLE)
        assert session.execute(text("SELECT count(*), count(DISTINCT walk_id) FROM sends")).one() == (2 * PEOPLE, 2 * PEOPLE)


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_goes_when_it_is_told_to_although_its_redis_is_away(name: str, start: Any, valkey: Valkey, tmp_path: Path) -> None:
    valkey.stop()
    process = start(name)
    wait_until(lambda: "Redis is away" in (tmp_path / f"{name}.log").read_text(), 60)
    process.send_signal(signal.SIGTERM)
    # Before RQ has come so far as to listen to signals, the system ends it.
    assert process.wait(60) in (0, -signal.SIGTERM)


def test_a_worker_without_a_proper_queue_does_not_start(database: str) -> None:
    refused = subprocess.run([sys.executable, "-m", "workers.worker", "slow"], capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    assert "slow" in refused.stderr
