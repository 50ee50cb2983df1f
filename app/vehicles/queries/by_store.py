"""The search as a map shows it: each store with how many of the cars stand there."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.dealers.models import Store
from app.kit.geo import Place
from app.vehicles.models import ModelSeries, Vehicle
from app.vehicles.queries.filters import Filters, facet_conditions, on_sale, store_distances


def by_store(session: Session, brand_id: uuid.UUID, filters: Filters, *, near: Place | None = None) -> list[dict[str, Any]]:
    """Stores that have cars agreeing with every filter, with their GCJ-02 place; nearest first, else those with most cars."""
    places = store_distances(brand_id, near, filters.radius_km)
    count = func.count().label("count")
    order = places.c.distance_m if near else count.desc()
    rows = session.execute(
        select(
            Store.id,
            Store.name,
            Store.city,
            Store.lat_gcj02.label("latitude"),
            Store.lng_gcj02.label("longitude"),
            places.c.distance_m,
            count,
            func.min(Vehicle.price_fen).label("min_price_fen"),
        )
        .join_from(Vehicle, places, places.c.id == Vehicle.store_id)
        .join(Store, Store.id == Vehicle.store_id)
        .join(ModelSeries, ModelSeries.id == Vehicle.series_id)
        .where(on_sale(brand_id, filters), *facet_conditions(filters, places).values())
        .group_by(Store.id, places.c.distance_m)
        .order_by(order, Store.id)
    )
    return [dict(row._mapping) for row in rows]
