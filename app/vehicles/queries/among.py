"""Which cars are results of a search, asked of the stock itself: for whoever needs the set and not a page."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.kit.geo import Place
from app.vehicles.models import ModelSeries, Vehicle
from app.vehicles.queries.filters import Filters, facet_conditions, on_sale, store_distances


def among(session: Session, brand_id: uuid.UUID, filters: Filters, near: Place | None, ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the cars that the search finds now."""
    return set(session.execute(_results(Vehicle.id, brand_id, filters, near).where(Vehicle.id.in_(ids))).scalars())


def numbers(session: Session, brand_id: uuid.UUID, filters: Filters, near: Place | None, *, limit: int) -> Sequence[int]:
    """The `number` of every car that the search finds now, in no order, and no more than `limit`."""
    return session.execute(_results(Vehicle.number, brand_id, filters, near).limit(limit)).scalars().all()


def _results(what: Any, brand_id: uuid.UUID, filters: Filters, near: Place | None) -> Select[Any]:
    places = store_distances(brand_id, near, filters.radius_km)
    wanted = select(what).join_from(Vehicle, places, places.c.id == Vehicle.store_id)
    wanted = wanted.join(ModelSeries, ModelSeries.id == Vehicle.series_id)
    return wanted.where(on_sale(brand_id, filters), *facet_conditions(filters, places).values())
