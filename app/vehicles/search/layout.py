"""How a car lies in the index: its fields, and the row of the stock that they are made from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import orjson
import tantivy

from app.vehicles.search.engine import FARTHEST, LARGEST_NUMBER, LARGEST_VALUE, MERIT_SQL, NUMBER_BITS, PRICE_BARS_FEN
from app.vehicles.search.names import GrowingNames

# Another layout, or another meaning of a field, is another version: what was written before is made anew.
VERSION = 5

# Values that are counted together: one number for the values that a car has of a group. Most groups have some hundreds of combinations,
# so that one look at one column counts all facets of a group.
GROUPS: dict[str, tuple[str, ...]] = {
    "kinds": ("series", "model"),
    "trims": ("trim",),
    "technics": ("body", "energy", "drivetrain", "gearbox"),
    "states": ("condition", "accident_free", "seats"),
    "colours": ("exterior_color", "interior_color"),
    "years": ("model_year",),
    "cities": ("city",),
}
GROUP_OF = {facet: group for group, facets in GROUPS.items() for facet in facets}

# Options are counted by the packs of eight that a car has: one column for the first eight options ever seen, one for the next ...
OPTIONS_A_PACK = 8
PACKS = 32
PACK_NAMES = [f"pack{pack}" for pack in range(PACKS)]

# What a range is asked of, and what a page is sorted by: the value, and below it the car's number.
NUMBERS = ("price", "monthly", "mileage", "model_year", "owners", "registered", "warranty")
KEYS = ("price_key", "mileage_key", "listed_key", "merit_key")
# A term of `has` is the family's place in this list, and the value's number in its family.
FAMILIES = (*GROUP_OF, "options", "has_photos", *KEYS, "block")
FAMILY_BITS = 32
# Cars whose numbers are neighbours are found together.
BLOCK_BITS = 8
OPTION_TERM = FAMILIES.index("options") << FAMILY_BITS


# What a row brings as it goes into the index, but for a value that is not there; and what is made of a row besides.
FIGURES = ("number", "store", "bar", *NUMBERS, *KEYS, "words")
VALUES = (*GROUP_OF, "options", "has_photos")
COLUMNS = ("brand_id", "visible", *VALUES, *FIGURES)
FIRST_FIGURE, OPTIONS, HAS_PHOTOS = COLUMNS.index(FIGURES[0]), COLUMNS.index("options"), COLUMNS.index("has_photos")
Row = Sequence[Any]

_DAY = "- date '0001-01-01' + 1"  # as `date.toordinal` counts


def _key(value: str) -> str:
    """SQL of value and number as one number that sorts as the pair does; a value too large for it counts as the largest."""
    return f"least({value}, {LARGEST_VALUE})::bigint << {NUMBER_BITS} | v.number"


_SQL = {
    **{name: f"nullif(v.{name}, '')" for name in GROUP_OF},
    "visible": "v.status IN ('listed', 'reserved')",
    "series": "m.key",
    "city": "s.city",
    "model_year": "v.model_year",
    "seats": "v.seats",
    "accident_free": "v.accident_free",
    "has_photos": "jsonb_array_length(v.photos) > 0",
    "store": "s.number",
    "bar": f"width_bucket(v.price_fen, ARRAY{list(PRICE_BARS_FEN)}::bigint[]) - 1",
    "price": f"least(v.price_fen, {LARGEST_VALUE})",
    "monthly": "v.monthly_fen",
    "mileage": "coalesce(v.odometer_km, 0)",
    "owners": "v.previous_owners",
    "registered": f"v.first_registration_date {_DAY}",
    "warranty": f"v.warranty_until {_DAY}",
    "price_key": _key("v.price_fen"),
    "mileage_key": _key("coalesce(v.odometer_km, 0)"),
    "listed_key": _key("greatest(floor(extract(epoch FROM v.listed_at))::bigint, 0)"),
    "merit_key": _key(f"({MERIT_SQL} + {FARTHEST})"),
    "words": "v.search_text",
}
SELECT = f"""
    SELECT {", ".join(f"{_SQL.get(name, f'v.{name}')} AS {name}" for name in COLUMNS)}
    FROM vehicles v JOIN stores s ON s.id = v.store_id JOIN model_series m ON m.id = v.series_id
"""  # noqa: S608  # text of this module only
# Known before the first car is written, so that all cars have a value in all packs.
SELECT_OPTIONS = "SELECT DISTINCT brand_id, option FROM vehicles, unnest(options) AS option WHERE status IN ('listed', 'reserved')"


def schema() -> tantivy.Schema:
    """The fields of a car: none is stored, for what a page shows is read from the stock."""
    build = tantivy.SchemaBuilder()
    build.add_unsigned_field("number", indexed=True, fast=True)
    build.add_unsigned_field("store", indexed=True, fast=True)
    build.add_unsigned_field("has", indexed=True)
    build.add_text_field("words", tokenizer_name="whitespace", index_option="basic")
    for name in (*GROUPS, *PACK_NAMES, "more_options", "bar", *NUMBERS, *KEYS):
        build.add_unsigned_field(name, fast=True)
    return build.build()


def term(family: str, number: int) -> int:
    """The term of `has` that says: this car has this value."""
    return FAMILIES.index(family) << FAMILY_BITS | number


def step(field: str, key: int) -> int:
    """Roughly where a key stands in its order: of two cars on different steps, the one on the higher step has the higher key.

    For the first of very many cars, only those on the outermost steps have to be compared. A step of time is a day and a half; of
    other values there are sixteen from one to its double.
    """
    value = key >> NUMBER_BITS
    if field == "listed_key":
        return value >> 17
    bits = value.bit_length()
    return bits << 4 | (value >> bits - 5 if bits > 4 else value << 5 - bits) & 15


def packs_for(options: int) -> Sequence[str]:
    """The columns of so many options."""
    return PACK_NAMES[: -(-options // OPTIONS_A_PACK)]


class Documents:
    """Makes documents of rows, and numbers for the values that it meets."""

    def __init__(self, names: GrowingNames) -> None:
        self._names = names
        self._groups: list[tuple[str, Callable[[Row], Any], dict[Any, tuple[int, list[int]]]]] = [
            (group, itemgetter(*(COLUMNS.index(facet) for facet in facets)), {}) for group, facets in GROUPS.items()
        ]

    def of(self, row: Row) -> str:
        """The document of a visible car, as JSON: tantivy takes that faster than documents that are made here.

        Raises OverflowError when the car's number is beyond what a key has room for.
        """
        figures = dict(zip(FIGURES, row[FIRST_FIGURE:], strict=True))
        if figures["number"] > LARGEST_NUMBER:
            raise OverflowError(f"vehicle number {figures['number']}: more than {NUMBER_BITS} bits")
        values = {name: value for name, value in figures.items() if value is not None}
        has = [self._term("has_photos", row[HAS_PHOTOS])]
        for group, combination_of, known in self._groups:
            combination = combination_of(row)
            number, terms = known.get(combination) or known.setdefault(combination, self._group(group, combination))
            values[group] = number
            has += terms
        self._add_options(row[OPTIONS], values, has)
        steps = {field: step(field, figures[field]) for field in KEYS}
        for field, number in {**steps, "block": figures["number"] >> BLOCK_BITS}.items():
            self._names.number_of(field, number)
            has.append(term(field, number))
        values["has"] = has
        return orjson.dumps(values).decode()

    def _group(self, group: str, combination: Any) -> tuple[int, list[int]]:
        """The number of a combination of values, and the term of each of the values."""
        several = combination if isinstance(combination, tuple) else (combination,)
        terms = [self._term(facet, value) for facet, value in zip(GROUPS[group], several, strict=True) if value is not None]
        return self._names.number_of(group, several), terms

    def _add_options(self, options: list[str], values: dict[str, Any], has: list[int]) -> None:
        packs = [0] * PACKS
        for option in set(options):
            number = self._names.number_of("options", option)
            has.append(OPTION_TERM | number)
            if number < PACKS * OPTIONS_A_PACK:
                packs[number // OPTIONS_A_PACK] |= 1 << number % OPTIONS_A_PACK
            else:
                values.setdefault("more_options", []).append(number)
        # Also those that it has nothing of: a column in which some cars have no value is ten times slower to count.
        values.update(zip(packs_for(len(self._names.values("options"))), packs, strict=False))

    def _term(self, facet: str, value: Any) -> int:
        return term(facet, self._names.number_of(facet, value))
