"""What the queues look like now: what waits, who works on what, and what failed lately and can be rung for again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import rq
from rq.exceptions import NoSuchJobError
from rq.job import Job as RqJob

from app.kit import queue


@dataclass(frozen=True)
class Failed:
    """A run that ended in an error; `error` is its kind alone, for its words may be about anybody."""

    id: str
    name: str
    queue: str
    ids: dict[str, str]
    failed_at: datetime | None
    error: str


@dataclass(frozen=True)
class Working:
    """A worker and the job at which it is, if any."""

    worker: str
    name: str | None
    since: datetime | None


def lengths() -> list[dict[str, Any]]:
    """Per queue how many runs wait, are being worked on, and failed within the hour for which they are kept."""
    return [
        {"queue": name, "waiting": line.count, "running": line.started_job_registry.count, "failed": line.failed_job_registry.count}
        for name, line in _lines()
    ]


def workers() -> list[Working]:
    found = []
    for one in rq.Worker.all(connection=queue.connection()):
        job = one.get_current_job()
        found.append(Working(one.name, _said(job)[0] if job else None, job.started_at if job else None))
    return sorted(found, key=lambda one: one.worker)


def failed(most: int) -> list[Failed]:
    """The runs that failed lately, the latest first."""
    found = []
    for name, line in _lines():
        ids: Sequence[str] = line.failed_job_registry.get_job_ids(0, most - 1, desc=True)
        for job in RqJob.fetch_many(ids, connection=queue.connection()):
            if job is not None:
                wanted, given = _said(job)
                found.append(Failed(job.id, wanted, name, given, job.ended_at, _kind(job)))
    return sorted(found, key=lambda one: one.failed_at.timestamp() if one.failed_at else 0, reverse=True)[:most]


def again(job_id: str) -> bool:
    """Ring once more for a run that failed, and forget the failure; whether there was one. Every job may run twice."""
    try:
        job = RqJob.fetch(job_id, connection=queue.connection())
    except NoSuchJobError:
        return False
    if not job.is_failed:
        return False
    name, ids = _said(job)
    queue.ring(queue.jobs()[name], ids)
    job.delete()
    return True


def _lines() -> list[tuple[str, rq.Queue]]:
    return [(name, rq.Queue(queue.queue_name(name), connection=queue.connection())) for name in queue.QUEUES]


def _said(job: RqJob) -> tuple[str, dict[str, str]]:
    """The name and ids that `queue.run` was given."""
    name, ids = [*job.args, None][:2]
    return name, ids or {}


def _kind(job: RqJob) -> str:
    result = job.latest_result()
    lines = (result.exc_string if result and result.exc_string else "").strip().splitlines()
    return lines[-1].split(":")[0] if lines else ""
