"""Doors: a customer reads the terms, reserves, pays, looks and cancels."""

from __future__ import annotations

import uuid
from typing import Any

from flask import g
from sqlalchemy.orm import Session

from app.kit import clock, db, paging
from app.kit.idempotency import idempotent
from app.kit.web import Caller, blueprint, raises, stepwise, transactional
from app.orders import queries, schemas, service
from app.orders.errors import (
    LimitReached,
    NotOnSale,
    NotPayable,
    OrderOver,
    OrderUnknown,
    PhoneNeeded,
    TermsChanged,
    TermsMissing,
    TermsUnfit,
)
from app.orders.models import Order, OrderStatus
from app.payments import service as payments
from app.payments.errors import AlreadyPaid, NotOurPayer, PayeeMissing, PaymentOver, PaymentRefused, PaymentUnavailable
from app.vehicles import queries as vehicles
from app.vehicles.errors import VehicleUnknown

visitor = blueprint("orders", audience="visitor")
customer = blueprint("orders", audience="customer")

UNPAID = (OrderStatus.created, OrderStatus.awaiting_payment)


@visitor.get("/terms")
@raises(TermsMissing, VehicleUnknown, PayeeMissing)
@visitor.input(schemas.TermsOfIn, location="query")
@visitor.output(schemas.TermsOut)
@transactional
def terms(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """The deposit terms in force for a vehicle, or the brand's."""
    assert who.brand_id is not None
    vehicle_id = query_data["vehicle_id"]
    dealer_id = vehicles.get(session, who.brand_id, vehicle_id).dealer_id if vehicle_id else None
    found = queries.terms(session, who.brand_id, dealer_id)
    return schemas.terms_out(found, payee_name=service.payee_name(session, found, dealer_id))


@customer.post("/")
@raises(
    VehicleUnknown,
    NotOnSale,
    PhoneNeeded,
    TermsChanged,
    TermsMissing,
    TermsUnfit,
    LimitReached,
    PayeeMissing,
    NotOurPayer,
    AlreadyPaid,
    PaymentOver,
    PaymentRefused,
    PaymentUnavailable,
)
@idempotent
@customer.input(schemas.ReserveIn)
@customer.output(schemas.OrderPaymentOut, status_code=201)
@stepwise
def reserve(who: Caller, json_data: dict[str, Any]) -> Any:
    """Hold a vehicle and get what the pay sheet needs. Needs the header `Idempotency-Key`; the same key gives the same answer."""
    with db.transaction() as session:
        order = service.reserve(session, who.customer.id, request_key=g.idempotency_key, **json_data)
        intent_id = order.intent_id if order.status not in (OrderStatus.paid, OrderStatus.confirmed) else None
    return _let_pay(order.id, intent_id)


@customer.post("/<uuid:order_id>/pay")
@idempotent
@raises(OrderUnknown, NotPayable, NotOurPayer, AlreadyPaid, PaymentOver, PaymentRefused, PaymentUnavailable)
@customer.output(schemas.OrderPaymentOut)
@stepwise
def pay(who: Caller, order_id: uuid.UUID) -> Any:
    """What the pay sheet needs, once more, for an order that is not paid yet."""
    with db.transaction() as session:
        order = queries.of_customer(session, who.customer.id, order_id)
        if order.status not in UNPAID:
            raise NotPayable
    return _let_pay(order.id, order.intent_id)


def _let_pay(order_id: uuid.UUID, intent_id: uuid.UUID | None) -> dict[str, Any]:
    try:
        payment = payments.pay(intent_id) if intent_id else None
    except PaymentRefused:
        with db.transaction() as session:
            service.fail(session, order_id)
        raise
    with db.transaction() as session:
        if payment:
            service.await_payment(session, order_id)
        order = session.get_one(Order, order_id)
        return {"order": schemas.order_out(queries.view(session, order), now=clock.now(session)), "payment": payment}


@customer.get("/")
@raises(paging.CursorInvalid)
@customer.input(schemas.PageIn, location="query")
@customer.output(schemas.OrdersOut)
@transactional
def mine(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Her orders, newest first."""
    limit = query_data["limit"]
    before = paging.moment_and_id(query_data["cursor"]) if query_data["cursor"] else None
    found = queries.page(session, who.customer.brand_id, customer_id=who.customer.id, before=before, limit=limit + 1)
    shown, now = found[:limit], clock.now(session)
    return {
        "items": [schemas.order_out(view, now=now) for view in queries.views(session, shown)],
        "next_cursor": paging.encode(shown[-1].created_at, shown[-1].id) if len(found) > limit else None,
    }


@customer.get("/<uuid:order_id>")
@raises(OrderUnknown)
@customer.output(schemas.OrderOut)
@transactional
def one(session: Session, who: Caller, order_id: uuid.UUID) -> Any:
    """One of her orders, with its countdown, its payment and the progress of its refund."""
    order = queries.of_customer(session, who.customer.id, order_id)
    return schemas.order_out(queries.view(session, order), now=clock.now(session))


@customer.post("/<uuid:order_id>/cancel")
@idempotent
@raises(OrderUnknown, OrderOver)
@customer.input(schemas.CancelIn)
@customer.output(schemas.OrderOut)
@transactional
def cancel(session: Session, who: Caller, order_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Cancel: unpaid, as soon as WeChat has closed the payment; paid, at once, and the deposit goes back."""
    order = service.cancel(session, who.customer, order_id, reason=json_data["reason"])
    return schemas.order_out(queries.view(session, order), now=clock.now(session))
