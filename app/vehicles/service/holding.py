"""Hold, release and sell vehicles, and change their price: each step a comparison and a change in one statement."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import service as events
from app.vehicles.errors import NotHeld, NotOnSale, VehicleUnknown
from app.vehicles.models import VEHICLE, PriceChange, Status, Vehicle
from app.vehicles.service.plans import refresh_monthly

Actor = tuple[str, Any]
SYSTEM: Actor = ("system", None)


def reserve(session: Session, vehicle_id: uuid.UUID, *, actor: Actor = SYSTEM) -> Vehicle:
    """Take a listed vehicle off the market for one customer. Raises `NotOnSale`; of many at once exactly one succeeds."""
    vehicle = move(session, vehicle_id, since=[Status.listed], to=Status.reserved, actor=actor)
    if vehicle is None:
        raise NotOnSale
    record(session, "vehicle.reserved", vehicle, actor)
    return vehicle


def release(session: Session, vehicle_id: uuid.UUID, *, actor: Actor = SYSTEM) -> bool:
    """Put a reserved vehicle back on sale. False when it was not reserved: calling again changes nothing.

    The caller must own the hold: ending its own reservation first is what makes a late second call harmless.
    """
    vehicle = move(session, vehicle_id, since=[Status.reserved], to=Status.listed, actor=actor)
    if vehicle is None:
        return False
    record(session, "vehicle.released", vehicle, actor)
    return True


def sell(session: Session, vehicle_id: uuid.UUID, *, actor: Actor = SYSTEM) -> Vehicle:
    """A listed or reserved vehicle is sold. Raises `NotHeld`."""
    vehicle = move(session, vehicle_id, since=[Status.listed, Status.reserved], to=Status.sold, actor=actor)
    if vehicle is None:
        raise NotHeld
    record(session, "vehicle.sold", vehicle, actor)
    return vehicle


def change_price(session: Session, vehicle_id: uuid.UUID, price_fen: int, *, actor: Actor = SYSTEM) -> Vehicle:
    """Ask another price and keep the old one in the history; the same price is no change. Raises `VehicleUnknown`."""
    vehicle = session.execute(
        select(Vehicle).filter_by(id=vehicle_id).with_for_update(key_share=True).execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if vehicle is None:
        raise VehicleUnknown
    if vehicle.price_fen != price_fen:
        session.add(PriceChange(vehicle_id=vehicle.id, old_price_fen=vehicle.price_fen, new_price_fen=price_fen))
        record(session, "vehicle.price_changed", vehicle, actor, old_price_fen=vehicle.price_fen, new_price_fen=price_fen)
        vehicle.price_fen, vehicle.version = price_fen, vehicle.version + 1
        session.flush()
        refresh_monthly(session, vehicle.brand_id, [vehicle.id])
    return vehicle


def move(
    session: Session,
    vehicle_id: uuid.UUID,
    *,
    since: Sequence[Status],
    to: Status,
    actor: Actor,
    reason: str | None = None,
    **values: Any,
) -> Vehicle | None:
    """The vehicle in its new state with `values`, or None when it was in none of the states it can come from."""
    moved = VEHICLE.move_all(
        session,
        Vehicle,
        to,
        Vehicle.id == vehicle_id,
        since=since,
        actor=actor,
        reason=reason,
        version=Vehicle.version + 1,
        **values,
    )
    return session.get_one(Vehicle, vehicle_id, populate_existing=True) if moved else None


def record(session: Session, name: str, vehicle: Any, actor: Actor, **figures: Any) -> None:
    """An event of this vehicle (or a row with its id, brand_id, dealer_id and store_id), with the keys that all of them carry."""
    events.record(
        session,
        name,
        brand_id=vehicle.brand_id,
        subject=("vehicle", vehicle.id),
        data={"vehicle_id": vehicle.id, "dealer_id": vehicle.dealer_id, "store_id": vehicle.store_id} | figures,
        actor=actor,
    )
