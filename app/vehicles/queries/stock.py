"""Looks at single vehicles, their prices."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app.kit.settings import settings
from app.vehicles import photos
from app.vehicles.errors import VehicleGone, VehicleUnknown
from app.vehicles.labels import label, labelled
from app.vehicles.models import VISIBLE, Status, Vehicle
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
    return _card(vehicle, vehicle.store, vehicle.photos[0] if vehicle.photos else None)


def list_card(vehicle: Vehicle, distance_m: float | None = None) -> dict[str, Any]:
    """A vehicle in a list that a consumer reads: the card with labels, and how far it is."""
    return card_of(vehicle) | _told(vehicle, vehicle.series, distance_m)


# The columns of `vehicles v` that `listed` reads.
LISTED = """
    v.id, v.dealer_id, v.store_id, v.series_id, v.title, v.model, v.trim, v.status, v.condition, v.model_year, v.odometer_km,
    v.exterior_color, v.energy, v.price_fen, v.guide_price_fen, v.monthly_fen, v.reduced_fen, v.photos -> 0 AS cover
"""


def listed(row: Any, store: Any, series: Any, distance_m: float | None = None) -> dict[str, Any]:
    """`list_card` of a row of the columns LISTED, whose store (name, city) and series (key, name) are at hand."""
    return _card(row, store, row.cover) | _told(row, series, distance_m)


def _card(car: Any, store: Any, cover: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "id": str(car.id),
        "title": car.title,
        "price_fen": car.price_fen,
        "status": car.status,
        "photo": picture_url(photos.fitting(cover)) if cover else None,
        "store": {"id": str(car.store_id), "name": store.name, "city": store.city, "dealer_id": str(car.dealer_id)},
    }


def _told(car: Any, series: Any, distance_m: float | None) -> dict[str, Any]:
    return {
        "model": car.model,
        "trim": car.trim,
        "series": {"key": series.key, "label": series.name},
        "status": labelled("status", car.status),
        "condition": labelled("condition", car.condition),
        "model_year": car.model_year,
        "odometer_km": car.odometer_km,
        "exterior_color": labelled("exterior_color", car.exterior_color),
        "energy": labelled("energy", car.energy),
        "guide_price_fen": car.guide_price_fen,
        "monthly_fen": car.monthly_fen,
        "reduced_fen": car.reduced_fen,
        "distance_m": None if distance_m is None else round(distance_m),
    }


def similar_card(found: Similar) -> dict[str, Any]:
    """A similar vehicle in a list, with the reason in words."""
    return list_card(found.car) | {"reason": " · ".join(label("reason", reason) or reason for reason in found.reasons)}


def picture_url(url: str) -> str:
    """An address that a phone or Tencent can load; pictures that we serve ourselves are stored without our host."""
    return settings().public_base_url.rstrip("/") + url if url.startswith("/") else url


def counts(session: Session, brand_id: uuid.UUID, dealer_id: uuid.UUID | None = None) -> dict[str, int]:
    """How many vehicles of the brand, or of one dealer, are in each state; every state is there."""
    wanted = select(Vehicle.status, func.count()).filter_by(brand_id=brand_id).group_by(Vehicle.status)
    if dealer_id is not None:
        wanted = wanted.filter_by(dealer_id=dealer_id)
    found = dict(session.execute(wanted).all())
    return {status.value: found.get(status.value, 0) for status in Status}
