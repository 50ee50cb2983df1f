"""Looks at the lines of people who wait for a vehicle."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from app.kit import clock
from app.orders.models import ACTIVE, Reservation
from app.orders.waiting_models import LIVE, WaitlistEntry, WaitlistStatus
from app.vehicles.models import Vehicle

# For how long she finds what became of a place in a line that did not lead to the vehicle
ENDED_SHOWN_FOR = timedelta(days=7)
MOST_SHOWN = 20


@dataclass(frozen=True)
class Place:
    """A place in a line, as its customer sees it. `position` counts from 1; 0 when it ended."""

    entry: WaitlistEntry
    position: int
    vehicle: Vehicle


def waiting_for(session: Session, vehicle_id: uuid.UUID) -> int:
    """How many are in the line for a vehicle, with the one whom it is offered to."""
    live = select(func.count()).where(WaitlistEntry.vehicle_id == vehicle_id, WaitlistEntry.status.in_(LIVE))
    return session.execute(live).scalar_one()


def live_of(session: Session, customer_id: uuid.UUID) -> Sequence[WaitlistEntry]:
    """Her places in lines, in the order of the vehicles, which is that of their locks."""
    wanted = select(WaitlistEntry).where(WaitlistEntry.customer_id == customer_id, WaitlistEntry.status.in_(LIVE))
    return session.execute(wanted.order_by(WaitlistEntry.vehicle_id)).scalars().all()


def live_at(session: Session, vehicle_id: uuid.UUID, customer_id: uuid.UUID) -> WaitlistEntry | None:
    """Her place in the line for a vehicle, as the database has it now."""
    wanted = select(WaitlistEntry).where(
        WaitlistEntry.vehicle_id == vehicle_id, WaitlistEntry.customer_id == customer_id, WaitlistEntry.status.in_(LIVE)
    )
    return session.execute(wanted.execution_options(populate_existing=True)).scalar_one_or_none()


def places_of(session: Session, customer_id: uuid.UUID, *, entry_id: uuid.UUID | None = None) -> list[Place]:
    """Her places, those that last before those that ended lately without the vehicle, each kind newest first; or only the one named."""
    recent = clock.now(session) - ENDED_SHOWN_FOR
    lost = WaitlistEntry.status.in_((WaitlistStatus.lapsed, WaitlistStatus.over)) & (WaitlistEntry.ended_at > recent)
    wanted = select(WaitlistEntry).where(WaitlistEntry.customer_id == customer_id, or_(WaitlistEntry.status.in_(LIVE), lost))
    if entry_id is not None:
        wanted = wanted.filter_by(id=entry_id)
    wanted = wanted.order_by(WaitlistEntry.ended_at.desc().nulls_first(), WaitlistEntry.id.desc()).limit(MOST_SHOWN)
    entries = session.execute(wanted.execution_options(populate_existing=True)).scalars().all()
    vehicle_ids = {entry.vehicle_id for entry in entries}
    cars = select(Vehicle).options(joinedload(Vehicle.store)).where(Vehicle.id.in_(vehicle_ids))
    vehicles = {vehicle.id: vehicle for vehicle in session.execute(cars).scalars()}
    positions = _positions(session, vehicle_ids)
    return [Place(entry, positions.get(entry.id, 0), vehicles[entry.vehicle_id]) for entry in entries]


def _positions(session: Session, vehicle_ids: set[uuid.UUID]) -> dict[uuid.UUID, int]:
    place = func.row_number().over(partition_by=WaitlistEntry.vehicle_id, order_by=WaitlistEntry.id)
    line = select(WaitlistEntry.id, place).where(WaitlistEntry.vehicle_id.in_(vehicle_ids), WaitlistEntry.status.in_(LIVE))
    return dict(session.execute(line).all())


def offers_due(session: Session, limit: int = 200) -> Sequence[uuid.UUID]:
    """Offers whose time is up, or whose customer holds a vehicle by now."""
    holds = select(Reservation.id).where(Reservation.customer_id == WaitlistEntry.customer_id, Reservation.status.in_(ACTIVE))
    return (
        session.execute(
            select(WaitlistEntry.id)
            .where(WaitlistEntry.status == WaitlistStatus.offered)
            .where(or_(WaitlistEntry.offered_until <= func.marque_now(), holds.exists()))
            .order_by(WaitlistEntry.offered_until)
            .limit(limit)
        )
        .scalars()
        .all()
    )
