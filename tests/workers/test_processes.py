"""Workers and the scheduler outlive their Redis, and go when they are told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rq
from redis import Redis

from dev.ports import free_port
from dev.testing import wait_until
from dev.valkey import Valkey

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
