"""What a consumer may ask for, and the SQL that says it."""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from marshmallow import ValidationError
from sqlalchemy import CTE, ColumnElement, Date, Float, and_, cast, func, literal, null, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app.dealers.models import Store
from app.kit import geo
from app.kit.errors import Invalid
from app.kit.geo import Place
from app.vehicles import schemas
from app.vehicles.models import VISIBLE, ModelSeries, Vehicle

# Shorter words are looked for as they stand; longer ones may have a slip of the finger.
TYPO_FROM = 4

# What is chosen from a list; within one of these the choices are alternatives.
CHOICES: dict[str, InstrumentedAttribute[Any]] = {
    "series": ModelSeries.key,
    "model": Vehicle.model,
    "trim": Vehicle.trim,
    "condition": Vehicle.condition,
    "body": Vehicle.body,
    "energy": Vehicle.energy,
    "drivetrain": Vehicle.drivetrain,
    "gearbox": Vehicle.gearbox,
    "exterior_color": Vehicle.exterior_color,
    "interior_color": Vehicle.interior_color,
    "model_year": Vehicle.model_year,
    "seats": Vehicle.seats,
    "city": Store.city,
}


@dataclass(frozen=True)
class Filters:
    """A search without its place. Choices of one list are alternatives, options must all be there; None does not ask."""

    series: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    trim: tuple[str, ...] = ()
    condition: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    energy: tuple[str, ...] = ()
    drivetrain: tuple[str, ...] = ()
    gearbox: tuple[str, ...] = ()
    exterior_color: tuple[str, ...] = ()
    interior_color: tuple[str, ...] = ()
    model_year: tuple[int, ...] = ()
    seats: tuple[int, ...] = ()
    city: tuple[str, ...] = ()
    store_ids: tuple[uuid.UUID, ...] = ()
    options: tuple[str, ...] = ()
    price_min_fen: int | None = None
    price_max_fen: int | None = None
    monthly_min_fen: int | None = None
    monthly_max_fen: int | None = None
    model_year_min: int | None = None
    model_year_max: int | None = None
    mileage_min_km: int | None = None
    mileage_max_km: int | None = None
    registered_from: date | None = None
    registered_to: date | None = None
    listed_within_days: int | None = None
    previous_owners_max: int | None = None
    accident_free: bool | None = None
    in_warranty: bool | None = None
    has_photos: bool | None = None
    store_id: uuid.UUID | None = None
    radius_km: float | None = None
    q: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Only what is asked for, in one spelling: equal searches are equal JSON. `filters_of` is the inverse."""
        asked: dict[str, Any] = {}
        for name in sorted(one.name for one in fields(self)):
            value = getattr(self, name)
            if isinstance(value, tuple):
                value = [schemas.spelt(str(one)) if isinstance(one, str | uuid.UUID) else one for one in sorted(set(value))]
            if value not in (None, []):
                asked[name] = _plain(value)
        return asked


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, uuid.UUID | date) else value


def filters_of(asked: dict[str, Any]) -> Filters:
    """Filters from JSON, such as a share keeps. Raises `Invalid` with the fields at fault in its details."""
    try:
        values = schemas.FiltersIn().load(asked)
    except ValidationError as error:
        raise Invalid(**error.normalized_messages()) from error
    return Filters(**values)


def store_distances(brand_id: uuid.UUID, near: Place | None, radius_km: float | None) -> CTE:
    """The brand's stores as rows (id, city, distance_m), within the radius when there is one; distance is NULL without a place."""
    if near is None:
        return select(Store.id, Store.city, cast(null(), Float).label("distance_m")).where(Store.brand_id == brand_id).cte("places")
    lat, lng = math.radians(near.lat), math.radians(near.lng)
    store_lat, store_lng = func.radians(Store.lat_gcj02), func.radians(Store.lng_gcj02)
    across = math.cos(lat) * func.cos(store_lat) * func.power(func.sin((store_lng - lng) * 0.5), 2)
    half = func.power(func.sin((store_lat - lat) * 0.5), 2) + across
    metres = 2 * geo.EARTH_RADIUS_M * func.asin(func.least(1.0, func.sqrt(half)))
    wanted = select(Store.id, Store.city, metres.label("distance_m")).where(Store.brand_id == brand_id)
    if radius_km is not None:
        box = geo.box(near, radius_km * 1000)
        wanted = wanted.where(
            Store.lat_gcj02.between(box.south, box.north), Store.lng_gcj02.between(box.west, box.east), metres <= radius_km * 1000
        )
    # Counted once for each store, not for each of its cars.
    return wanted.cte("places").prefix_with("MATERIALIZED")


def on_sale(brand_id: uuid.UUID, filters: Filters) -> ColumnElement[bool]:
    """What every count and every page agree on: visible cars of the brand, and the filters that are no facet."""
    wanted = [Vehicle.brand_id == brand_id, Vehicle.status.in_(VISIBLE)]
    if stores := {*filters.store_ids, *filter(None, [filters.store_id])}:
        wanted.append(Vehicle.store_id.in_(stores))
    if filters.registered_from is not None:
        wanted.append(Vehicle.first_registration_date >= filters.registered_from)
    if filters.registered_to is not None:
        wanted.append(Vehicle.first_registration_date <= filters.registered_to)
    if filters.listed_within_days is not None:
        wanted.append(Vehicle.listed_at >= func.marque_now() - timedelta(days=filters.listed_within_days))
    if filters.in_warranty is not None:
        runs = func.coalesce(Vehicle.warranty_until >= cast(func.timezone("Asia/Shanghai", func.marque_now()), Date), False)
        wanted.append(runs == filters.in_warranty)
    if filters.has_photos is not None:
        wanted.append((func.jsonb_array_length(Vehicle.photos) > 0) == filters.has_photos)
    if filters.previous_owners_max is not None:
        wanted.append(Vehicle.previous_owners <= filters.previous_owners_max)
    if filters.accident_free is not None:
        wanted.append(Vehicle.accident_free == filters.accident_free)
    for word in (filters.q or "").lower().split():
        as_typed = Vehicle.search_text.contains(word, autoescape=True)
        wanted.append(
            or_(as_typed, literal(word).op("<%", is_comparison=True)(Vehicle.search_text)) if len(word) >= TYPO_FROM else as_typed
        )
    return and_(*wanted)


def facet_conditions(filters: Filters, places: CTE) -> dict[str, ColumnElement[bool]]:
    """The condition of each facet that is in use."""
    said: dict[str, list[ColumnElement[bool]]] = {}
    for name, column in CHOICES.items():
        if chosen := getattr(filters, name):
            said.setdefault(name, []).append((places.c.city if name == "city" else column).in_(chosen))
    for name, bound in (
        ("price", Vehicle.price_fen >= filters.price_min_fen if filters.price_min_fen is not None else None),
        ("price", Vehicle.price_fen <= filters.price_max_fen if filters.price_max_fen is not None else None),
        ("monthly", Vehicle.monthly_fen >= filters.monthly_min_fen if filters.monthly_min_fen is not None else None),
        ("monthly", Vehicle.monthly_fen <= filters.monthly_max_fen if filters.monthly_max_fen is not None else None),
        ("mileage", func.coalesce(Vehicle.odometer_km, 0) >= filters.mileage_min_km if filters.mileage_min_km is not None else None),
        ("model_year", Vehicle.model_year >= filters.model_year_min if filters.model_year_min is not None else None),
        ("model_year", Vehicle.model_year <= filters.model_year_max if filters.model_year_max is not None else None),
        ("mileage", func.coalesce(Vehicle.odometer_km, 0) <= filters.mileage_max_km if filters.mileage_max_km is not None else None),
        ("options", Vehicle.options.contains(list(filters.options)) if filters.options else None),
    ):
        if bound is not None:
            said.setdefault(name, []).append(bound)
    return {name: and_(*conditions) for name, conditions in said.items()}
