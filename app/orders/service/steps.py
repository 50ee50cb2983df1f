"""The small steps that every verb of orders is made of."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import service as events
from app.kit import clock
from app.kit.texts import t
from app.orders import queries
from app.orders.models import ORDER, RESERVATION, CloseReason, Order, OrderStatus, Reservation, ReservationStatus
from app.orders.service import waiting
from app.payments import queries as payment_queries
from app.payments import service as payments

Actor = tuple[str, Any]
SYSTEM: Actor = ("system", None)


def locked(session: Session, order_id: uuid.UUID) -> tuple[Order, Reservation]:
    """The order as it is now, locked until the end of the transaction, and its latest reservation."""
    order = session.execute(
        select(Order).filter_by(id=order_id).with_for_update(key_share=True).execution_options(populate_existing=True)
    ).scalar_one()
    hold = queries.hold(session, order_id)
    session.refresh(hold)
    return order, hold


def record(session: Session, name: str, order: Order, *, actor: Actor = SYSTEM, **more: Any) -> None:
    """An event of this order, with the keys that every event of orders carries."""
    data = {
        "order_id": order.id,
        "vehicle_id": order.vehicle_id,
        "dealer_id": order.dealer_id,
        "store_id": order.store_id,
        "amount_fen": order.amount_fen,
    }
    events.record(
        session, name, brand_id=order.brand_id, customer_id=order.customer_id, subject=("order", order.id), data=data | more, actor=actor
    )


def end(session: Session, order: Order, hold: Reservation, *, to: ReservationStatus, reason: CloseReason, actor: Actor = SYSTEM) -> None:
    """The hold and the order end, what was paid goes back, and the vehicle is on sale again: all of it or nothing.

    The vehicle does not wait for the refund to be settled: from here on the money is the customer's again, and nobody holds the car.
    """
    moment = clock.now(session)
    RESERVATION.move(session, hold, to, ended_at=moment)
    ORDER.move(session, order, OrderStatus.closed, closed_at=moment, close_reason=reason)
    was_paid = send_back(session, order, reason=reason)
    waiting.hand_on(session, order.vehicle_id)
    name = "order.cancelled" if reason == CloseReason.cancelled_by_customer else "order.expired"
    if reason != CloseReason.payment_failed:
        record(session, name, order, actor=actor, was_paid=was_paid)
    record(session, "order.closed", order, actor=actor, close_reason=reason, was_paid=was_paid)


def send_back(session: Session, order: Order, *, reason: CloseReason) -> bool:
    """Ask for everything back that she paid and nobody has asked back yet. Whether there was any."""
    assert order.intent_id is not None
    amount_fen = payment_queries.refundable_fen(session, order.intent_id)
    if amount_fen > 0:
        payments.request_refund(session, order.intent_id, amount_fen=amount_fen, reason=t(f"orders.refund_reasons.{reason}"))
    return amount_fen > 0
