"""What becomes of tasks after a journey has asked for them: confirmed, said again, given to another, taken back."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from itertools import groupby
from operator import attrgetter

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.dealers.models import Role, Staff
from app.journeys import staffing
from app.journeys.errors import TaskEnded, TaskNotYours, TaskUnknown
from app.journeys.models import AskStatus, CreditAsk, StaffTask, TaskStatus
from app.journeys.tasks import BUTTON, LOOKED_AT_EVERY, REMINDED_AFTER, send_cards, show_outcome, tell
from app.kit import clock
from app.kit.logging import logger
from app.leads.models import Lead

log = logger(__name__)

AT_ONCE = 500


def confirm(session: Session, staff: Staff, task_id: uuid.UUID) -> StaffTask:
    """Somebody says that a task is done: whoever was asked, a manager of the dealer, or headquarters. Again changes nothing.

    Raises:
        TaskUnknown: no such task, or another dealer's.
        TaskNotYours: an adviser who was not asked.
        TaskEnded: its time was over, or her journey.
    """
    task = visible_to(session, staff, task_id, lock=True)
    if task.staff_id != staff.id and staff.role == Role.adviser:
        raise TaskNotYours
    if task.status == TaskStatus.confirmed:
        return task
    now = clock.now(session)
    if task.status != TaskStatus.open or task.ends_at <= now:
        raise TaskEnded(status=task.status)
    task.status, task.done_at, task.done_by_id, task.remind_at = TaskStatus.confirmed, now, staff.id, None
    session.flush()
    tell(session, "task.confirmed", task.brand_id, [task.id], actor=("staff", staff.id))
    show_outcome(session, [task.id])
    return task


def press(session: Session, staff: Staff, *, task_id: uuid.UUID, key: str) -> None:
    """The button on a task's card was pressed; what may not be is logged and changes nothing."""
    if key != BUTTON or not staff.active:
        return
    try:
        confirm(session, staff, task_id)
    except (TaskUnknown, TaskNotYours, TaskEnded) as refused:
        log.warning("a task that may not be confirmed", task_id=str(task_id), staff_id=str(staff.id), code=refused.code)


def visible_to(session: Session, staff: Staff, task_id: uuid.UUID, *, lock: bool = False) -> StaffTask:
    """The task, as far as this person may see it: headquarters all, others their dealer's. Raises `TaskUnknown`."""
    wanted = select(StaffTask).filter_by(id=task_id, brand_id=staff.brand_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    task = session.execute(wanted).scalar_one_or_none()
    if task is None or not (staff.sees_the_brand or task.dealer_id == staff.dealer_id):
        raise TaskUnknown
    return task


def look_after(session: Session) -> bool:
    """Of the open tasks whose turn it is: say again what nobody has confirmed, at most three times, and give to another what was asked
    of somebody who has left. Whether there was any.
    """
    now = clock.now(session)
    due = select(StaffTask).where(StaffTask.status == TaskStatus.open, StaffTask.remind_at <= now, StaffTask.ends_at > now)
    tasks = session.execute(due.order_by(StaffTask.remind_at).limit(AT_ONCE).with_for_update(skip_locked=True)).scalars().all()
    _give_to_another(session, tasks)
    for task in tasks:
        if task.reminders < len(REMINDED_AFTER) and now >= task.created_at + REMINDED_AFTER[task.reminders]:
            # What an outage has let pass is not said twice.
            task.reminders = sum(now >= task.created_at + after for after in REMINDED_AFTER)
        task.remind_at = now + LOOKED_AT_EVERY
    session.flush()
    send_cards(session, [task.id for task in tasks])
    return bool(tasks)


def _give_to_another(session: Session, tasks: Sequence[StaffTask]) -> None:
    asked = select(StaffTask.id).join(Staff, Staff.id == StaffTask.staff_id).join(Lead, Lead.id == StaffTask.lead_id)
    # Who went to another dealer has left this one, and a lead that did is no business of his.
    still = (Staff.dealer_id == StaffTask.dealer_id) & (Lead.dealer_id == StaffTask.dealer_id)
    there = set(session.execute(asked.where(StaffTask.id.in_([task.id for task in tasks]), Staff.active, still)).scalars())
    lost = sorted((task for task in tasks if task.id not in there), key=attrgetter("to_whom"))
    moved: list[StaffTask] = []
    for to_whom, of_kind in groupby(lost, key=attrgetter("to_whom")):
        those = list(of_kind)
        found = select(Lead.customer_id, Lead.id, Lead.dealer_id, Staff.id).join(Staff, staffing.at_dealer(to_whom))
        found = found.where(Lead.customer_id.in_([task.customer_id for task in those]), staffing.IS_OPEN)
        others = {row[0]: row for row in session.execute(found.order_by(Staff.id.desc()))}
        for task in those:
            if task.customer_id in others:
                _, task.lead_id, task.dealer_id, task.staff_id = others[task.customer_id]
                moved.append(task)
            else:
                task.staff_id = None
    session.flush()
    moved.sort(key=attrgetter("brand_id"))
    for brand_id, of_brand in groupby(moved, key=attrgetter("brand_id")):
        tell(session, "task.reassigned", brand_id, [task.id for task in of_brand])


def withdraw(session: Session, walk_ids: Collection[uuid.UUID]) -> None:
    """What walks that are over have asked of people is asked no more. May be called twice."""
    now = clock.now(session)
    tasks = update(StaffTask).where(StaffTask.walk_id.in_(walk_ids), StaffTask.status == TaskStatus.open)
    over = tasks.values(status=TaskStatus.cancelled, done_at=now, remind_at=None).returning(StaffTask.id)
    if ids := session.execute(over.execution_options(synchronize_session=False)).scalars().all():
        show_outcome(session, ids)
    asks = update(CreditAsk).where(CreditAsk.walk_id.in_(walk_ids), CreditAsk.status == AskStatus.open)
    session.execute(asks.values(status=AskStatus.cancelled, answered_at=now).execution_options(synchronize_session=False))


def follow_merge(session: Session, *, kept_id: uuid.UUID, merged_id: uuid.UUID) -> None:
    """What is asked about one of two profiles that are one person is asked about her."""
    for table in (StaffTask, CreditAsk):
        moved = update(table).where(table.customer_id == merged_id).values(customer_id=kept_id)
        session.execute(moved.execution_options(synchronize_session=False))
