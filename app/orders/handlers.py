"""What orders do when money moved, when customers change, and when a vehicle is gone."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from app.events.models import Event
from app.events.service import on
from app.identity import queries as identity
from app.identity.service import undoable
from app.kit import queue
from app.orders import service
from app.orders.service import shipping, waiting


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
        with undoable(session, event):
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


@on("deposit.paid", "order.confirmed", "order.converted", "order.closed")
def follow_shipping(session: Session, events: Sequence[Event]) -> None:
    for order_id in _orders(events):
        shipping.follow(session, order_id)


@on("wechat.shipping_reminded")
def hear_reminder(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        if "transaction_id" in event.data:
            shipping.reminded(session, event.data["transaction_id"])
        else:
            # WeChat has begun to manage the trade of a mini-program.
            queue.enqueue(session, "orders.learn_what_is_managed")


@on("wechat.trade_settled")
def follow_settlement(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        if event.data["settled"]:
            shipping.settled(session, event.data["transaction_id"])
