"""What the doors of vehicles take and give."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from apiflask import Schema
from apiflask.fields import UUID, Boolean, Date, Dict, Enum, Field, Float, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range
from marshmallow import ValidationError, validates_schema

from app.kit import paging
from app.kit.geo import Datum
from app.vehicles.models import Condition

SORTS = ("distance", "price_asc", "price_desc", "newest", "mileage", "recommended")
MOST_CHOICES = 20
LONGEST_CHOICE = 80
FIRST_YEAR, LAST_YEAR = 1950, 2100

# A comma parts choices; one that belongs to a value has a backslash before it, as a backslash has.
_CHOICE = re.compile(r"(?:[^,\\]|\\.)+", re.DOTALL)
_SPELT = re.compile(r"\\(.)", re.DOTALL)
# No column takes a NUL, and half a character of UTF-16 is none.
_NO_TEXT = re.compile(r"[\x00\ud800-\udfff]")


def spelt(choice: str) -> str:
    """A choice as `Choices` reads it back."""
    return choice.replace("\\", "\\\\").replace(",", "\\,")


def is_text(value: str) -> None:
    """Refuse what no row could ever hold."""
    if _NO_TEXT.search(value):
        raise ValidationError("not a text")


class Choices(Field):
    """Several values: `a,b`, the parameter given twice, or a JSON list; a comma within a value is `\\,`. Loads a tuple."""

    is_multiple = True  # webargs then hands over every occurrence

    def __init__(self, *, of: Callable[[str], Any] = str, one_of: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(
            load_default=(), metadata=kwargs.pop("metadata", {}) | {"type": "string", "description": "comma-separated"}, **kwargs
        )
        self.of, self.one_of = of, one_of

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[Any, ...]:
        given = value if isinstance(value, list | tuple) else [value]
        if len(given) > MOST_CHOICES or not all(isinstance(one, str | int) and not isinstance(one, bool) for one in given):
            raise ValidationError("too many, or no plain values")
        words = [_SPELT.sub(r"\1", word).strip() for one in given for word in _CHOICE.findall(str(one))]
        words = list(dict.fromkeys(filter(None, words)))
        if len(words) > MOST_CHOICES or any(len(word) > LONGEST_CHOICE for word in words):
            raise ValidationError("too many or too long")
        is_text("".join(words))
        if self.one_of and not set(words) <= set(self.one_of):
            raise ValidationError(f"one of {', '.join(self.one_of)}")
        try:
            return tuple(dict.fromkeys(self.of(word) for word in words))
        except ValueError as error:
            raise ValidationError("of the wrong form") from error


def _number(least: int, greatest: int) -> Callable[[str], int]:
    def read(word: str) -> int:
        if not least <= (number := int(word)) <= greatest:
            raise ValueError
        return number

    return read


def _money() -> Integer:
    return Integer(validate=Range(0, 2**53))


def _kilometres() -> Integer:
    return Integer(validate=Range(0, 2**31 - 1))


def _year() -> Integer:
    return Integer(validate=Range(FIRST_YEAR, LAST_YEAR))


def _day() -> Date:
    return Date(validate=Range(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)))


class FiltersIn(Schema):
    """What cars are asked for, wherever they stand."""

    series = Choices()
    model = Choices(metadata={"example": "911 Carrera"})
    trim = Choices()
    condition = Choices(one_of=tuple(Condition))
    body = Choices()
    energy = Choices()
    drivetrain = Choices()
    gearbox = Choices()
    exterior_color = Choices()
    interior_color = Choices()
    model_year = Choices(of=_number(FIRST_YEAR, LAST_YEAR))
    seats = Choices(of=_number(1, 99))
    city = Choices()
    store_ids = Choices(of=uuid.UUID)
    options = Choices()
    price_min_fen = _money()
    price_max_fen = _money()
    monthly_min_fen = _money()
    monthly_max_fen = _money()
    model_year_min = _year()
    model_year_max = _year()
    mileage_min_km = _kilometres()
    mileage_max_km = _kilometres()
    registered_from = _day()
    registered_to = _day()
    listed_within_days = Integer(validate=Range(1, 3650))
    previous_owners_max = Integer(validate=Range(0, 100))
    accident_free = Boolean()
    in_warranty = Boolean()
    has_photos = Boolean()
    store_id = UUID(metadata={"description": "one more of store_ids"})
    radius_km = Float(validate=Range(0, 5000, min_inclusive=False))
    q = String(validate=[Length(1, 60), is_text], metadata={"description": "words; each must be found in the car's title, names or colour"})


class SeenFromIn(Schema):
    """Where distances are counted from."""

    lat = Float(validate=Range(-90, 90))
    lng = Float(validate=Range(-180, 180))
    crs = Enum(Datum, by_value=True, load_default=Datum.gcj02, metadata={"description": "datum of lat and lng"})

    @validates_schema
    def _both_or_none(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if ("lat" in data) != ("lng" in data):
            raise ValidationError("lat and lng go together", "lng" if "lat" in data else "lat")


class WantedIn(SeenFromIn, FiltersIn):
    """Filters and the place they are asked from.

    Other doors leave out what they do not know: WeChat adds parameters to links, and older mini-programs have theirs.
    """

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def _knows_every_filter(self, _data: dict[str, Any], asked: Mapping[str, str], **_kwargs: Any) -> None:
        # Left out in silence, a misspelt filter would show what nobody asked for.
        if unknown := asked.keys() - self.fields.keys():
            raise ValidationError({name: ["Unknown field."] for name in unknown})

    @validates_schema
    def _radius_has_a_centre(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if "radius_km" in data and "lat" not in data:
            raise ValidationError("needs lat and lng", "radius_km")


class SearchIn(WantedIn):
    """A search, and how the answer is cut into pages."""

    sort = String(validate=OneOf(SORTS), metadata={"description": "default: distance with a place, newest without"})
    cursor = String(validate=Length(1, 300))
    limit = Integer(load_default=20, validate=Range(1, paging.MAX_LIMIT))
    facets = Boolean(load_default=True, metadata={"description": "false leaves the counts out, for further pages"})


class KeyOut(Schema):
    key = String()
    label = String()


class CardStoreOut(Schema):
    id = String()
    name = String()
    city = String()
    dealer_id = String()


class CardOut(Schema):
    """A car in a list."""

    id = String()
    title = String()
    model = String(metadata={"description": "empty when it is not known"})
    trim = String()
    series = Nested(KeyOut)
    status = Nested(KeyOut)
    condition = Nested(KeyOut)
    model_year = Integer()
    odometer_km = Integer(allow_none=True)
    exterior_color = Nested(KeyOut, allow_none=True)
    energy = Nested(KeyOut, allow_none=True)
    price_fen = Integer()
    guide_price_fen = Integer(allow_none=True)
    monthly_fen = Integer(allow_none=True, metadata={"description": "the least monthly instalment that a plan offers"})
    reduced_fen = Integer(allow_none=True, metadata={"description": "by how much its price was truly reduced in the last thirty days"})
    photo = String(allow_none=True)
    store = Nested(CardStoreOut)
    distance_m = Integer(allow_none=True)


class SimilarOut(CardOut):
    reason = String(metadata={"description": "why it is shown, zh-CN", "example": "同车系 · 价格相近"})


class FacetValueOut(Schema):
    value = String()
    label = String()
    count = Integer(metadata={"description": "results when this value alone is chosen in its facet"})


class BarOut(Schema):
    min_fen = Integer()
    max_fen = Integer(allow_none=True, metadata={"description": "not included; null for the last bar, which is open above"})
    count = Integer(metadata={"description": "results at this price, whatever price was asked for"})


class BoundsOut(Schema):
    min = Integer(allow_none=True)
    max = Integer(allow_none=True)


class SearchPlaceOut(Schema):
    lat = Float()
    lng = Float()
    crs = String(metadata={"description": "always gcj02"})
    city = String(allow_none=True, metadata={"description": "city of the nearest store"})


class PriceSaidOut(Schema):
    """A price that stood among the words, as filters."""

    q = String(allow_none=True, metadata={"description": "the other words"})
    price_min_fen = Integer(allow_none=True)
    price_max_fen = Integer(allow_none=True)


class SearchOut(Schema):
    items = List(Nested(CardOut))
    total = Integer()
    next_cursor = String(allow_none=True)
    sort = String()
    facets = Dict(keys=String(), values=List(Nested(FacetValueOut)), allow_none=True)
    histogram = Dict(keys=String(), values=List(Nested(BarOut)), allow_none=True, metadata={"description": "of the price"})
    ranges = Dict(keys=String(), values=Nested(BoundsOut), allow_none=True)
    place = Nested(SearchPlaceOut, allow_none=True)
    price_said = Nested(PriceSaidOut, allow_none=True, metadata={"description": "when q says a price: the same search in its filters"})


class StoreCarsOut(Schema):
    """A store on the map, and what stands there."""

    id = String()
    name = String()
    city = String()
    latitude = Float()
    longitude = Float()
    distance_m = Float(allow_none=True)
    count = Integer()
    min_price_fen = Integer()


class StoresCarsOut(Schema):
    items = List(Nested(StoreCarsOut))
