"""Doors: what an administrator looks at when something is slow or silent: queues, accounts at Tencent, and who did what."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import redis
from sqlalchemy.orm import Session

from app.console import operations_schemas as schemas
from app.console.errors import AdministratorsOnly, QueueSilent, RunUnknown
from app.console.queries import audit, health
from app.dealers.models import Role
from app.kit import queue, queue_state
from app.kit.idempotency import unkept
from app.kit.paging import CursorInvalid
from app.kit.web import Caller, blueprint, raises, stepwise, transactional

staff = blueprint("operations", audience="staff")

MOST_FAILED = 50


def _check(who: Caller) -> None:
    if who.staff.role != Role.admin:
        raise AdministratorsOnly


@staff.get("/queues")
@raises(AdministratorsOnly)
@staff.output(schemas.QueuesOut)
@stepwise
def queues(who: Caller) -> Any:
    """What waits, what runs, what failed within an hour, and what is done by the clock."""
    _check(who)
    periodic = [
        {"name": one.name, "queue": one.queue, "every": one.every, "cron": one.cron}
        for one in sorted(queue.jobs().values(), key=lambda job: job.name)
        if one.every or one.cron
    ]
    try:
        return {
            "reachable": True,
            "queues": queue_state.lengths(),
            "workers": [asdict(one) for one in queue_state.workers()],
            "failed": [asdict(one) for one in queue_state.failed(MOST_FAILED)],
            "periodic": periodic,
        }
    except redis.RedisError:
        return {"reachable": False, "queues": [], "workers": [], "failed": [], "periodic": periodic}


@staff.post("/failed/<job_id>/retry")
@unkept("every job may run twice, and a failure that was rung for again is not there any more")
@raises(AdministratorsOnly, RunUnknown, QueueSilent)
@staff.output({}, status_code=204)
@stepwise
def retry(who: Caller, job_id: str) -> Any:
    """Ring again for a run that failed."""
    _check(who)
    try:
        if not queue_state.again(job_id):
            raise RunUnknown
    except redis.RedisError as error:
        raise QueueSilent from error
    return ""


@staff.get("/accounts")
@raises(AdministratorsOnly)
@staff.output(schemas.AccountsOut)
@transactional
def accounts(session: Session, who: Caller) -> Any:
    """The brand's accounts at Tencent: what they told us last, what of it was refused or waits, and whose messages stopped."""
    _check(who)
    return {"items": health.accounts(session, who.staff.brand_id)}


@staff.get("/audit")
@raises(AdministratorsOnly, CursorInvalid)
@staff.input(schemas.AuditIn, location="query")
@staff.output(schemas.AuditOut)
@transactional
def log(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """What people of the staff moved, the latest first."""
    _check(who)
    return audit.search(session, who.staff.brand_id, **query_data)
