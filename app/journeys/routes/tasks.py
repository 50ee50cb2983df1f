"""Doors: staff see the tasks that journeys give them, and say that one is done."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app.journeys import schemas_tasks as schemas
from app.journeys.errors import TaskEnded, TaskNotYours, TaskUnknown
from app.journeys.models import StaffTask
from app.journeys.service import confirming
from app.kit import paging
from app.kit.idempotency import idempotent
from app.kit.paging import CursorInvalid
from app.kit.texts import t
from app.kit.web import Caller, blueprint, raises, transactional

staff = blueprint("tasks", audience="staff")


@staff.get("/")
@raises(CursorInvalid)
@staff.input(schemas.TasksIn, location="query")
@staff.output(schemas.TasksOut)
@transactional
def listed(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Tasks of one state, newest first: headquarters see all, others those of their dealer."""
    wanted = select(StaffTask).filter_by(brand_id=who.staff.brand_id, status=query_data["status"])
    if not who.staff.sees_the_brand:
        wanted = wanted.where(StaffTask.dealer_id == who.staff.dealer_id)
    if query_data["mine"] == "yes":
        wanted = wanted.where(StaffTask.staff_id == who.staff.id)
    if query_data["cursor"]:
        wanted = wanted.where(tuple_(StaffTask.created_at, StaffTask.id) < tuple_(*paging.moment_and_id(query_data["cursor"])))
    limit = query_data["limit"]
    found = session.execute(wanted.order_by(StaffTask.created_at.desc(), StaffTask.id.desc()).limit(limit + 1)).scalars().all()
    shown = found[:limit]
    more = len(found) > limit
    return {"items": [_out(one) for one in shown], "next_cursor": paging.encode(shown[-1].created_at, shown[-1].id) if more else None}


@staff.post("/<uuid:task_id>/confirm")
@idempotent
@raises(TaskUnknown, TaskNotYours, TaskEnded)
@staff.output(schemas.TaskOut)
@transactional
def confirm(session: Session, who: Caller, task_id: uuid.UUID) -> Any:
    """Say that a task is done; again changes nothing."""
    return _out(confirming.confirm(session, who.staff, task_id))


def _out(task: StaffTask) -> dict[str, Any]:
    names = ("id", "title", "status", "journey_id", "customer_id", "lead_id", "dealer_id", "staff_id", "created_at", "ends_at", "reminders")
    told = {name: getattr(task, name) for name in (*names, "done_at", "done_by_id")}
    return told | {"status_label": t(f"journeys.task_status.{task.status}")}
