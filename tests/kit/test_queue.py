"""Jobs are rung for after the commit, by name, and Redis may be away."""

from __future__ import annotations

from typing import Any

import pytest
import redis
import rq
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy.orm import Session

from app.kit import queue
from app.kit.queue import Job


def test_a_job_nobody_wrote_fails_at_the_call(session: Session) -> None:
    with pytest.raises(KeyError):
        queue.enqueue(session, "orders.unheard_of")


def test_a_queue_without_a_worker_cannot_be_named() -> None:
    with pytest.raises(ValueError, match="no worker"):
        queue.job("tests.nothing", queue="slow")


def test_a_ring_waits_for_the_transaction_whatever_becomes_of_savepoints_inside(committed: Any, rings: list[Any]) -> None:
    with committed() as session:
        queue.enqueue(session, "events.deliver")
        with session.begin_nested():
            pass
        assert rings == []
        with pytest.raises(ValueError, match="inside"), session.begin_nested():
            raise ValueError("inside")
    assert rings == [("events.deliver", {})]


def test_a_transaction_that_fails_rings_for_nothing(committed: Any, rings: list[Any]) -> None:
    def fail() -> None:
        with committed() as session:
            queue.enqueue(session, "events.deliver")
            raise ValueError

    with pytest.raises(ValueError):
        fail()
    assert rings == []


@pytest.mark.real_queue
def test_a_ring_lands_in_the_queue_of_its_job(committed: Any) -> None:
    with committed() as session:
        queue.enqueue(session, "events.deliver")
    waiting = rq.Queue(queue.queue_name("critical"), connection=queue.connection())
    try:
        assert [job.args for job in waiting.jobs] == [("events.deliver", {})]
    finally:
        waiting.delete(delete_jobs=True)


@pytest.mark.real_queue
def test_a_job_that_waits_already_is_not_put_in_again_until_somebody_begins_it(app: Any) -> None:
    wanted, waiting = queue.jobs()["events.make_partitions"], rq.Queue(queue.queue_name("default"), connection=queue.connection())
    try:
        for _ in range(3):
            queue.ring(wanted, {})
        assert [job.args for job in waiting.jobs] == [("events.make_partitions", {})]
        queue.run("events.make_partitions")
        queue.ring(wanted, {})
        assert waiting.count == 2
    finally:
        waiting.delete(delete_jobs=True)


@pytest.mark.real_queue
def test_work_goes_on_without_redis(committed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    away = redis.Redis(port=1, socket_connect_timeout=0.2, retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr(queue, "connection", lambda: away)
    with committed() as session:
        queue.enqueue(session, "events.deliver")
    queue.run("events.deliver")


def test_two_jobs_of_one_name_refuse_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    other = Job("tests.twice", test_a_queue_without_a_worker_cannot_be_named, "default", None, None, True, 60)
    monkeypatch.setitem(queue._jobs, "tests.twice", other)

    def work(_session: Session) -> None:
        return None

    work.__module__ = "elsewhere"
    with pytest.raises(RuntimeError, match="twice"):
        queue.job("tests.twice")(work)


def test_a_job_may_give_its_ids_any_name(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []

    def work(run_id: str, request_id: str, job: str) -> None:
        given.extend((run_id, request_id, job))

    monkeypatch.setitem(queue._jobs, "kit.named_freely", Job("kit.named_freely", work, "default", None, None, False, 60))
    queue.run("kit.named_freely", {"run_id": "a", "request_id": "b", "job": "c"})
    assert given == ["a", "b", "c"]
