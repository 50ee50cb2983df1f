"""The waiting list: a vehicle that is let go is offered to the first in line before it is on sale again.

Whoever changes a line holds the vehicle's lock, so that of a release, an offer that runs out and a customer who takes it one comes first.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.events import service as events
from app.identity import queries as identity
from app.identity.models import Customer
from app.kit import clock
from app.kit.settings import settings
from app.orders import queries, waiting_queries
from app.orders.errors import TermsMissing
from app.orders.models import ACTIVE, Reservation
from app.orders.waiting_errors import HeldByYou, OnSale, WaitingLimit
from app.orders.waiting_models import LIVE, WAITLIST, WaitlistEntry, WaitlistStatus
from app.vehicles import queries as vehicle_queries
from app.vehicles import service as vehicles
from app.vehicles.errors import NotOnSale, VehicleUnknown
from app.vehicles.models import VISIBLE, Status, Vehicle


def hand_on(session: Session, vehicle_id: uuid.UUID) -> None:
    """Nobody holds the vehicle any more: the first in line is offered it, or it is on sale again; calling it again changes nothing.

    Who holds as many vehicles as one person may is passed over and keeps her place. The line of a sold vehicle ends.
    """
    vehicle = _locked(session, vehicle_id)
    if vehicle.status not in VISIBLE:
        _end_line(session, vehicle)
    elif vehicle.status == Status.reserved and not _is_promised(session, vehicle_id):
        entry = _next(session, vehicle)
        if entry is None:
            vehicles.release(session, vehicle_id)
            return
        until = clock.now(session) + timedelta(minutes=settings().waitlist_offer_minutes)
        WAITLIST.move(session, entry, WaitlistStatus.offered, offered_until=until, skipped_at=None)
        _record(session, "waitlist.offered", entry, vehicle)


def take(session: Session, customer: Customer, vehicle_id: uuid.UUID) -> Vehicle:
    """The vehicle for this customer: it is on sale, or offered to her. Raises `vehicles.errors.NotOnSale`."""
    try:
        vehicle = vehicles.reserve(session, vehicle_id, actor=("customer", customer.id))
        entry = waiting_queries.live_at(session, vehicle_id, customer.id)
    except NotOnSale:
        # Most who come too late wait for nothing, and need not wait for the lock either.
        if waiting_queries.live_at(session, vehicle_id, customer.id) is None:
            raise
        vehicle = _locked(session, vehicle_id)
        entry = waiting_queries.live_at(session, vehicle_id, customer.id)
        if entry is None or not _is_open(entry, clock.now(session)):
            raise
    if entry is not None:
        _end(session, entry, vehicle, WaitlistStatus.taken, actor=("customer", customer.id))
    return vehicle


def join(session: Session, customer: Customer, vehicle_id: uuid.UUID) -> WaitlistEntry:
    """A place at the end of the line for a vehicle that somebody else holds. Joining again gives the place that she has.

    Raises:
        VehicleUnknown, VehicleGone: there is nothing to wait for.
        OnSale: nobody holds it, she can reserve it at once.
        HeldByYou: she has it already.
        WaitingLimit: she waits for as many vehicles as one person may.
    """
    # Under this lock two requests of one person follow each other, so that the limit is not passed twice.
    customer = identity.standing_still(session, customer, alone=True)
    vehicle = _locked(session, vehicle_id)
    vehicle_queries.shown(session, customer.brand_id, vehicle_id)
    if vehicle.status == Status.listed:
        raise OnSale
    known = waiting_queries.live_at(session, vehicle_id, customer.id)
    if known is not None:
        return known
    holder = queries.holder_of(session, vehicle_id)
    if holder is not None and holder.customer_id == customer.id:
        raise HeldByYou(order_id=str(holder.order_id))
    if len(waiting_queries.live_of(session, customer.id)) >= settings().waitlist_cars_per_customer:
        raise WaitingLimit(most=settings().waitlist_cars_per_customer)
    entry = WaitlistEntry(brand_id=vehicle.brand_id, vehicle_id=vehicle_id, customer_id=customer.id)
    session.add(entry)
    session.flush()
    _record(session, "waitlist.joined", entry, vehicle, actor=("customer", customer.id))
    return entry


def leave(session: Session, customer_id: uuid.UUID, vehicle_id: uuid.UUID, *, reason: str | None = None) -> None:
    """She no longer waits for it; an offer of hers goes to the next. Without a place nothing changes."""
    if waiting_queries.live_at(session, vehicle_id, customer_id) is None:
        return
    vehicle = _locked(session, vehicle_id)
    entry = waiting_queries.live_at(session, vehicle_id, customer_id)
    if entry is not None:
        _end(session, entry, vehicle, WaitlistStatus.left, actor=("customer", customer_id), reason=reason)
        hand_on(session, vehicle_id)


def lapse(session: Session, entry_id: uuid.UUID) -> None:
    """Hand on an offer whose time is up, or whose customer chose another vehicle meanwhile; too early or again changes nothing."""
    entry = session.get_one(WaitlistEntry, entry_id)
    vehicle = _locked(session, entry.vehicle_id)
    session.refresh(entry)
    moment = clock.now(session)
    if entry.status != WaitlistStatus.offered:
        return
    if not _is_open(entry, moment):
        _end(session, entry, vehicle, WaitlistStatus.lapsed)
    elif len(queries.active_of(session, entry.customer_id)) >= _most_held(session, vehicle):
        WAITLIST.move(session, entry, WaitlistStatus.waiting, reason="holds_another", offered_until=None, skipped_at=moment)
    hand_on(session, vehicle.id)


def end_line(session: Session, vehicle_id: uuid.UUID) -> None:
    """Nobody can have the vehicle any more: everybody in line is told. While it can be had, nothing changes."""
    vehicle = _locked(session, vehicle_id)
    if vehicle.status not in VISIBLE:
        _end_line(session, vehicle)


def forget(session: Session, customer_id: uuid.UUID) -> None:
    """An erased customer waits for nothing."""
    for entry in waiting_queries.live_of(session, customer_id):
        leave(session, customer_id, entry.vehicle_id, reason="erased")


def follow_merge(session: Session, *, kept_id: uuid.UUID, merged_id: uuid.UUID) -> None:
    """The kept customer's are all places of the other; of two in one line the first stays, and none where she holds the vehicle."""
    for entry in waiting_queries.live_of(session, merged_id):
        vehicle = _locked(session, entry.vehicle_id)
        session.refresh(entry)
        hers = waiting_queries.live_at(session, vehicle.id, kept_id)
        if entry.status in LIVE and hers is not None:
            _end(session, max(entry, hers, key=lambda one: one.id), vehicle, WaitlistStatus.left, reason="merged")
    whose = update(WaitlistEntry).where(WaitlistEntry.customer_id == merged_id).values(customer_id=kept_id)
    session.execute(whose.execution_options(synchronize_session="fetch"))
    erased = session.get_one(Customer, kept_id).erased_at is not None
    for entry in waiting_queries.live_of(session, kept_id):
        holder = queries.holder_of(session, entry.vehicle_id)
        if erased or (holder is not None and holder.customer_id == kept_id):
            leave(session, kept_id, entry.vehicle_id, reason="merged")


def _locked(session: Session, vehicle_id: uuid.UUID) -> Vehicle:
    """The vehicle as it is now; its line stands still until the end of the transaction."""
    wanted = select(Vehicle).filter_by(id=vehicle_id).with_for_update(key_share=True).execution_options(populate_existing=True)
    found = session.execute(wanted).scalar_one_or_none()
    if found is None:
        raise VehicleUnknown
    return found


def _is_open(entry: WaitlistEntry, moment: datetime) -> bool:
    return entry.status == WaitlistStatus.offered and entry.offered_until is not None and entry.offered_until > moment


def _is_promised(session: Session, vehicle_id: uuid.UUID) -> bool:
    """Whether somebody holds it, or is offered it."""
    offers = select(WaitlistEntry.id).filter_by(vehicle_id=vehicle_id, status=WaitlistStatus.offered)
    return queries.holder_of(session, vehicle_id) is not None or session.execute(offers).first() is not None


def _most_held(session: Session, vehicle: Vehicle) -> int:
    """How many vehicles one person may hold under the terms of this one's dealer; none where nothing can be reserved."""
    try:
        return queries.terms(session, vehicle.brand_id, vehicle.dealer_id).active_per_customer
    except TermsMissing:
        return 0


def _next(session: Session, vehicle: Vehicle) -> WaitlistEntry | None:
    """The first in line who may have it now; whoever stood before her has been passed over."""
    held = select(func.count()).where(Reservation.customer_id == WaitlistEntry.customer_id, Reservation.status.in_(ACTIVE))
    line = select(WaitlistEntry).where(WaitlistEntry.vehicle_id == vehicle.id, WaitlistEntry.status == WaitlistStatus.waiting)
    line = line.join(Customer, Customer.id == WaitlistEntry.customer_id).where(Customer.erased_at.is_(None))
    may = line.where(held.scalar_subquery() < _most_held(session, vehicle)).order_by(WaitlistEntry.id).limit(1)
    found = session.execute(may.execution_options(populate_existing=True)).scalar_one_or_none()
    passed = update(WaitlistEntry).where(WaitlistEntry.vehicle_id == vehicle.id, WaitlistEntry.status == WaitlistStatus.waiting)
    if found is not None:
        passed = passed.where(WaitlistEntry.id < found.id)
    session.execute(passed.values(skipped_at=clock.now(session)).execution_options(synchronize_session="fetch"))
    return found


def _end_line(session: Session, vehicle: Vehicle) -> None:
    line = select(WaitlistEntry).where(WaitlistEntry.vehicle_id == vehicle.id, WaitlistEntry.status.in_(LIVE))
    for entry in session.execute(line.order_by(WaitlistEntry.id).execution_options(populate_existing=True)).scalars().all():
        _end(session, entry, vehicle, WaitlistStatus.over, reason=vehicle.status)


_ENDED = {
    WaitlistStatus.taken: "waitlist.taken",
    WaitlistStatus.lapsed: "waitlist.lapsed",
    WaitlistStatus.left: "waitlist.left",
    WaitlistStatus.over: "waitlist.ended",
}


def _end(
    session: Session,
    entry: WaitlistEntry,
    vehicle: Vehicle,
    to: WaitlistStatus,
    *,
    actor: tuple[str, Any] = ("system", None),
    reason: str | None = None,
) -> None:
    WAITLIST.move(session, entry, to, actor=actor, reason=reason, ended_at=clock.now(session))
    _record(session, _ENDED[to], entry, vehicle, actor=actor)


def _record(session: Session, name: str, entry: WaitlistEntry, vehicle: Vehicle, *, actor: tuple[str, Any] = ("system", None)) -> None:
    data: dict[str, Any] = {"vehicle_id": vehicle.id, "dealer_id": vehicle.dealer_id, "store_id": vehicle.store_id}
    if entry.offered_until is not None:
        data["offered_until"] = entry.offered_until.isoformat()
    events.record(
        session, name, brand_id=entry.brand_id, customer_id=entry.customer_id, subject=("waitlist", entry.id), data=data, actor=actor
    )
