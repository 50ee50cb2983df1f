"""What the scheduler rings for is heard, however long the work takes that stands before it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import rq

from app.kit import queue
from workers import scheduler


@pytest.fixture
def bulk(app: Any) -> Iterator[rq.Queue]:
    names = [queue.queue_name(name) for name in queue.QUEUES]
    queues = [rq.Queue(name, connection=queue.connection()) for name in names]
    yield queues[-1]
    for one in queues:
        one.delete(delete_jobs=True)
    for name in queue.jobs():
        queue.connection().delete(queue._waits(name))


def again(made: scheduler.Scheduler) -> None:
    """Everything that is periodic is due once more."""
    for one in made.get_jobs():
        if one.interval and one.next_enqueue_time:
            one.next_enqueue_time -= timedelta(days=1)
    made.enqueue_jobs()


@pytest.mark.real_queue
def test_a_sweep_behind_a_hundred_thousand_messages_is_rung_for_once_and_waits_for_its_turn(bulk: rq.Queue) -> None:
    made = scheduler._scheduler()
    for _ in range(5):
        again(made)
    waiting = [job for job in bulk.jobs if job.args and job.args[0] == "journeys.fan_out"]
    assert len(waiting) == 1
    # As long as whoever works through a queue of messages needs, and no sweep is owed twice for it.
    assert waiting[0].ttl is not None
    assert waiting[0].ttl >= 600


@pytest.mark.real_queue
def test_once_a_sweep_has_begun_the_next_ring_is_another(bulk: rq.Queue) -> None:
    made = scheduler._scheduler()
    again(made)
    queue.run("journeys.fan_out")
    again(made)
    assert len([job for job in bulk.jobs if job.args and job.args[0] == "journeys.fan_out"]) == 2


@pytest.mark.real_queue
def test_a_ring_that_was_lost_with_the_worker_that_took_it_is_missed_by_the_very_next(bulk: rq.Queue) -> None:
    wanted = queue.jobs()["journeys.fan_out"]
    queue.ring(wanted, {})
    assert queue.connection().lpop(bulk.key)
    for _ in range(2):
        queue.ring(wanted, {})
    assert len(bulk) == 1
