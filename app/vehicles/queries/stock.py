"""Looks at single vehicles, their prices."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app.kit.settings import settings
from app.vehicles.errors import VehicleGone, VehicleUnknown
from app.vehicles.labels import label, labelled
from app.vehicles.models import VISIBLE, PriceChange, Status, Vehicle
from app.vehicles.queries.similar import Similar, similar


def get(session: Session, brand_id: uuid.UUID, vehicle_id: uuid.UUID) -> Vehicle:
    """A vehicle of the brand in any state, with its store and series. Raises `VehicleUnknown`, also for another brand's."""
    found = session.execute(
        select(Vehicle).options(joinedload(Vehicle.store), joinedload(Vehicle.series)).filter_by(id=vehicle_id, brand_id=brand_id)
    ).scalar_one_or_none()
    if found is None:
        raise VehicleUnknown
    return found


def shown(session: Session, brand_id: uuid.UUID, vehicle_id: uuid.UUID) -> Vehicle:
    """A vehicle that consumers may see.

    Raises:
        VehicleUnknown: there is none, or it was never on sale.
        VehicleGone: it was sold or taken off sale; similar cars are in the details.
    """
    vehicle = get(session, brand_id, vehicle_id)
    if vehicle.status in (Status.draft, Status.in_preparation):
        raise VehicleUnknown
    if vehicle.status not in VISIBLE:
        raise VehicleGone(similar=[similar_card(one) for one in similar(session, vehicle)])
    return vehicle


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


def list_card(vehicle: Vehicle, distance_m: float | None = None) -> dict[str, Any]:
    """A vehicle in a list that a consumer reads: the card with labels, and how far it is."""
    return card_of(vehicle) | {
        "trim": vehicle.trim,
        "series": {"key": vehicle.series.key, "label": vehicle.series.name},
        "status": labelled("status", vehicle.status),
        "condition": labelled("condition", vehicle.condition),
        "model_year": vehicle.model_year,
        "odometer_km": vehicle.odometer_km,
        "exterior_color": labelled("exterior_color", vehicle.exterior_color),
        "energy": labelled("energy", vehicle.energy),
        "guide_price_fen": vehicle.guide_price_fen,
        "distance_m": None if distance_m is None else round(distance_m),
    }


def similar_card(found: Similar) -> dict[str, Any]:
    """A similar vehicle in a list, with the reason in words."""
    return list_card(found.car) | {"reason": " · ".join(label("reason", reason) or reason for reason in found.reasons)}


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


def counts(session: Session, brand_id: uuid.UUID, dealer_id: uuid.UUID | None = None) -> dict[str, int]:
    """How many vehicles of the brand, or of one dealer, are in each state; every state is there."""
    wanted = select(Vehicle.status, func.count()).filter_by(brand_id=brand_id).group_by(Vehicle.status)
    if dealer_id is not None:
        wanted = wanted.filter_by(dealer_id=dealer_id)
    found = dict(session.execute(wanted).all())
    return {status.value: found.get(status.value, 0) for status in Status}
