"""How many vehicles each further choice would leave, all in one round trip."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, BigInteger, ColumnElement, Integer, Select, String, cast, func, literal, null, select, true, union_all
from sqlalchemy.orm import Session

from app.kit.geo import Place
from app.vehicles.labels import label
from app.vehicles.models import ModelSeries, Vehicle
from app.vehicles.queries.filters import CHOICES, Filters, facet_conditions, on_sale, store_distances

RANGES = {
    "price": Vehicle.price_fen,
    "monthly": Vehicle.monthly_fen,
    "model_year": Vehicle.model_year,
    "mileage": func.coalesce(Vehicle.odometer_km, 0),
}


# (facet, value, count, least, greatest)
Row = Select[*tuple[Any, ...]]
NO_VALUE, NOTHING = cast(null(), String), cast(null(), BigInteger)


@dataclass(frozen=True)
class Facets:
    """`values`: facet → [{value, label, count}]; `ranges`: facet → {min, max} of price (fen), model year, mileage (km), None when empty."""

    total: int
    values: dict[str, list[dict[str, Any]]]
    ranges: dict[str, dict[str, int | None]]


def facets(session: Session, brand_id: uuid.UUID, filters: Filters, *, near: Place | None = None) -> Facets:
    """Counts for every value that the brand's cars have, zero included.

    A value's count is the number of results when it alone is chosen in its facet and all other facets stay as they are; an option's,
    when it is asked for on top of the options already chosen.
    """
    places = store_distances(brand_id, near, filters.radius_km)
    cars = _cars(brand_id, filters, places)
    parts: list[Row] = [_choice(cars, name) for name in CHOICES] + [_options(cars)] + [_range(cars, name) for name in RANGES]
    parts.append(select(literal("total"), NO_VALUE, func.count().filter(cars.c.misses == 0), NOTHING, NOTHING))
    values: dict[str, list[dict[str, Any]]] = {name: [] for name in (*CHOICES, "options")}
    ranges: dict[str, dict[str, int | None]] = {}
    total = 0
    for name, value, count, low, high in session.execute(union_all(*parts)):
        if name == "total":
            total = count
        elif value is None:
            ranges[name] = {"min": low, "max": high}
        else:
            values[name].append({"value": value, "label": label(name, value), "count": count})
    for name, rows in values.items():
        rows.sort(key=lambda row: (-int(row["value"]),) if name == "model_year" else (-row["count"], row["value"]))
    _name_series(session, brand_id, values["series"])
    return Facets(total, values, ranges)


def _cars(brand_id: uuid.UUID, filters: Filters, places: CTE) -> CTE:
    """Every car that no facet but its own could bring back: its values, which facets it misses, and how many."""
    conditions = facet_conditions(filters, places)
    # NULL is no match: a car that does not tell its colour is not a white one.
    missed = {name: 1 - cast(func.coalesce(condition, False), Integer) for name, condition in conditions.items()}
    misses: ColumnElement[int] = sum(missed.values(), start=literal(0))
    return (
        select(
            *[(places.c.city if name == "city" else column).label(name) for name, column in CHOICES.items()],
            *[column.label(f"{name}_number") for name, column in RANGES.items()],
            *[column.label(f"{name}_missed") for name, column in missed.items()],
            Vehicle.options,
            misses.label("misses"),
        )
        .join(places, places.c.id == Vehicle.store_id)
        .join(ModelSeries, ModelSeries.id == Vehicle.series_id)
        .where(on_sale(brand_id, filters))
        .cte("cars")
    )


def _fits(cars: CTE, name: str) -> ColumnElement[bool]:
    """Whether a car misses nothing but, perhaps, this facet."""
    own = cars.c.get(f"{name}_missed")
    return cars.c.misses == 0 if own is None else cars.c.misses == own


def _choice(cars: CTE, name: str) -> Row:
    column, count = cars.c[name], func.count().filter(_fits(cars, name))
    return select(literal(name), cast(column, String), count, NOTHING, NOTHING).where(column.is_not(None)).group_by(column)


def _options(cars: CTE) -> Row:
    unnested = func.unnest(cars.c.options).table_valued("option").render_derived()
    option = cast(unnested.c.option, String)
    count = func.count().filter(cars.c.misses == 0)
    return select(literal("options"), option, count, NOTHING, NOTHING).select_from(cars).join(unnested, true()).group_by(option)


def _range(cars: CTE, name: str) -> Row:
    number, fits = cast(cars.c[f"{name}_number"], BigInteger), _fits(cars, name)
    return select(literal(name), NO_VALUE, NOTHING, func.min(number).filter(fits), func.max(number).filter(fits))


def _name_series(session: Session, brand_id: uuid.UUID, rows: list[dict[str, Any]]) -> None:
    names = dict(session.execute(select(ModelSeries.key, ModelSeries.name).filter_by(brand_id=brand_id)).all())
    for row in rows:
        row["label"] = names[row["value"]]
