"""What journeys do when something happened elsewhere."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.audience.queries import who_now
from app.dealers import queries as dealers
from app.events.models import Event
from app.events.service import on
from app.identity.service import undoable
from app.journeys import service
from app.journeys.service import confirming, converting, diagnosing, running, testing
from app.messaging.service import keeps_back

# They hear the names that the published journeys subscribed to, each journey for itself.
hear = on(batch=2000, diagnosis=diagnosing.hearing)(service.hear)
heed = on(batch=1000)(service.heed)
convert = on()(converting.convert)
# What a paused journey has planned waits.
keeps_back(running.resting)


@on("customer.merged")
def merge_walks(session: Session, events: Sequence[Event]) -> None:
    people = who_now(session, {event.customer_id for event in events if event.customer_id})
    for event in events:
        if event.customer_id in people:
            merged = {"kept_id": people[event.customer_id].id, "merged_id": uuid.UUID(event.data["merged_id"])}
            with undoable(session, event):
                service.merge(session, **merged)
                testing.follow_merge(session, **merged)


@on("customer.erased")
def end_walks(session: Session, events: Sequence[Event]) -> None:
    forgotten = {event.customer_id for event in events if event.customer_id}
    service.leave(session, forgotten, reason="customer.erased")
    testing.forget(session, forgotten)


@on("customer.merged")
def merge_tasks(session: Session, events: Sequence[Event]) -> None:
    people = who_now(session, {event.customer_id for event in events if event.customer_id})
    for event in events:
        if event.customer_id in people:
            with undoable(session, event):
                confirming.follow_merge(session, kept_id=people[event.customer_id].id, merged_id=uuid.UUID(event.data["merged_id"]))


@on("journey.exited")
def withdraw_tasks(session: Session, events: Sequence[Event]) -> None:
    confirming.withdraw(session, [uuid.UUID(event.data["walk_id"]) for event in events if "walk_id" in event.data])


@on("message.button_pressed")
def confirm_task(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        task_id = event.data["context"].get("task_id")
        if task_id:
            staff = dealers.staff(session, uuid.UUID(event.data["staff_id"]))
            confirming.press(session, staff, task_id=uuid.UUID(task_id), key=event.data["key"])
