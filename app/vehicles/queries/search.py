"""The search: vehicles near a place that agree with every filter, page by page."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CTE, ColumnElement, Integer, case, cast, func, select, tuple_
from sqlalchemy.orm import Session, contains_eager, joinedload

from app.kit import paging
from app.kit.geo import Place
from app.vehicles.models import Condition, Vehicle
from app.vehicles.queries.facets import Facets, facets
from app.vehicles.queries.filters import Filters, facet_conditions, on_sale, store_distances

ENOUGH_PHOTOS = 3
NEARNESS_BAND_M = 50_000
NEARNESS_BANDS = 40


class Sort(StrEnum):
    distance = "distance"
    price_asc = "price_asc"
    price_desc = "price_desc"
    newest = "newest"
    mileage = "mileage"
    recommended = "recommended"


@dataclass(frozen=True)
class Found:
    """One page. `cars` with their distance in metres (None without a place); `sort` is the order it really has."""

    cars: Sequence[tuple[Vehicle, float | None]]
    total: int
    next_cursor: str | None
    facets: Facets | None
    sort: Sort


def search(
    session: Session,
    brand_id: uuid.UUID,
    filters: Filters,
    *,
    near: Place | None = None,
    sort: Sort | None = None,
    cursor: str | None = None,
    limit: int = 20,
    with_facets: bool = True,
) -> Found:
    """A page of visible cars of the brand: by distance from a place, else the newest first, unless another order is asked for.

    The order by distance needs a place; without one it is the newest first. Pages continue after the last car seen, by a key that
    new cars do not move. Raises `CursorInvalid` when the cursor is of another order.
    """
    if sort is None or (sort is Sort.distance and near is None):
        sort = Sort.distance if near else Sort.newest
    places = store_distances(brand_id, near, filters.radius_km)
    wanted = (
        select(Vehicle, places.c.distance_m)
        .join(places, places.c.id == Vehicle.store_id)
        .join(Vehicle.series)
        .options(contains_eager(Vehicle.series), joinedload(Vehicle.store))
        .where(on_sale(brand_id, filters), *facet_conditions(filters, places).values())
    )
    counts = facets(session, brand_id, filters, near=near) if with_facets else None
    total = counts.total if counts else session.execute(select(func.count()).select_from(wanted.subquery())).scalar_one()
    key, descending = _order(sort, places)
    if cursor:
        after = tuple_(*_after(sort, cursor))
        wanted = wanted.where(tuple_(key, Vehicle.id) < after if descending else tuple_(key, Vehicle.id) > after)
    order = (key.desc(), Vehicle.id.desc()) if descending else (key.asc(), Vehicle.id.asc())
    rows = session.execute(wanted.add_columns(key.label("sort_key")).order_by(*order).limit(limit + 1)).all()
    page = rows[:limit]
    more = paging.encode(sort.value, page[-1][2], page[-1][0].id) if len(rows) > limit else None
    return Found([(row[0], row[1]) for row in page], total, more, counts, sort)


def nearest_city(session: Session, brand_id: uuid.UUID, near: Place) -> str | None:
    """The city of the brand's store that is nearest to a place; None when the brand has no store."""
    places = store_distances(brand_id, near, None)
    return session.execute(select(places.c.city).order_by(places.c.distance_m, places.c.id).limit(1)).scalar_one_or_none()


def _order(sort: Sort, places: CTE) -> tuple[ColumnElement[Any], bool]:
    """(sort key, whether it descends); the id breaks ties."""
    match sort:
        case Sort.distance:
            return places.c.distance_m, False
        case Sort.price_asc:
            return Vehicle.price_fen.expression, False
        case Sort.price_desc:
            return Vehicle.price_fen.expression, True
        case Sort.newest:
            return Vehicle.listed_at.expression, True
        case Sort.mileage:
            return func.coalesce(Vehicle.odometer_km, 0), False
        case Sort.recommended:
            return _merit(places), True


def _merit(places: CTE) -> ColumnElement[int]:
    """What the default of `recommended` counts: a well described, trustworthy car that is near. Nothing a dealer gains by re-listing."""
    merit: ColumnElement[int] = case((func.jsonb_array_length(Vehicle.photos) >= ENOUGH_PHOTOS, 40), else_=0)
    merit += case((Vehicle.condition.in_([Condition.new, Condition.approved]), 30), else_=0)
    merit += case((Vehicle.accident_free.is_(True), 15), else_=0) + case((Vehicle.guide_price_fen.is_not(None), 15), else_=0)
    band = func.floor(func.coalesce(places.c.distance_m, 0.0) / NEARNESS_BAND_M)
    return merit - cast(func.least(band, NEARNESS_BANDS), Integer)


def _after(sort: Sort, cursor: str) -> tuple[Any, uuid.UUID]:
    name, value, vehicle_id = paging.decode(cursor, 3)
    try:
        if name != sort.value:
            raise ValueError
        return datetime.fromisoformat(value) if sort is Sort.newest else value + 0, uuid.UUID(vehicle_id)
    except (AttributeError, TypeError, ValueError) as error:
        raise paging.CursorInvalid(cursor="of another order") from error
