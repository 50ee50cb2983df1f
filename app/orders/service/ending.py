"""Let go of a vehicle: cancelled, run out, or never payable."""

from __future__ import annotations

import uuid

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.identity.models import Customer
from app.kit import clock
from app.orders import queries
from app.orders.errors import OrderOver
from app.orders.models import RESERVATION, CloseReason, Order, OrderStatus, ReservationStatus
from app.orders.service import following, steps
from app.payments import service as payments


def cancel(session: Session, customer: Customer, order_id: uuid.UUID, *, reason: str | None = None) -> Order:
    """The customer no longer wants it. `reason` in her own words.

    Unpaid: WeChat has to close the payment first, so the hold is `cancelling` for a moment; if she has paid after all the money goes
    back. Paid: the vehicle is on sale again at once, and the refund is requested; earnest money whose terms say so is forfeited instead.
    Cancelling again changes nothing.

    Raises:
        OrderUnknown: also for another customer's order.
        OrderOver: it ended in another way before.
    """
    queries.of_customer(session, customer.id, order_id)
    order, hold = steps.locked(session, order_id)
    if order.status == OrderStatus.closed and order.close_reason == CloseReason.cancelled_by_customer:
        return order
    why, actor = CloseReason.cancelled_by_customer, ("customer", customer.id)
    if hold.status in (ReservationStatus.soft_held, ReservationStatus.expiring):
        order.cancel_reason = reason
        steps.begin_ending(session, order, hold, reason=why, actor=actor)
    elif hold.status == ReservationStatus.hard_held:
        order.cancel_reason = reason
        steps.end(session, order, hold, to=ReservationStatus.cancelled_by_user, reason=why, actor=actor)
    elif hold.status != ReservationStatus.cancelling:
        raise OrderOver
    return order


def expire(session: Session, order_id: uuid.UUID) -> None:
    """Take the next step of ending a hold whose time has come; calling it too early or again changes nothing.

    A soft hold: WeChat is asked, and has to close the payment, before the vehicle is let go (`payment.closed` or `payment.succeeded`
    brings the answer). A hard hold: the deposit goes back by itself, or is forfeited where its terms say so.
    """
    order, hold = steps.locked(session, order_id)
    if hold.status in (ReservationStatus.expiring, ReservationStatus.cancelling):
        following.follow_payment(session, order_id)
    elif hold.expires_at > clock.now(session):
        return
    elif hold.status == ReservationStatus.soft_held:
        RESERVATION.move(session, hold, ReservationStatus.expiring, reason=CloseReason.expired)
        _stop_payment(session, order)
    elif hold.status == ReservationStatus.hard_held:
        steps.end(session, order, hold, to=ReservationStatus.expired, reason=CloseReason.hold_ended)


def fail(session: Session, order_id: uuid.UUID) -> None:
    """WeChat does not take this payment at all: nobody can pay, so nobody holds the vehicle. The request may be made again with its key."""
    order, hold = steps.locked(session, order_id)
    if hold.status == ReservationStatus.soft_held:
        order.request_key = None
        _stop_payment(session, order)
        steps.end(session, order, hold, to=ReservationStatus.failed, reason=CloseReason.payment_failed)


def erase(session: Session, customer_id: uuid.UUID) -> None:
    """An erased customer holds nothing, as if she had cancelled, and has said nothing. Order records stay (E-commerce Law, art. 31)."""
    customer = session.get_one(Customer, customer_id)
    for hold in queries.active_of(session, customer_id):
        cancel(session, customer, hold.order_id)
    session.execute(update(Order).where(Order.customer_id == customer_id).values(cancel_reason=None))


def _stop_payment(session: Session, order: Order) -> None:
    assert order.intent_id is not None
    payments.start_closing(session, order.intent_id)
