"""What the dealer does with an order: confirm it, hold it longer, let it go, or sell the car; and what finance sends back by hand."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy.orm import Session

from app.dealers.models import Role, Staff
from app.kit import clock
from app.orders import queries
from app.orders.errors import (
    AlreadyConfirmed,
    AlreadyExtended,
    DealersOnly,
    HoldNeedsMoney,
    MoneyOnly,
    NotExtendable,
    NotHeld,
)
from app.orders.models import ACTIVE, ORDER, RESERVATION, CloseReason, Order, OrderStatus, Reservation, ReservationStatus
from app.orders.service import steps
from app.payments import queries as payment_queries
from app.payments import service as payments
from app.payments.models import Account
from app.vehicles import service as vehicles

_DEALERS = (Role.adviser, Role.dealer_manager, Role.admin)
_FINANCE = (Role.finance, Role.admin)


def confirm(session: Session, staff: Staff, order_id: uuid.UUID) -> Order:
    """The car is there and kept for her.

    Raises:
        OrderUnknown: also for another dealer's order. DealersOnly.
        NotHeld: it is not paid, or over. AlreadyConfirmed.
    """
    order, hold = _reached(session, staff, order_id)
    _must_be_firm(order, hold)
    if order.status == OrderStatus.confirmed:
        raise AlreadyConfirmed
    ORDER.move(session, order, OrderStatus.confirmed, actor=_by(staff), confirmed_at=clock.now(session))
    steps.record(session, "order.confirmed", order, actor=_by(staff), held_until=hold.expires_at.isoformat())
    return order


def extend(session: Session, staff: Staff, order_id: uuid.UUID) -> Order:
    """She has the car for the terms' `extension_hours` longer, counted from the end of her hold; once.

    Raises:
        OrderUnknown: also for another dealer's order. DealersOnly.
        NotHeld: it is not paid, or over. NotExtendable, AlreadyExtended.
    """
    order, hold = _reached(session, staff, order_id)
    _must_be_firm(order, hold)
    if order.extended_at is not None:
        raise AlreadyExtended
    if order.extension_hours == 0:
        raise NotExtendable
    until = hold.expires_at + timedelta(hours=order.extension_hours)
    RESERVATION.move(session, hold, ReservationStatus.hard_held, actor=_by(staff), reason="extended", expires_at=until)
    order.extended_at = clock.now(session)
    order.refundable_until = until if order.goes_back else None
    steps.record(session, "order.extended", order, actor=_by(staff), held_until=until.isoformat())
    return order


def decline(session: Session, staff: Staff, order_id: uuid.UUID, *, reason: str) -> Order:
    """The dealer does not go through with it: the car is on sale again, and her money goes back whatever the terms say.

    Unpaid: as with a cancellation WeChat has to close the payment first; money that is there after all goes back. She reads `reason`.

    Raises:
        OrderUnknown: also for another dealer's order. DealersOnly.
        NotHeld: it has ended, or is being cancelled.
    """
    return _let_go(session, staff, order_id, why=CloseReason.declined_by_dealer, event="order.declined", reason=reason)


def sold_offline(session: Session, staff: Staff, order_id: uuid.UUID, *, reason: str) -> Order:
    """The dealer sold the car to somebody else: it does not come on sale again. Otherwise as `decline`."""
    return _let_go(session, staff, order_id, why=CloseReason.sold_offline, event="order.sold_offline", reason=reason)


def convert(session: Session, staff: Staff, order_id: uuid.UUID) -> Order:
    """She bought it: the car is sold, and her deposit is part of the price.

    Raises:
        OrderUnknown: also for another dealer's order. DealersOnly.
        NotHeld: it is not paid, or over.
    """
    order, hold = _reached(session, staff, order_id)
    _must_be_firm(order, hold)
    assert order.intent_id is not None
    by = _by(staff)
    RESERVATION.move(session, hold, ReservationStatus.converted, actor=by, ended_at=clock.now(session))
    ORDER.move(session, order, OrderStatus.converted, actor=by, refundable_until=None)
    payments.recognise(session, order.intent_id, to=Account.deposits_applied)
    vehicles.sell(session, order.vehicle_id, actor=by)
    steps.record(session, "order.converted", order, actor=by)
    return order


def refund_part(session: Session, staff: Staff, order_id: uuid.UUID, *, amount_fen: int, reason: str) -> Order:
    """Send a part of what she paid back; `reason` (at most 80 bytes) is shown to her by WeChat. Nothing else changes.

    An order that holds its vehicle keeps some of its deposit; one that is over may send back whatever is still hers.

    Raises:
        OrderUnknown, MoneyOnly.
        HoldNeedsMoney: all of it, while the order goes on.
        RefundTooMuch: more than she paid and has not been sent yet. TooManyRefunds, RefundTooLate: WeChat would not take it.
    """
    order, hold = _reached(session, staff, order_id, roles=_FINANCE)
    assert order.intent_id is not None
    left_fen = payment_queries.refundable_fen(session, order.intent_id)
    if hold.status in ACTIVE and amount_fen == left_fen:
        raise HoldNeedsMoney(below_fen=left_fen)
    payments.request_refund(session, order.intent_id, amount_fen=amount_fen, reason=reason)
    return order


def _reached(session: Session, staff: Staff, order_id: uuid.UUID, *, roles: tuple[Role, ...] = _DEALERS) -> tuple[Order, Reservation]:
    """The order locked, if it is this person's to deal with; of two who press at once the second sees what the first has done."""
    queries.get(session, staff.brand_id, order_id, dealer_id=None if staff.sees_the_brand else staff.dealer_id)
    if staff.role not in roles:
        raise DealersOnly if roles is _DEALERS else MoneyOnly
    return steps.locked(session, order_id)


def _by(staff: Staff) -> steps.Actor:
    return "staff", staff.id


def _must_be_firm(order: Order, hold: Reservation) -> None:
    if hold.status != ReservationStatus.hard_held:
        raise NotHeld(status=order.status, close_reason=order.close_reason)


def _let_go(session: Session, staff: Staff, order_id: uuid.UUID, *, why: CloseReason, event: str, reason: str) -> Order:
    order, hold = _reached(session, staff, order_id)
    by = _by(staff)
    is_firm = hold.status == ReservationStatus.hard_held
    if not is_firm and hold.status not in (ReservationStatus.soft_held, ReservationStatus.expiring):
        raise NotHeld(status=order.status, close_reason=order.close_reason)
    order.dealer_note = reason
    steps.record(session, event, order, actor=by, was_paid=is_firm)
    if is_firm:
        steps.end(session, order, hold, to=steps.OF_THE_DEALER[why], reason=why, actor=by, note=reason)
    else:
        steps.begin_ending(session, order, hold, reason=why, actor=by, note=reason)
    return order
