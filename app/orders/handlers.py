"""What orders do when money moved, when customers change, and when a vehicle is gone."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from app.events.models import Event
from app.events.service import on
from app.identity import queries as identity
from app.orders import service
from app.orders.service import waiting


def _orders(events: Sequence[Event]) -> Iterable[uuid.UUID]:
    return sorted({uuid.UUID(event.subject_id) for event in events if event.subject_type == "order" and event.subject_id})


@on("payment.succeeded", "payment.closed")
def follow_payment(session: Session, events: Sequence[Event]) -> None:
    for order_id in _orders(events):
        service.follow_payment(session, order_id)


@on("refund.succeeded")
def follow_refund(session: Session, events: Sequence[Event]) -> None:
    for order_id in _orders(events):
        service.follow_refund(session, order_id)


@on("customer.merged")
def follow_merge(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        assert event.customer_id is not None
        kept = identity.get(session, event.brand_id, event.customer_id)
        merged_id = uuid.UUID(event.data["merged_id"])
        service.follow_merge(session, kept_id=kept.id, merged_id=merged_id)
        waiting.follow_merge(session, kept_id=kept.id, merged_id=merged_id)


@on("customer.erased")
def forget_customer(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        assert event.customer_id is not None
        service.erase(session, event.customer_id)
        waiting.forget(session, event.customer_id)


@on("vehicle.sold", "vehicle.withdrawn")
def end_line(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        waiting.end_line(session, uuid.UUID(event.data["vehicle_id"]))
