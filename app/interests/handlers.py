"""What interests do when cars are looked at or change, and when a customer is merged or forgotten."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.events.models import Event
from app.events.service import on
from app.identity.service import undoable
from app.interests.service import people, views, watching
from app.kit import queue

CHEAPER, BACK, SOLD = ("vehicle.price_changed", "vehicle.relisted"), ("vehicle.relisted", "vehicle.released"), ("vehicle.sold",)


def _vehicle(event: Event) -> uuid.UUID:
    return uuid.UUID(event.data["vehicle_id"])


@on("vehicle.viewed")
def keep_views(session: Session, events: Sequence[Event]) -> None:
    """By the clock of the phone, unless that is ahead of ours: of a batch told late, each view has its own time."""
    seen = [
        views.View(event.customer_id, uuid.UUID(event.subject_id), min(datetime.fromisoformat(event.data["at"]), event.recorded_at))
        for event in events
        # Where she was erased, nothing is left of what she did.
        if event.customer_id and event.subject_type == "vehicle" and event.subject_id and "at" in event.data
    ]
    views.keep(session, seen)


# One handler for all, so that who took a car is known before it is told that it was sold, or can be had again. Not vehicle.listed: nobody
# likes a car that is new, a feed brings thousands, and the look every few seconds finds them for saved searches.
@on("order.reserved", "vehicle.price_changed", "vehicle.relisted", "vehicle.released", "vehicle.sold")
def follow_cars(session: Session, events: Sequence[Event]) -> None:
    """Favourites are told of here. For saved searches this only rings: nobody else's events wait while thousands of them are asked."""
    queue.enqueue(session, "interests.match")
    for event in events:
        if event.name == "order.reserved" and event.customer_id:
            for customer_id in people.living(session, {event.customer_id}).values():
                watching.held(session, customer_id, _vehicle(event))
    by_name = {name: {_vehicle(event): event.id for event in events if event.name in name} for name in (CHEAPER, BACK, SOLD)}
    watching.cheaper(session, by_name[CHEAPER])
    watching.back_on_sale(session, by_name[BACK])
    watching.sold(session, by_name[SOLD])


@on("customer.merged")
def follow_merge(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        assert event.customer_id is not None
        merged_id = uuid.UUID(event.data["merged_id"])
        # Whoever was kept may have been merged, or erased, since then; then the last event of hers says what becomes of it all.
        kept_id = people.living(session, {event.customer_id}).get(event.customer_id)
        if kept_id is None:
            people.forget(session, {merged_id})
        else:
            with undoable(session, event):
                people.merge(session, kept_id=kept_id, merged_id=merged_id)
                views.bound(session, {kept_id})


@on("customer.erased")
def forget_customer(session: Session, events: Sequence[Event]) -> None:
    people.forget(session, {event.customer_id for event in events if event.customer_id})
