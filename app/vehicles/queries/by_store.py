"""The search as a map shows it: each store with how many of the cars stand there."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.kit.geo import Place, distance_m
from app.vehicles.queries.asking import answered, asked_for
from app.vehicles.queries.filters import Filters
from app.vehicles.queries.known import of_brand


def by_store(session: Session, brand_id: uuid.UUID, filters: Filters, *, near: Place | None = None) -> list[dict[str, Any]]:
    """Stores that have cars agreeing with every filter, with their GCJ-02 place; nearest first, else those with most cars."""
    known = of_brand(session, brand_id)
    asked = asked_for(session, brand_id, filters, near=near)
    cars = answered(session, lambda engine: engine.by_store(asked))
    rows: list[dict[str, Any]] = [
        {
            "id": str(store.id),
            "name": store.name,
            "city": store.city,
            "latitude": store.lat,
            "longitude": store.lng,
            "distance_m": distance_m(near, Place(store.lat, store.lng)) if near else None,
            "count": cars[store.number][0],
            "min_price_fen": cars[store.number][1],
        }
        for store in known.stores.all
        if store.number in cars
    ]
    rows.sort(key=lambda row: (row["distance_m"] if near else -row["count"], row["id"]))
    return rows
