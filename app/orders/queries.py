"""Looks at orders, their holds and their terms."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, tuple_, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, joinedload

from app.kit.states import Transition
from app.orders.errors import OrderUnknown, TermsMissing, TermsUnknown
from app.orders.models import ACTIVE, ENDING, DepositTerms, Order, Reservation, ReservationStatus
from app.orders.view import View
from app.payments import queries as payments
from app.payments.models import IntentStatus, PaymentAttempt, PaymentIntent, Refund
from app.vehicles import queries as vehicles
from app.vehicles.models import Vehicle


def views(session: Session, orders: Sequence[Order]) -> list[View]:
    """What people see of these orders, in the same order."""
    intent_ids = [order.intent_id for order in orders if order.intent_id is not None]
    of_order = holds(session, [order.id for order in orders])
    standings = payments.standings(session, intent_ids)
    refunds = payments.latest_refunds(session, intent_ids)
    wanted = select(Vehicle).options(joinedload(Vehicle.store)).where(Vehicle.id.in_([order.vehicle_id for order in orders]))
    cards = {vehicle.id: vehicles.card_of(vehicle) for vehicle in session.execute(wanted).scalars()}
    return [
        View(order, of_order[order.id], standings[order.intent_id], refunds.get(order.intent_id), cards[order.vehicle_id])
        for order in orders
        if order.intent_id is not None
    ]


def view(session: Session, order: Order) -> View:
    return views(session, [order])[0]


def terms(session: Session, brand_id: uuid.UUID, dealer_id: uuid.UUID | None = None) -> DepositTerms:
    """The policy in force for a dealer: its own, else the brand's; without a dealer the brand's. Raises `TermsMissing`."""
    whose = DepositTerms.dealer_id.is_(None) | (DepositTerms.dealer_id == dealer_id)
    found = session.execute(
        select(DepositTerms)
        .where(DepositTerms.brand_id == brand_id, whose, DepositTerms.ended_at.is_(None))
        .order_by(DepositTerms.dealer_id.is_(None), DepositTerms.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    if found is None:
        raise TermsMissing
    return found


def accepted_terms(session: Session, order: Order) -> DepositTerms:
    """What she agreed to, whether it is still in force or not."""
    return session.execute(select(DepositTerms).filter_by(brand_id=order.brand_id, version=order.terms_version)).scalar_one()


def all_terms(
    session: Session, brand_id: uuid.UUID, *, dealer_id: uuid.UUID | None = None, before: uuid.UUID | None = None, limit: int = 20
) -> Sequence[DepositTerms]:
    """Every version that there was, newest first, continuing before an id: all dealers', or only one dealer's with the brand's."""
    wanted = select(DepositTerms).filter_by(brand_id=brand_id)
    if dealer_id is not None:
        wanted = wanted.where(DepositTerms.dealer_id.is_(None) | (DepositTerms.dealer_id == dealer_id))
    if before is not None:
        wanted = wanted.where(DepositTerms.id < before)
    return session.execute(wanted.order_by(DepositTerms.id.desc()).limit(limit)).scalars().all()


def one_of_the_terms(session: Session, brand_id: uuid.UUID, terms_id: uuid.UUID) -> DepositTerms:
    """A version of the brand or of one of its dealers. Raises `TermsUnknown`."""
    found = session.execute(select(DepositTerms).filter_by(brand_id=brand_id, id=terms_id)).scalar_one_or_none()
    if found is None:
        raise TermsUnknown
    return found


def trail(session: Session, order: Order) -> Sequence[Transition]:
    """Every move of the order, its reservations, its payment with all attempts, and its refunds, oldest first."""
    subjects = [(Order.__tablename__, order.id), (PaymentIntent.__tablename__, order.intent_id)]
    for model, whose in (
        (Reservation, Reservation.order_id == order.id),
        (PaymentAttempt, PaymentAttempt.intent_id == order.intent_id),
        (Refund, Refund.intent_id == order.intent_id),
    ):
        subjects += [(model.__tablename__, row_id) for row_id in session.execute(select(model.id).where(whose)).scalars()]
    moved = tuple_(Transition.subject_type, Transition.subject_id).in_(subjects)
    return session.execute(select(Transition).where(moved).order_by(Transition.id)).scalars().all()


def of_customer(session: Session, customer_id: uuid.UUID, order_id: uuid.UUID) -> Order:
    """One of the customer's orders. Raises `OrderUnknown`, also for another's."""
    found = session.execute(select(Order).filter_by(id=order_id, customer_id=customer_id)).scalar_one_or_none()
    if found is None:
        raise OrderUnknown
    return found


def get(session: Session, brand_id: uuid.UUID, order_id: uuid.UUID, *, dealer_id: uuid.UUID | None = None) -> Order:
    """An order of the brand, or of one dealer. Raises `OrderUnknown`."""
    wanted = select(Order).filter_by(id=order_id, brand_id=brand_id)
    if dealer_id is not None:
        wanted = wanted.filter_by(dealer_id=dealer_id)
    found = session.execute(wanted).scalar_one_or_none()
    if found is None:
        raise OrderUnknown
    return found


def page(
    session: Session,
    brand_id: uuid.UUID,
    *,
    dealer_id: uuid.UUID | None = None,
    customer_id: uuid.UUID | None = None,
    status: str | None = None,
    before: tuple[datetime, uuid.UUID] | None = None,
    limit: int = 20,
) -> Sequence[Order]:
    """Orders of the brand, or of one dealer or customer, newest first, continuing before (created_at, id)."""
    wanted = select(Order).filter_by(brand_id=brand_id)
    if dealer_id is not None:
        wanted = wanted.filter_by(dealer_id=dealer_id)
    if customer_id is not None:
        wanted = wanted.filter_by(customer_id=customer_id)
    if status is not None:
        wanted = wanted.filter_by(status=status)
    if before is not None:
        wanted = wanted.where(tuple_(Order.created_at, Order.id) < tuple_(*before))
    return session.execute(wanted.order_by(Order.created_at.desc(), Order.id.desc()).limit(limit)).scalars().all()


def holds(session: Session, order_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Reservation]:
    """The latest reservation of each order."""
    found = session.execute(
        select(Reservation)
        .where(Reservation.order_id.in_(order_ids))
        .ext(distinct_on(Reservation.order_id))
        .order_by(Reservation.order_id, Reservation.id.desc())
    )
    return {hold.order_id: hold for hold in found.scalars()}


def hold(session: Session, order_id: uuid.UUID) -> Reservation:
    """The latest reservation of an order."""
    return holds(session, [order_id])[order_id]


def holder_of(session: Session, vehicle_id: uuid.UUID) -> Reservation | None:
    """The active reservation of a vehicle."""
    return session.execute(
        select(Reservation).where(Reservation.vehicle_id == vehicle_id, Reservation.status.in_(ACTIVE))
    ).scalar_one_or_none()


def active_of(session: Session, customer_id: uuid.UUID) -> Sequence[Reservation]:
    """The vehicles that a customer holds now, oldest first."""
    return (
        session.execute(
            select(Reservation).where(Reservation.customer_id == customer_id, Reservation.status.in_(ACTIVE)).order_by(Reservation.id)
        )
        .scalars()
        .all()
    )


def due(session: Session, limit: int = 200) -> Sequence[uuid.UUID]:
    """Orders whose hold has come to its end, or is being ended while the payment has found its own end.

    Two questions with an index each, so that the many holds whose time has not come cost nothing.
    """
    hold = select(Reservation.order_id, Reservation.expires_at)
    run_out = hold.where(
        Reservation.status.in_((ReservationStatus.soft_held, ReservationStatus.hard_held)), Reservation.expires_at <= func.marque_now()
    )
    ended = (
        hold.join(Order, Order.id == Reservation.order_id)
        .join(PaymentIntent, PaymentIntent.id == Order.intent_id)
        .where(Reservation.status.in_(ENDING), PaymentIntent.status.in_((IntentStatus.paid, IntentStatus.closed)))
    )
    both = union_all(run_out.order_by(Reservation.expires_at).limit(limit), ended.limit(limit)).subquery()
    return session.execute(select(both.c.order_id).order_by(both.c.expires_at).limit(limit)).scalars().all()
