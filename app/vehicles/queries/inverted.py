"""A search turned around: the SQL that says of a car, and of filters kept as JSON, whether they agree.

The conditions are those of the search itself (`sql.where`), with a column of the filters in the place of each parameter.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.vehicles.queries import sql
from app.vehicles.queries.asking import asked_for
from app.vehicles.queries.filters import Filters

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


@dataclass(frozen=True)
class Inverted:
    """`condition` speaks of `vehicles v` and of a row `x` with the columns `columns`, which are empty where nothing is asked.

    It is written for `sqlalchemy.text`, with `values` for its parameters.
    """

    columns: str
    condition: str
    values: dict[str, Any]


def inverted(session: Session, brand_id: uuid.UUID) -> Inverted:
    """The conditions of every filter of `RECORD`, and of being on sale at all."""
    said = sql.where(asked_for(session, brand_id, Filters(**{name: _PROBES[kind] for name, kind in RECORD.items()})))
    turned, used = [], set()
    for condition in (*said.base, *(one for conditions in said.own.values() for one in conditions)):
        names = [name for name in _PARAMETER.findall(condition) if name in RECORD]
        used.update(names)
        of_row = _PARAMETER.sub(_of_row, condition)
        turned.append(f"({' OR '.join([*(f'x.{name} IS NULL' for name in names), of_row])})")
    if used != RECORD.keys():
        raise RuntimeError(f"the search has no condition for {RECORD.keys() - used}")
    columns = ", ".join(f"{name} {kind}" for name, kind in RECORD.items())
    return Inverted(columns, " AND ".join(turned), {name: value for name, value in said.values.items() if name not in RECORD})


def _of_row(parameter: re.Match[str]) -> str:
    return f"x.{parameter[1]}" if parameter[1] in RECORD else f":{parameter[1]}"
