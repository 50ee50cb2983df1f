"""Background work by name: PostgreSQL holds what is due, Redis only rings the doorbell."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import redis
import rq
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy.orm import Session

from app.kit import acting, db
from app.kit.logging import logger
from app.kit.settings import settings

log = logger(__name__)

LONG_SECONDS = 3
# A ring that nobody takes for so long is gone.
RING_LIVES_SECONDS = 600
# Whether the ring that was put in last still waits there: it may have been lost with the worker that took it.
_IS_WAITING = """
    local ring = redis.call('GET', KEYS[1])
    return ring and redis.call('LPOS', KEYS[2], ring) and 1 or 0
"""
QUEUES = ("critical", "default", "bulk")


@dataclass(frozen=True)
class Job:
    """Work known by its name. `every` (seconds) or `cron` make it periodic as well."""

    name: str
    work: Callable[..., Any]
    queue: str
    every: int | None
    cron: str | None
    transactional: bool
    timeout: int


_jobs: dict[str, Job] = {}


def job(
    name: str, *, every: int | None = None, cron: str | None = None, queue: str = "default", transactional: bool = True, timeout: int = 60
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a function a job called `domain.verb`.

    A transactional job gets a session as its first argument and is one transaction. `transactional=False` is for work that calls
    the outside: it gets no session and opens a `db.transaction()` before and after the call, never around it.
    `timeout` is in seconds. Every job may run twice, or late: rows that it claims are what makes it happen once.
    """
    if queue not in QUEUES:
        raise ValueError(f"job {name}: no worker listens to queue {queue!r}")

    def register(work: Callable[..., Any]) -> Callable[..., Any]:
        if name in _jobs and _jobs[name].work.__module__ != work.__module__:
            raise RuntimeError(f"job {name!r} is defined twice")
        _jobs[name] = Job(name, work, queue, every, cron, transactional, timeout)
        return work

    return register


def jobs() -> dict[str, Job]:
    """Every job of every domain, by name; complete once the factory has assembled the application."""
    return dict(_jobs)


@functools.cache
def connection() -> redis.Redis:
    """The Redis of the doorbell, with short time-outs and no retries: a web request never waits for it."""
    return redis.Redis.from_url(settings().redis_url, socket_connect_timeout=1, socket_timeout=2, retry=Retry(NoBackoff(), 0))


@functools.cache
def worker_connection() -> redis.Redis:
    """The Redis of workers, which block on it."""
    return redis.Redis.from_url(settings().redis_url, socket_connect_timeout=2, health_check_interval=15)


def queue_name(name: str) -> str:
    return f"{settings().queue_prefix}.{name}"


def enqueue(session: Session, name: str, **ids: Any) -> None:
    """Ring for the job `name` once this transaction is committed; the same ring twice in one transaction is one.

    Raises:
        KeyError: there is no such job.
    """
    wanted = _jobs[name]
    plain = {key: str(value) for key, value in ids.items()}
    ringing = session.info.setdefault("ringing", set())
    ring_key = (name, tuple(sorted(plain.items())))
    if ring_key in ringing:
        return
    ringing.add(ring_key)

    def after() -> None:
        ringing.discard(ring_key)
        ring(wanted, plain)

    db.after_commit(session, after)


def ring(wanted: Job, ids: dict[str, str]) -> None:
    """Put the job into its queue, where one without ids waits once. When Redis is away the sweep that owns the row does the work later."""
    try:
        line = rq.Queue(queue_name(wanted.queue), connection=connection())
        # Whoever takes the one that waits will find what was committed until then.
        if not ids and connection().eval(_IS_WAITING, 2, _waits(wanted.name), line.key):
            return
        with connection().pipeline() as together:
            made = line.enqueue_call(
                run,
                args=(wanted.name, ids),
                timeout=wanted.timeout,
                result_ttl=0,
                failure_ttl=3600,
                ttl=RING_LIVES_SECONDS,
                pipeline=together,
            )
            if not ids:
                together.set(_waits(wanted.name), made.id, ex=RING_LIVES_SECONDS)
            together.execute()
    except redis.RedisError as error:
        log.warning("doorbell is silent", job=wanted.name, error=str(error))


def ring_again(name: str) -> None:
    """Ring at once for the job `name`, which takes no ids: for what a turn left, outside of any transaction."""
    ring(_jobs[name], {})


def _waits(name: str) -> str:
    return queue_name(f"waits.{name}")


def run(name: str, ids: dict[str, str] | None = None) -> None:
    """Do a job now, in this process."""
    wanted = _jobs[name]
    if not ids:
        # Before anything is read: who commits from now on rings anew.
        with suppress(redis.RedisError):
            connection().delete(_waits(name))
    started = time.monotonic()
    occasion = acting.Occasion(cause=name)
    # One mapping: as keywords, a job's own id of either name would be a TypeError before its work has begun.
    noted = (ids or {}) | {"job": name, "request_id": occasion.request_id}
    with acting.acting(occasion), structlog.contextvars.bound_contextvars(**noted):
        try:
            if wanted.transactional:
                with db.transaction() as session:
                    wanted.work(session, **(ids or {}))
            else:
                wanted.work(**(ids or {}))
        except Exception:
            log.exception("job failed", seconds=round(time.monotonic() - started, 3))
            raise
        seconds = round(time.monotonic() - started, 3)
        # Whoever looks for what a worker was busy with, while others waited, finds it.
        (log.info if seconds > LONG_SECONDS else log.debug)("job done", seconds=seconds)
