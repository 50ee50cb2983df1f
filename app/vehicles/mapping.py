"""A mapping says which column of a feed fills which field of a vehicle, in which unit and which words."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from app.kit.outside import LONGEST_ADDRESS
from app.kit.rows import CellRefused, short_text
from app.vehicles.errors import MappingInvalid
from app.vehicles.models import Condition
from app.vehicles.vin import is_vin

SHIPPED = Path(__file__).parent / "mappings"
# The mapping whose columns are named as our fields are; it is not a file.
STANDARD = "standard"
STOCK_NUMBER = "stock_number"
SPECIFICATIONS = "specifications."
MOST_SEATS = 60
# No car may have more, whatever the settings say.
MOST_PHOTOS = 200

Cells = Sequence[str]


def _whole(raw: str) -> int:
    try:
        number = Decimal(raw)
    except InvalidOperation as error:
        raise ValueError("not_a_number") from error
    if not number.is_finite() or not 0 <= number < 2**31:
        raise ValueError("out_of_range")
    return int(number.to_integral_value())


def _money(raw: str) -> int:
    try:
        number = Decimal(raw)
    except InvalidOperation as error:
        raise ValueError("not_a_number") from error
    if not number.is_finite() or not 0 < number < 10**13 or number != number.to_integral_value():
        raise ValueError("out_of_range")
    return int(number)


def _year(raw: str) -> int:
    year = _whole(raw)
    if not 1950 <= year <= 2100:
        raise ValueError("out_of_range")
    return year


def _seats(raw: str) -> int:
    seats = _whole(raw)
    if not 1 <= seats <= MOST_SEATS:
        raise ValueError("out_of_range")
    return seats


def _date(raw: str) -> date:
    """2021-03-15, or 2021-03 or 2021 for the first day of that month or year."""
    try:
        year, month, day = (int(part) for part in [*raw.split("-"), "1", "1"][:3])
        return date(year, month, day)
    except ValueError as error:
        raise ValueError("not_a_date") from error


def _condition(raw: str) -> str:
    if raw not in Condition.__members__:
        raise ValueError("unknown_value")
    return raw


def _boolean(raw: str) -> bool:
    if raw not in ("true", "false"):
        raise ValueError("unknown_value")
    return raw == "true"


def _list(raw: str) -> list[str]:
    return [short_text(part.strip()) for part in raw.split(",") if part.strip()]


def _addresses(raw: str) -> list[str]:
    """Each once, in their order. One that does not hold is told when it is fetched: its car is one all the same."""
    said = (part.strip().replace("\x00", "")[: LONGEST_ADDRESS + 1] for part in raw.split(","))
    return list(dict.fromkeys(part for part in said if part))[:MOST_PHOTOS]


def _vin(raw: str) -> str:
    if not is_vin(raw.upper()):
        raise ValueError("vin")
    return raw.upper()


# Field → (converter, required). A list is written with commas.
FIELDS: dict[str, tuple[Callable[[str], Any], bool]] = {
    "title": (short_text, True),
    "series": (short_text, True),
    "model": (short_text, False),
    "trim": (short_text, False),
    "condition": (_condition, True),
    "model_year": (_year, True),
    "price_fen": (_money, True),
    "guide_price_fen": (_money, False),
    "vin": (_vin, False),
    "first_registration_date": (_date, False),
    "odometer_km": (_whole, False),
    "previous_owners": (_whole, False),
    "accident_free": (_boolean, False),
    **dict.fromkeys(("exterior_color", "interior_color", "body", "drivetrain", "energy", "gearbox"), (short_text, False)),
    "seats": (_seats, False),
    "warranty_until": (_date, False),
    "options": (_list, False),
    "photos": (_addresses, False),
    "dealer": (short_text, False),
    "store": (short_text, False),
    "city": (short_text, False),
}
# Kinds of cars that cannot be offered without these.
WITH_HISTORY = (Condition.used, Condition.approved)
HISTORY = ("first_registration_date", "odometer_km")


@dataclass(frozen=True)
class Mapping:
    """A mapping as its TOML file says it.

    `fields` and `specifications`: name → rule, with the keys `column` or `columns` (the first that is not empty), `constant`, `regex`
    (its first group; no match is an empty cell), `values` (a table of words; a word that is not in it is refused), `factor`.
    `stock_number`: a rule, or `hash` (columns that stay the same for one car) with `prefix`.
    """

    name: str
    encoding: str
    fields: dict[str, dict[str, Any]]
    specifications: dict[str, dict[str, Any]]
    stock_number: dict[str, Any]

    @property
    def numbers_by_content(self) -> bool:
        """Whether the file has no stock numbers, so that a car is recognised by what it is."""
        return "hash" in self.stock_number

    def columns(self) -> set[str]:
        """Every column of the file that is read."""
        rules = [*self.fields.values(), *self.specifications.values(), self.stock_number]
        return {column for rule in rules for column in [*_columns(rule), *rule.get("hash", [])]}


def shipped() -> list[str]:
    """The names of the mappings that come with the platform."""
    return [STANDARD, *sorted(path.stem for path in SHIPPED.glob("*.toml"))]


def columns_of(name: str) -> list[str]:
    """The columns of a file that a shipped mapping reads."""
    return [STOCK_NUMBER, *FIELDS] if name == STANDARD else sorted(load(name).columns())


def standard(columns: Iterable[str]) -> Mapping:
    """The mapping of a file whose columns are named as our fields are, specifications as `specifications.<key>`.

    Raises `MappingInvalid` for a column that is none of ours: a slip of the pen would otherwise empty a field.
    """
    named = list(columns)
    specifications = {name.removeprefix(SPECIFICATIONS): {"column": name} for name in named if name.startswith(SPECIFICATIONS)}
    unknown = [name for name in named if name not in FIELDS and name != STOCK_NUMBER and not name.startswith(SPECIFICATIONS)]
    missing = [name for name, (_, required) in FIELDS.items() if required and name not in named]
    missing += [] if STOCK_NUMBER in named else [STOCK_NUMBER]
    if unknown or missing:
        raise MappingInvalid(unknown=unknown, missing=missing)
    fields = {name: {"column": name} for name in named if name in FIELDS}
    return Mapping(STANDARD, "utf-8-sig", fields, specifications, {"column": STOCK_NUMBER})


def load(name_or_path: str) -> Mapping:
    """A mapping by the name of a shipped one or by its file. Raises `MappingInvalid`."""
    path = Path(name_or_path)
    if not path.suffix:
        path = SHIPPED / f"{name_or_path}.toml"
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
        fields = said["fields"]
        mapping = Mapping(said["name"], said.get("encoding", "utf-8-sig"), fields, said.get("specifications", {}), said["stock_number"])
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise MappingInvalid(f"{path}: {error}") from error
    unknown = set(fields) - set(FIELDS)
    missing = {name for name, (_, required) in FIELDS.items() if required} - set(fields)
    if unknown or missing:
        raise MappingInvalid(f"{path}: unknown fields {sorted(unknown)}, missing fields {sorted(missing)}")
    return mapping


def _columns(rule: dict[str, Any]) -> list[str]:
    return rule.get("columns") or ([rule["column"]] if "column" in rule else [])


class _Rule:
    """One rule bound to the places of its columns."""

    def __init__(self, rule: dict[str, Any], places: dict[str, int]) -> None:
        self._places = [places[name] for name in _columns(rule)]
        self._constant = str(rule.get("constant", ""))
        self._pattern = re.compile(rule["regex"]) if "regex" in rule else None
        self._values: dict[str, str] | None = rule.get("values")
        self._factor = Decimal(str(rule["factor"])) if "factor" in rule else None

    def raw(self, cells: Cells) -> str:
        """The first of the columns that says something, else the constant."""
        for place in self._places:
            if said := cells[place].strip():
                return said
        return self._constant

    def __call__(self, cells: Cells) -> str:
        """The cell in the words and the unit of the field; empty when it says nothing. Raises `ValueError` with the reason."""
        said = self.raw(cells)
        if not said:
            return said
        if self._pattern:
            found = self._pattern.search(said)
            said = found.group(1).strip() if found else ""
        if self._values is not None and said:
            if said not in self._values:
                raise ValueError("unknown_value")
            said = self._values[said]
        if self._factor is not None and said:
            try:
                said = format(Decimal(said) * self._factor, "f")
            except InvalidOperation as error:
                raise ValueError("not_a_number") from error
        return said


class RowReader:
    """A mapping bound to a header: turns the cells of one row into the values of one vehicle."""

    def __init__(self, mapping: Mapping, header: Sequence[str]) -> None:
        absent = mapping.columns() - set(header)
        if absent:
            raise MappingInvalid(f"the file has no columns {sorted(absent)}; it has {list(header)}")
        self._width = len(header)
        places = {name: place for place, name in enumerate(header)}
        self._fields = [(name, _Rule(rule, places), *FIELDS[name]) for name, rule in mapping.fields.items()]
        self._specifications = [(name, _Rule(rule, places)) for name, rule in mapping.specifications.items()]
        self._stock_number = None if "hash" in mapping.stock_number else _Rule(mapping.stock_number, places)
        self._hashed = [places[name] for name in mapping.stock_number.get("hash", [])]
        self._prefix = mapping.stock_number.get("prefix", "")

    def stock_number(self, cells: Cells) -> str:
        """What names this car in every feed to come. Cars that look the same have the same one where it is made from what they are."""
        if len(cells) != self._width:
            raise CellRefused("columns", f"{len(cells)}/{self._width}", "columns")
        if self._stock_number:
            try:
                number = short_text(self._stock_number(cells))
            except ValueError as error:
                raise CellRefused("stock_number", self._stock_number.raw(cells), str(error)) from error
            if not number:
                raise CellRefused("stock_number", "", "missing")
            return number
        content = "\x1f".join(cells[place].strip() for place in self._hashed)
        return self._prefix + hashlib.blake2b(content.encode(), digest_size=6).hexdigest().upper()

    def values(self, cells: Cells) -> dict[str, Any]:
        """Every field by name, None where the row says nothing. Raises `CellRefused` for the first cell that does not hold."""
        values: dict[str, Any] = {}
        for name, read, convert, required in self._fields:
            try:
                raw = read(cells)
                values[name] = convert(raw) if raw else None
            except ValueError as error:
                raise CellRefused(name, read.raw(cells), str(error)) from error
            if required and not raw:
                raise CellRefused(name, "", "missing")
        if values["condition"] in WITH_HISTORY:
            for name in HISTORY:
                if values.get(name) is None:
                    raise CellRefused(name, "", "history")
        values["specifications"] = {name: said for name, read in self._specifications if (said := read(cells))}
        return values
