"""The search in plain SQL: the yardstick that the index is held against, and what answers while there is no index."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from sqlalchemy import CursorResult
from sqlalchemy.orm import Session

from app.vehicles.search.engine import BOUNDS, CHOICES, FARTHEST, MERIT_SQL, NEARNESS, PRICE_BARS_FEN, RANGES, Asked, Hits, Key, Sort, Value
from app.vehicles.words import CITY

# What of a larger stock every further choice would leave takes a second to count and more: without the index it is left out.
MOST_COUNTED = 200_000

# What a car is chosen by, as SQL over `vehicles v`; a store by its number and city, which the search brings.
_COLUMNS = {name: f"v.{name}" for name in CHOICES if name not in ("series", "city", "store")}
_NUMBERS = {"price": "v.price_fen", "monthly": "v.monthly_fen", "mileage": "coalesce(v.odometer_km, 0)", "model_year": "v.model_year"}
_IN_WARRANTY = "coalesce(v.warranty_until >= %(today)s, false)"
_FAR = f"CASE {' '.join(f'WHEN p.metres < {bound} THEN {points}' for bound, points in NEARNESS)} ELSE {FARTHEST} END"
_KEYS = {
    Sort.distance: "p.metres",
    Sort.price_asc: "v.price_fen",
    Sort.price_desc: "v.price_fen",
    Sort.newest: "floor(extract(epoch FROM v.listed_at))::bigint",
    Sort.mileage: "coalesce(v.odometer_km, 0)",
}


def run(session: Session, statement: str, values: Mapping[str, Any]) -> CursorResult[Any]:
    """Have the driver run a statement that is written for it: most searches are one of their own, so there is nothing that compiling
    it again would spare."""
    return session.connection().exec_driver_sql(statement, dict(values))


@dataclass
class Where:
    """What a search demands of a car: `base` of every count, `own` of every count but that of its facet."""

    base: list[str] = field(default_factory=list)
    own: dict[str, list[str]] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def __iter__(self) -> Iterator[str]:
        return chain(self.base, *self.own.values())

    def __str__(self) -> str:
        return " AND ".join(self)

    def demand(self, condition: str, facet: str | None = None, /, **values: Any) -> None:
        """One condition more, with the values that its parameters stand for."""
        (self.base if facet is None else self.own.setdefault(facet, [])).append(condition)
        self.values |= values


def where(asked: Asked, *, within: bool = True) -> Where:
    """The conditions on `vehicles v` of a search, but for its page; `within` says whether its radius is one of them."""
    filters, said = asked.filters, Where()
    said.demand(ON_SALE, brand_id=asked.brand_id, today=asked.today)
    if within and asked.stores.limited:
        said.demand(_AT_STORE.format("within"), within=list(asked.stores.numbers))
    if asked.listed_since is not None:
        said.demand("v.listed_at >= to_timestamp(%(listed_since)s)", listed_since=asked.listed_since)
    for name, condition in _PLAIN.items():
        if (value := getattr(filters, name)) is not None:
            said.demand(condition, **{name: value})
    for number, group in enumerate(asked.words):
        _demand_word(said, asked, number, group)
    _demand_choices(said, asked)
    for name, bounds in BOUNDS.items():
        for bound, sign in zip(bounds, (">=", "<="), strict=True):
            if (value := getattr(filters, bound)) is not None:
                said.demand(f"{_NUMBERS[name]} {sign} %({bound})s", name, **{bound: value})
    return said


ON_SALE = "v.brand_id = %(brand_id)s AND v.status IN ('listed', 'reserved')"
_AT_STORE = "v.store_id IN (SELECT id FROM stores WHERE number = ANY(%({})s))"
_PLAIN = {
    "registered_from": "v.first_registration_date >= %(registered_from)s",
    "registered_to": "v.first_registration_date <= %(registered_to)s",
    "previous_owners_max": "v.previous_owners <= %(previous_owners_max)s",
    "has_photos": "(jsonb_array_length(v.photos) > 0) = %(has_photos)s",
}


def _demand_word(said: Where, asked: Asked, number: int, group: tuple[str, ...]) -> None:
    """One of the tokens has to be the car's, or the city of its store."""
    cities = {word.removeprefix(CITY) for word in group if word.startswith(CITY)}
    # As the index ix_vehicles_words has it.
    ways = [f"string_to_array(v.search_text, ' ') && CAST(%(word_{number})s AS text[])"]
    values: dict[str, Any] = {f"word_{number}": [word for word in group if not word.startswith(CITY)]}
    if cities:
        ways.append(_AT_STORE.format(f"word_{number}_city"))
        values[f"word_{number}_city"] = _there(asked, cities)
    said.demand(f"({' OR '.join(ways)})", **values)


def _demand_choices(said: Where, asked: Asked) -> None:
    filters = asked.filters
    for name, column in _COLUMNS.items():
        if chosen := getattr(filters, name):
            said.demand(f"{column} = ANY(%({name})s)", name, **{name: list(chosen)})
    if filters.series:
        of_series = "v.series_id IN (SELECT id FROM model_series WHERE brand_id = %(brand_id)s AND key = ANY(%(series)s))"
        said.demand(of_series, "series", series=list(filters.series))
    if filters.city:
        said.demand(_AT_STORE.format("city"), "city", city=_there(asked, filters.city))
    if asked.store_numbers:
        said.demand(_AT_STORE.format("store"), "store", store=list(asked.store_numbers))
    if filters.options:
        said.demand("v.options @> CAST(%(options)s AS varchar[])", "options", options=list(filters.options))
    if filters.accident_free is not None:
        said.demand("v.accident_free = %(accident_free)s", "accident_free", accident_free=filters.accident_free)
    if filters.in_warranty is not None:
        said.demand(f"{_IN_WARRANTY} = %(in_warranty)s", "in_warranty", in_warranty=filters.in_warranty)


def _there(asked: Asked, cities: Collection[str]) -> list[int]:
    return [number for number, city in zip(asked.stores.numbers, asked.stores.cities, strict=True) if city in cities]


class Sql:
    """An engine that asks the tables themselves."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def find(self, asked: Asked) -> Hits:
        said = where(asked)
        keys = self._keys(asked, said)
        counted = _Counted(asked)
        if (asked.facets or asked.ranges) and self._can_be_counted(asked):
            counted.read(run(self.session, _counting(asked, said), said.values))
            return Hits(keys, counted.total, counted.facets, counted.histogram, counted.ranges)
        statement = f"SELECT count(*) FROM vehicles v WHERE {said}"  # noqa: S608  # text of this module, values as parameters
        return Hits(keys, run(self.session, statement, said.values).scalar_one())

    def _can_be_counted(self, asked: Asked) -> bool:
        visible = "SELECT FROM vehicles WHERE brand_id = %(brand_id)s AND status IN ('listed', 'reserved') LIMIT %(most)s + 1"
        statement = f"SELECT count(*) FROM ({visible}) AS visible"  # noqa: S608
        count: int = run(self.session, statement, {"brand_id": asked.brand_id, "most": MOST_COUNTED}).scalar_one()
        return count <= MOST_COUNTED

    def _keys(self, asked: Asked, said: Where) -> list[Key]:
        key, places, values = _key(asked), "", dict(said.values)
        if "p." in key:
            places = _PLACES
            values |= {"numbers": list(asked.stores.numbers), "metres": list(asked.stores.metres or ())}
        conditions = str(said)
        if asked.after is not None:
            conditions += f" AND ({key}, v.number) {'<' if asked.sort.descending else '>'} (%(after_value)s, %(after_number)s)"
            values |= {"after_value": asked.after[0], "after_number": asked.after[1]}
        way = "DESC" if asked.sort.descending else "ASC"
        statement = f"""
            SELECT {key} AS key, v.number FROM vehicles v {places} WHERE {conditions}
            ORDER BY key {way}, v.number {way} LIMIT %(limit)s
        """  # noqa: S608
        return [(row.key, row.number) for row in run(self.session, statement, values | {"limit": asked.limit + 1})]

    def by_store(self, asked: Asked) -> dict[int, tuple[int, int]]:
        said = where(asked)
        statement = f"""
            SELECT s.number, count(*) AS cars, min(v.price_fen) AS least FROM vehicles v JOIN stores s ON s.id = v.store_id
            WHERE {said} GROUP BY s.number
        """  # noqa: S608
        return {row.number: (row.cars, row.least) for row in run(self.session, statement, said.values)}


_PLACES = """
    JOIN stores s ON s.id = v.store_id
    JOIN unnest(CAST(%(numbers)s AS bigint[]), CAST(%(metres)s AS bigint[])) AS p(number, metres) ON p.number = s.number
"""


def _key(asked: Asked) -> str:
    if asked.sort is Sort.recommended:
        return f"({MERIT_SQL} + {FARTHEST}" + (f" - {_FAR})" if asked.stores.metres is not None else ")")
    return _KEYS[asked.sort]


def _counting(asked: Asked, said: Where) -> str:
    """One statement of rows (facet, value, count, least, greatest): every value that a visible car of the brand has."""
    own = {name: " AND ".join(conditions) for name, conditions in said.own.items()}
    # NULL is no match: a car that does not tell its colour is not a white one.
    missed = [f"1 - coalesce({condition}, false)::int AS {name}_missed" for name, condition in own.items()]
    misses = " + ".join(f"1 - coalesce({condition}, false)::int" for condition in own.values())
    columns = [f"{column} AS {name}" for name, column in _COLUMNS.items()]
    columns += [f"{column} AS {name}_number" for name, column in _NUMBERS.items()]
    visible, others = said.base[0], " AND ".join(said.base[1:])
    cars = f"""
        SELECT v.series_id, v.store_id, v.options, v.accident_free, {_IN_WARRANTY} AS in_warranty,
            {", ".join([*columns, *missed])}, {misses or "0"} AS misses, coalesce({others or "true"}, false) AS is_there
        FROM vehicles v WHERE {visible}
    """  # noqa: S608

    def fits(name: str) -> str:
        return f"is_there AND misses = {f'{name}_missed' if name in own else '0'}"

    def counts(name: str, column: str, source: str = "cars") -> str:
        """The rows of a facet; an option is counted on top of those that were chosen."""
        right = fits(name) if name != "options" else "is_there AND misses = 0"
        return f"""
            SELECT '{name}', {column}::text, count(*) FILTER (WHERE {right}), NULL::bigint, NULL::bigint FROM {source}
            WHERE {column} IS NOT NULL AND {column}::text <> '' GROUP BY {column}
        """  # noqa: S608

    sources = {
        "series": ("m.key", "cars JOIN model_series m ON m.id = series_id"),
        "city": ("s.number", "cars JOIN stores s ON s.id = store_id"),
        "store": ("s.number", "cars JOIN stores s ON s.id = store_id"),
        "options": ("option", "cars, unnest(options) AS option"),
    }
    parts = [counts(name, *sources.get(name, (name,))) for name in asked.facets]
    parts.append("SELECT 'total', NULL, count(*) FILTER (WHERE is_there AND misses = 0), NULL::bigint, NULL::bigint FROM cars")
    if asked.ranges:
        for name in RANGES:
            low, high = (f"{end}({name}_number) FILTER (WHERE {fits(name)})" for end in ("min", "max"))
            parts.append(f"SELECT '{name}:range', NULL, NULL::bigint, {low}::bigint, {high}::bigint FROM cars")  # noqa: S608
        bar = f"width_bucket(price_number, ARRAY{list(PRICE_BARS_FEN)}::bigint[])"
        counted = f"SELECT 'histogram', {bar}::text, count(*), NULL::bigint, NULL::bigint FROM cars"  # noqa: S608
        parts.append(f"{counted} WHERE {fits('price')} GROUP BY {bar}")
    return f"WITH cars AS MATERIALIZED ({cars}) {' UNION ALL '.join(parts)}"


class _Counted:
    """What was counted, row by row."""

    def __init__(self, asked: Asked) -> None:
        self.total = 0
        self.facets: dict[str, dict[Value, int]] = {name: {} for name in asked.facets}
        self.ranges: dict[str, tuple[int | None, int | None]] = {}
        self.histogram = [0] * len(PRICE_BARS_FEN) if asked.ranges else []
        self._cities: Mapping[int, str] = dict(zip(asked.stores.numbers, asked.stores.cities, strict=True))

    def read(self, rows: Any) -> None:
        for name, value, count, least, greatest in rows:
            if name == "total":
                self.total = count
            elif name == "histogram":
                self.histogram[int(value) - 1] = count
            elif name.endswith(":range"):
                self.ranges[name.removesuffix(":range")] = (least, greatest)
            else:
                self._count(name, value, count)

    def _count(self, name: str, said: str, count: int) -> None:
        value: Value | None = said
        if name in ("model_year", "seats", "store"):
            value = int(said)
        elif name in ("accident_free", "in_warranty"):
            value = said == "true"
        elif name == "city":
            value = self._cities.get(int(said))
        if value is not None:
            self.facets[name][value] = self.facets[name].get(value, 0) + count
