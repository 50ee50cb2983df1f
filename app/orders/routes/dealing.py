"""Doors: the dealer confirms, extends, declines, sells; finance sends a part of the money back."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.kit import clock
from app.kit.idempotency import idempotent
from app.kit.states import StateMoved
from app.kit.web import Caller, blueprint, raises, transactional
from app.orders import queries, schemas, service
from app.orders.errors import (
    AlreadyConfirmed,
    AlreadyExtended,
    DealersOnly,
    HoldNeedsMoney,
    MoneyOnly,
    NotExtendable,
    NotHeld,
    OrderUnknown,
)
from app.orders.models import Order
from app.payments.errors import RefundTooLate, RefundTooMuch, TooManyRefunds

# How an order is looked at is the console's.
staff = blueprint("orders", audience="staff", part="dealing")


@staff.post("/<uuid:order_id>/confirm")
@idempotent
@raises(OrderUnknown, DealersOnly, NotHeld, AlreadyConfirmed, StateMoved)
@staff.output(schemas.DealtOut)
@transactional
def confirm(session: Session, who: Caller, order_id: uuid.UUID) -> Any:
    """The car is there and kept for her; she is told."""
    return _dealt(session, service.confirm(session, who.staff, order_id))


@staff.post("/<uuid:order_id>/extend")
@idempotent
@raises(OrderUnknown, DealersOnly, NotHeld, NotExtendable, AlreadyExtended, StateMoved)
@staff.output(schemas.DealtOut)
@transactional
def extend(session: Session, who: Caller, order_id: uuid.UUID) -> Any:
    """Hold the car longer for her, once, by as much as the terms say; she is told."""
    return _dealt(session, service.extend(session, who.staff, order_id))


@staff.post("/<uuid:order_id>/decline")
@idempotent
@raises(OrderUnknown, DealersOnly, NotHeld, StateMoved)
@staff.input(schemas.ReasonIn)
@staff.output(schemas.DealtOut)
@transactional
def decline(session: Session, who: Caller, order_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Do not go through with it: the car is on sale again, the money goes back, and she is told why."""
    return _dealt(session, service.decline(session, who.staff, order_id, **json_data))


@staff.post("/<uuid:order_id>/sold-offline")
@idempotent
@raises(OrderUnknown, DealersOnly, NotHeld, StateMoved)
@staff.input(schemas.ReasonIn)
@staff.output(schemas.DealtOut)
@transactional
def sold_offline(session: Session, who: Caller, order_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """The car was sold to somebody else: the money goes back, and she is told why."""
    return _dealt(session, service.sold_offline(session, who.staff, order_id, **json_data))


@staff.post("/<uuid:order_id>/convert")
@idempotent
@raises(OrderUnknown, DealersOnly, NotHeld, StateMoved)
@staff.output(schemas.DealtOut)
@transactional
def convert(session: Session, who: Caller, order_id: uuid.UUID) -> Any:
    """She bought the car: it is sold, and the deposit is a part of its price."""
    return _dealt(session, service.convert(session, who.staff, order_id))


@staff.post("/<uuid:order_id>/refund")
@idempotent
@raises(OrderUnknown, MoneyOnly, HoldNeedsMoney, RefundTooMuch, TooManyRefunds, RefundTooLate)
@staff.input(schemas.PartIn)
@staff.output(schemas.DealtOut)
@transactional
def refund(session: Session, who: Caller, order_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Send a part of what she paid back; for finance and administrators."""
    return _dealt(session, service.refund_part(session, who.staff, order_id, **json_data))


def _dealt(session: Session, order: Order) -> Any:
    return schemas.dealt_out(queries.view(session, order), now=clock.now(session))
