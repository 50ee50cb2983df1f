"""The search: vehicles near a place that agree with every filter, page by page."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from app.kit.geo import Place
from app.vehicles.queries import inverted, known, sql
from app.vehicles.queries.asking import answered, asked_for, marker
from app.vehicles.queries.facets import Facets, told
from app.vehicles.queries.filters import Filters
from app.vehicles.queries.stock import LISTED, listed
from app.vehicles.search.engine import FACETS, Asked, Engine, Hits, Key, Sort

# So often an engine is asked for more when cars that it named are gone; then the page is a short one, and says that it goes on.
MOST_ROUNDS = 4


@dataclass(frozen=True)
class Found:
    """One page: `items` as `listed` makes them; `sort` is the order it really has; no `facets` when they were not asked for, or an engine
    that is busy with more leaves them out."""

    items: Sequence[dict[str, Any]]
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
    new cars do not move. Raises `CursorInvalid` when the cursor is not of this very search.
    """
    brand = known.of_brand(session, brand_id)
    asked = asked_for(session, brand_id, filters, near=near, sort=sort, cursor=cursor, limit=limit)
    if with_facets:
        asked = replace(asked, facets=FACETS, ranges=True)

    def page(engine: Engine) -> tuple[Hits, list[dict[str, Any]], Key | None]:
        hits = engine.find(asked)
        return hits, *_filled(session, engine, asked, hits, near=near)

    hits, items, last = answered(session, page)
    return Found(
        items,
        hits.total,
        None if last is None else marker(asked, near, last),
        told(hits, brand, filters) if hits.facets else None,
        asked.sort,
    )


def nearest_city(session: Session, brand_id: uuid.UUID, near: Place) -> str | None:
    """The city of the brand's store that is nearest to a place; None when the brand has no store."""
    return known.of_brand(session, brand_id).stores.nearest_city(near)


def _filled(session: Session, engine: Engine, asked: Asked, hits: Hits, *, near: Place | None) -> tuple[list[dict[str, Any]], Key | None]:
    """The cars of a page as they are now, without those that are gone or no longer agree, and the last key when there are more."""
    items: list[dict[str, Any]] = []
    keys = hits.keys
    for _ in range(MOST_ROUNDS):
        wanted, more = keys[: asked.limit - len(items)], len(keys) > asked.limit - len(items)
        cars = _read(session, asked, [number for _, number in wanted], near)
        items += [cars[number] for _, number in wanted if number in cars]
        if not more:
            return items, None
        if len(items) == asked.limit:
            break
        keys = engine.find(replace(asked, after=wanted[-1], facets=(), ranges=False)).keys
    return items, wanted[-1]


def _read(session: Session, asked: Asked, numbers: list[int], near: Place | None) -> dict[int, dict[str, Any]]:
    """The cars of these numbers that still agree with the search, as they are shown, by number."""
    if not numbers:
        return {}
    table, condition, values = inverted.agreeing(asked)
    statement = f"SELECT v.number, {LISTED} FROM {table}, vehicles v WHERE v.number = ANY(%(page)s) AND {condition}"  # noqa: S608  # no input in the text
    rows = sql.run(session, statement, values | {"page": numbers}).all()
    brand = known.of_brand(session, asked.brand_id)
    if not all(row.store_id in brand.stores.by_id and row.series_id in brand.series for row in rows):
        brand = known.anew(session, asked.brand_id)
    cars = {}
    for row in rows:
        store, series = brand.stores.by_id[row.store_id], brand.series[row.series_id]
        metres = brand.stores.metres(near, store) if near else None
        if _agrees(asked, store, series, metres):
            cars[row.number] = listed(row, store, series, metres)
    return cars


def _agrees(asked: Asked, store: known.StoreKnown, series: known.SeriesKnown, metres: float | None) -> bool:
    """Whether a car's store and series are those that are asked for."""
    filters = asked.filters
    is_near = not asked.stores.limited or (metres is not None and metres <= (filters.radius_km or 0) * 1000)
    is_there = (not asked.store_numbers or store.number in asked.store_numbers) and (not filters.city or store.city in filters.city)
    return is_near and is_there and (not filters.series or series.key in filters.series)
