"""A search turned around: the SQL that says of a car, and of filters kept as JSON, whether they agree.

The conditions are those of the search itself (`sql.where`), with a column of the filters in the place of each parameter.
"""

from __future__ import annotations

import functools
import re
import uuid
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import Any

from app.kit.json import dumps
from app.vehicles.queries import sql
from app.vehicles.queries.filters import Filters
from app.vehicles.search.engine import Asked, Sort, Stores

# The filters that can be turned around, with the type that SQL reads them from JSON with.
RECORD = {
    "model": "text[]",
    "trim": "text[]",
    "condition": "text[]",
    "body": "text[]",
    "energy": "text[]",
    "drivetrain": "text[]",
    "gearbox": "text[]",
    "exterior_color": "text[]",
    "interior_color": "text[]",
    "model_year": "bigint[]",
    "seats": "bigint[]",
    "options": "text[]",
    "price_min_fen": "bigint",
    "price_max_fen": "bigint",
    "monthly_min_fen": "bigint",
    "monthly_max_fen": "bigint",
    "model_year_min": "bigint",
    "model_year_max": "bigint",
    "mileage_min_km": "bigint",
    "mileage_max_km": "bigint",
    "registered_from": "date",
    "registered_to": "date",
    "previous_owners_max": "bigint",
    "accident_free": "boolean",
    "in_warranty": "boolean",
    "has_photos": "boolean",
}
# What joining cars with filters decides by itself: a series and a city by name, a radius by measuring.
JOINED = frozenset({"series", "city", "radius_km"})
# Everything else has to be asked of the search, one by one, also what a later version of the filters brings.
ASKED = frozenset(one.name for one in fields(Filters)) - RECORD.keys() - JOINED

_PROBES: dict[str, Any] = {"text[]": ("x",), "bigint[]": (1,), "bigint": 1, "date": date(2000, 1, 1), "boolean": True}
_PARAMETER = re.compile(r"%\((\w+)\)s")
# The row that says what is asked: its columns are empty where nothing is.
COLUMNS = ", ".join(f"{name} {kind}" for name, kind in RECORD.items())


@functools.cache
def condition(parameter: str) -> str:
    """The conditions of every filter of `RECORD`, and of being on sale at all, on `vehicles v` and a row `x` with the columns COLUMNS.

    `parameter` is how a statement names one: ":{}" for `sqlalchemy.text`, "%({})s" for the driver. There are `brand_id` and `today`.
    """

    def of_row(found: re.Match[str]) -> str:
        return f"x.{found[1]}" if found[1] in RECORD else parameter.format(found[1])

    probe = Filters(**{name: _PROBES[kind] for name, kind in RECORD.items()})
    asked = Asked(uuid.UUID(int=0), probe, Sort.newest, datetime.min.replace(tzinfo=UTC), Stores((), ()))
    turned, used = [], set()
    for one in sql.where(asked):
        names = [name for name in _PARAMETER.findall(one) if name in RECORD]
        used.update(names)
        turned.append(f"({' OR '.join([*(f'x.{name} IS NULL' for name in names), _PARAMETER.sub(of_row, one)])})")
    if used != RECORD.keys():
        raise RuntimeError(f"the search has no condition for {RECORD.keys() - used}")
    return " AND ".join(turned)


def agreeing(asked: Asked) -> tuple[str, str, dict[str, Any]]:
    """A table and the condition that cars of a search agree with, and their values, for the driver.

    Nearly all searches have the same, so that the database plans it once. Left out is what `JOINED` and a choice of stores ask.
    """
    rest = sql.where(replace(asked, filters=Filters(listed_within_days=asked.filters.listed_within_days), store_numbers=()), within=False)
    kept = {name: value for name in RECORD if (value := getattr(asked.filters, name)) not in (None, ())}
    more = [one for one in rest if not one.startswith(sql.ON_SALE)]
    table = f"jsonb_to_record(CAST(%(kept)s AS jsonb)) AS x({COLUMNS})"
    return table, " AND ".join([condition("%({})s"), *more]), rest.values | {"kept": dumps(kept).decode()}
