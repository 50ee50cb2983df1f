"""What orders mean for leads: a reservation makes one, a deposit makes it urgent, an end cools it down."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events.models import Event
from app.identity import queries as identity
from app.leads.models import Cause, Grade, Interest, Lead
from app.leads.service.assigning import assign
from app.leads.service.keeping import keep, note, raise_grade, record
from app.orders.models import Order, OrderStatus


@dataclass(frozen=True)
class _Fact:
    """An order's event, with its ids as such and the order as it is now."""

    order: Order
    about: dict[str, Any]
    customer_id: uuid.UUID


def _read(session: Session, event: Event) -> _Fact:
    assert event.customer_id is not None
    about = {name: uuid.UUID(event.data[name]) for name in ("order_id", "vehicle_id", "store_id")}
    return _Fact(session.get_one(Order, about["order_id"]), about, event.customer_id)


def _keep(session: Session, fact: _Fact, interest: Interest) -> Lead:
    return keep(
        session,
        fact.order.brand_id,
        fact.customer_id,
        interest=interest,
        vehicle_id=fact.order.vehicle_id,
        store_id=fact.order.store_id,
    )


def order_reserved(session: Session, event: Event) -> None:
    """She is about to pay: a lead, but nobody is disturbed yet, since in a minute there is better news or worse."""
    fact = _read(session, event)
    lead = _keep(session, fact, Interest.reservation)
    if note(session, lead, "reservation", fact.order.id, vehicle_id=fact.order.vehicle_id):
        raise_grade(lead, Grade.A)


def deposit_paid(session: Session, event: Event) -> None:
    """The highest grade, and an adviser of the car's dealer hears at once; if the order has ended since, it is only noted."""
    fact = _read(session, event)
    lead = _keep(session, fact, Interest.deposit)
    if not note(session, lead, "deposit", fact.order.id, vehicle_id=fact.order.vehicle_id) or fact.order.status == OrderStatus.closed:
        return
    raise_grade(lead, Grade.H)
    assign(session, lead, cause=Cause.deposit_paid, reference=fact.order.id, dealer_id=fact.order.dealer_id, about=fact.about)


def order_ended(session: Session, event: Event) -> None:
    """A paid order that came to an end cools the lead down and its adviser is told; a lead that has none yet is worth a call."""
    fact = _read(session, event)
    cause = event.name.replace(".", "_")
    lead = _keep(session, fact, Interest.reservation)
    if not note(session, lead, cause, fact.order.id, vehicle_id=fact.order.vehicle_id):
        return
    if lead.grade == Grade.H and fact.order.paid_at is not None and not _has_another(session, fact):
        lead.grade = Grade.A
        lead.version += 1
    if lead.owner_id is None:
        # Nobody has heard of her so far, also when she paid and cancelled faster than anybody could be asked.
        assign(session, lead, cause=Cause.not_paid, reference=fact.order.id, dealer_id=fact.order.dealer_id, about=fact.about)
    elif fact.order.paid_at is not None:
        record(session, "lead.updated", lead, cause="order_forfeited" if event.data.get("is_forfeited") else cause, **fact.about)


def order_of_erased_ended(session: Session, event: Event) -> None:
    """A paid order ended because its customer left: who looked after her is told that much, and her lead stays as it is."""
    fact = _read(session, event)
    person = identity.get(session, fact.order.brand_id, fact.customer_id)
    hers = Lead.customer_id.in_(identity.ids_of(session, person.id))
    looked_after = select(Lead).where(hers, Lead.owner_id.is_not(None)).order_by(Lead.created_at.desc())
    lead = session.execute(looked_after.limit(1)).scalar_one_or_none()
    if lead is None or fact.order.paid_at is None:
        return
    if note(session, lead, event.name.replace(".", "_"), fact.order.id, vehicle_id=fact.order.vehicle_id):
        record(session, "lead.updated", lead, cause="order_ended", **fact.about)


def _has_another(session: Session, fact: _Fact) -> bool:
    """Whether she has another order that is paid and goes on."""
    wanted = select(Order.id).where(
        Order.customer_id == fact.order.customer_id, Order.id != fact.order.id, Order.paid_at.is_not(None), Order.closed_at.is_(None)
    )
    return session.execute(wanted.limit(1)).first() is not None
