"""Bring an order into line with its money, and with its customer. Each looks at how things stand now, never at what an event said."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.identity.models import Customer
from app.kit import clock
from app.orders import queries
from app.orders.models import ORDER, RESERVATION, CloseReason, Order, OrderStatus, Reservation, ReservationStatus
from app.orders.service import steps, waiting
from app.payments import queries as payment_queries
from app.payments import service as payments
from app.payments.models import IntentStatus, PaymentIntent
from app.payments.queries import PaymentStatus
from app.vehicles.errors import NotOnSale


def follow_payment(session: Session, order_id: uuid.UUID) -> None:
    """The money has arrived, or never will: hold firmly, let go, or give back. Calling it again changes nothing."""
    order, hold = steps.locked(session, order_id)
    intent = session.get_one(PaymentIntent, order.intent_id, populate_existing=True)
    if intent.status == IntentStatus.closed:
        if hold.status == ReservationStatus.expiring:
            steps.end(session, order, hold, to=ReservationStatus.expired, reason=CloseReason.expired)
        elif hold.status == ReservationStatus.cancelling:
            steps.end_begun(session, order, hold, was_paid=False)
    elif intent.status == IntentStatus.paid and order.paid_at is None:
        _paid(session, order, hold)


def _paid(session: Session, order: Order, hold: Reservation) -> None:
    moment = clock.now(session)
    order.paid_at = moment
    if hold.status in (ReservationStatus.soft_held, ReservationStatus.expiring):
        until = moment + timedelta(hours=order.hold_hours)
        RESERVATION.move(session, hold, ReservationStatus.hard_held, reason="paid", expires_at=until)
        ORDER.move(session, order, OrderStatus.paid, refundable_until=until if order.goes_back else None)
        steps.record(session, "deposit.paid", order, actor=("customer", order.customer_id))
    elif hold.status == ReservationStatus.cancelling:
        steps.end_begun(session, order, hold, was_paid=True)
    elif order.close_reason != CloseReason.expired or not _grant_again(session, order):
        # The money came after the vehicle was let go, and she cannot have it any more.
        steps.send_back(session, order, reason=CloseReason(order.close_reason or CloseReason.expired))


def _grant_again(session: Session, order: Order) -> bool:
    """Give a vehicle that was let go to the customer whose money came late, if it is still free, or offered to her."""
    assert order.intent_id is not None
    customer = session.get_one(Customer, order.customer_id)
    if customer.erased_at:
        return False
    if len(queries.active_of(session, order.customer_id)) >= queries.accepted_terms(session, order).active_per_customer:
        return False
    try:
        waiting.take(session, customer, order.vehicle_id)
    except NotOnSale:
        return False
    until = clock.now(session) + timedelta(hours=order.hold_hours)
    session.add(
        Reservation(
            brand_id=order.brand_id,
            order_id=order.id,
            vehicle_id=order.vehicle_id,
            customer_id=order.customer_id,
            status=ReservationStatus.hard_held,
            expires_at=until,
        )
    )
    order.closed_at = order.close_reason = None
    ORDER.move(session, order, OrderStatus.paid, reason="paid_late", refundable_until=until if order.goes_back else None)
    payments.settle_late(session, order.intent_id, resolution="granted_again")
    steps.record(session, "deposit.paid", order, actor=("customer", order.customer_id))
    return True


def follow_refund(session: Session, order_id: uuid.UUID) -> None:
    """Everything that was paid is back with the customer. Calling it again changes nothing."""
    order, _ = steps.locked(session, order_id)
    assert order.intent_id is not None
    if order.refunded_at is None and payment_queries.standing(session, order.intent_id).status == PaymentStatus.refunded:
        order.refunded_at = clock.now(session)
        steps.record(session, "deposit.refunded", order, actor=("wechat", None))


def follow_merge(session: Session, *, kept_id: uuid.UUID, merged_id: uuid.UUID) -> None:
    """The kept customer's are all orders of the other. Their request keys end: the same key may have been used by both."""
    session.execute(update(Order).where(Order.customer_id == merged_id).values(customer_id=kept_id, request_key=None))
    session.execute(update(Reservation).where(Reservation.customer_id == merged_id).values(customer_id=kept_id))
