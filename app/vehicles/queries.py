"""Looks at vehicles."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app.kit.settings import settings
from app.vehicles.errors import VehicleUnknown
from app.vehicles.models import FinancePlan, PriceChange, Status, Vehicle


def get(session: Session, brand_id: uuid.UUID, vehicle_id: uuid.UUID) -> Vehicle:
    """A vehicle of the brand in any state, with its store and series. Raises `VehicleUnknown`, also for another brand's."""
    found = session.execute(
        select(Vehicle).options(joinedload(Vehicle.store), joinedload(Vehicle.series)).filter_by(id=vehicle_id, brand_id=brand_id)
    ).scalar_one_or_none()
    if found is None:
        raise VehicleUnknown
    return found


def card(session: Session, vehicle_id: uuid.UUID) -> dict[str, Any]:
    """What messages, shares and orders show of a vehicle: id, title, price_fen, status, photo (URL or None), store."""
    vehicle = session.execute(select(Vehicle).options(joinedload(Vehicle.store)).filter_by(id=vehicle_id)).scalar_one_or_none()
    if vehicle is None:
        raise VehicleUnknown
    return card_of(vehicle)


def card_of(vehicle: Vehicle) -> dict[str, Any]:
    """`card` of a vehicle that is already here."""
    return {
        "id": str(vehicle.id),
        "title": vehicle.title,
        "price_fen": vehicle.price_fen,
        "status": vehicle.status,
        "photo": picture_url(vehicle.photos[0]["url"]) if vehicle.photos else None,
        "store": {
            "id": str(vehicle.store_id),
            "name": vehicle.store.name,
            "city": vehicle.store.city,
            "dealer_id": str(vehicle.dealer_id),
        },
    }


def picture_url(url: str) -> str:
    """An address that a phone or Tencent can load; pictures that we serve ourselves are stored without our host."""
    return settings().public_base_url.rstrip("/") + url if url.startswith("/") else url


def price_history(session: Session, vehicle_id: uuid.UUID) -> Sequence[PriceChange]:
    """Changes of a vehicle's price, newest first."""
    return (
        session.execute(select(PriceChange).filter_by(vehicle_id=vehicle_id).order_by(PriceChange.created_at.desc(), PriceChange.id.desc()))
        .scalars()
        .all()
    )


def finance_plans(session: Session, brand_id: uuid.UUID) -> Sequence[FinancePlan]:
    """The brand's plans, the longest term first."""
    return (
        session.execute(
            select(FinancePlan).filter_by(brand_id=brand_id).order_by(FinancePlan.term_months.desc(), FinancePlan.annual_rate_bp)
        )
        .scalars()
        .all()
    )


def counts(session: Session, brand_id: uuid.UUID, dealer_id: uuid.UUID | None = None) -> dict[str, int]:
    """How many vehicles of the brand, or of one dealer, are in each state; every state is there."""
    wanted = select(Vehicle.status, func.count()).filter_by(brand_id=brand_id).group_by(Vehicle.status)
    if dealer_id is not None:
        wanted = wanted.filter_by(dealer_id=dealer_id)
    found = dict(session.execute(wanted).tuples().all())
    return {status.value: found.get(status.value, 0) for status in Status}
