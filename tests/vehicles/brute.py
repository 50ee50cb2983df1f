"""The search said in plain Python over plain cars, from docs/vehicle-search.md alone: what every engine is held against."""

from __future__ import annotations

import functools
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

from app.kit.geo import Place, distance_m
from app.vehicles.queries import Filters, Sort

CHINA = timezone(timedelta(hours=8))
FAR_POINTS = ((25, 0), (50, 5), (100, 10), (200, 15), (400, 20), (800, 30))
BARS_YUAN = [10_000 * bound for bound in (0, 5, 8, 10, 12, 15, 18, 20, 25, 30, 35, 40, 50, 60, 80, 100, 150, 200, 300, 500)]
NO_BOUNDS: dict[str, dict[str, None]] = {
    "price": {"price_min_fen": None, "price_max_fen": None},
    "monthly": {"monthly_min_fen": None, "monthly_max_fen": None},
    "mileage": {"mileage_min_km": None, "mileage_max_km": None},
    "model_year": {"model_year_min": None, "model_year_max": None},
}
# What is a choice among values, by the car's own field of that name.
CHOSEN = ("series", "model", "trim", "condition", "body", "energy", "drivetrain", "gearbox", "exterior_color", "interior_color")
CHOSEN_NUMBERS = ("model_year", "seats")


@dataclass(frozen=True)
class Shop:
    id: uuid.UUID
    name: str
    city: str
    at: tuple[float, float]


@dataclass(frozen=True)
class Car:
    number: int
    shop: Shop
    status: str
    series: str
    model: str
    trim: str
    condition: str
    body: str | None
    energy: str | None
    drivetrain: str | None
    gearbox: str | None
    exterior_color: str | None
    interior_color: str | None
    model_year: int
    seats: int | None
    options: tuple[str, ...]
    price_fen: int
    guide_price_fen: int | None
    monthly_fen: int | None
    odometer_km: int | None
    previous_owners: int | None
    accident_free: bool | None
    registered: date | None
    warranty_until: date | None
    photos: int
    listed_at: datetime
    words: frozenset[str]


@dataclass(frozen=True)
class Question:
    filters: Filters
    near: tuple[float, float] | None
    sort: Sort | None
    now: datetime
    # Each group must be met by one of its words.
    words: tuple[tuple[str, ...], ...] = ()

    def without(self, **nothing: Any) -> Question:
        return replace(self, filters=replace(self.filters, **nothing))


class Stock:
    """All cars of a brand, the invisible ones too, and its shops."""

    def __init__(self, cars: Iterable[Car], shops: Sequence[Shop]) -> None:
        self.cars = [car for car in cars if car.status in ("listed", "reserved")]
        self.shops = shops

    def results(self, asked: Question) -> list[Car]:
        """The cars that are found, in order."""
        found = [car for car in self.cars if agrees(car, asked)]
        key, descending = order(asked)
        return sorted(found, key=lambda car: (key(car), car.number), reverse=descending)

    def facets(self, asked: Question) -> dict[str, dict[str, int]]:
        """Facet → value → how many cars one finds by choosing it alone, zero for what the brand has but the search has not."""
        counts: dict[str, dict[str, int]] = {}
        for name in (*CHOSEN, *CHOSEN_NUMBERS):
            known = {str(getattr(car, name)): 0 for car in self.cars if getattr(car, name) not in (None, "")}
            others = asked.without(**{name: ()}, **(NO_BOUNDS["model_year"] if name == "model_year" else {}))
            counts[name] = known | Counter(str(getattr(car, name)) for car in self._found(others) if str(getattr(car, name)) in known)
        counts["city"] = dict.fromkeys((shop.city for shop in self.shops), 0)
        counts["city"] |= Counter(car.shop.city for car in self._found(asked.without(city=())))
        counts["store"] = {str(shop.id): 0 for shop in self.shops}
        counts["store"] |= Counter(str(car.shop.id) for car in self._found(asked.without(store_ids=(), store_id=None)))
        counts["options"] = {option: 0 for car in self.cars for option in car.options}
        counts["options"] |= Counter(option for car in self._found(asked) for option in car.options)
        free = [car.accident_free for car in self._found(asked.without(accident_free=None))]
        counts["accident_free"] = {"true": free.count(True), "false": free.count(False)}
        safe = [in_warranty(car, asked.now) for car in self._found(asked.without(in_warranty=None))]
        counts["in_warranty"] = {"true": safe.count(True), "false": safe.count(False)}
        return counts

    def ranges(self, asked: Question) -> dict[str, dict[str, int | None]]:
        """Least and greatest of each measure, its own bounds not asked for; choosing a year is choosing a bound of it."""
        measures: dict[str, Callable[[Car], int | None]] = {
            "price": lambda car: car.price_fen,
            "monthly": lambda car: car.monthly_fen,
            "mileage": lambda car: car.odometer_km or 0,
            "model_year": lambda car: car.model_year,
        }
        ranges = {}
        for name, measure in measures.items():
            years: dict[str, Any] = {"model_year": ()} if name == "model_year" else {}
            known = [value for car in self._found(asked.without(**NO_BOUNDS[name], **years)) if (value := measure(car)) is not None]
            ranges[name] = {"min": min(known, default=None), "max": max(known, default=None)}
        return ranges

    def histogram(self, asked: Question) -> list[int]:
        """How many cars cost so much, whatever price was asked for."""
        prices = [car.price_fen / 100 for car in self._found(asked.without(**NO_BOUNDS["price"]))]
        upper = [*BARS_YUAN[1:], float("inf")]
        return [sum(low <= price < high for price in prices) for low, high in zip(BARS_YUAN, upper, strict=True)]

    def by_shop(self, asked: Question) -> dict[uuid.UUID, tuple[int, int]]:
        """Of each shop that has such cars: how many, and the least price."""
        prices: dict[uuid.UUID, list[int]] = {}
        for car in self._found(asked):
            prices.setdefault(car.shop.id, []).append(car.price_fen)
        return {shop: (len(there), min(there)) for shop, there in prices.items()}

    def _found(self, asked: Question) -> list[Car]:
        return [car for car in self.cars if agrees(car, asked)]


def in_warranty(car: Car, now: datetime) -> bool:
    return car.warranty_until is not None and car.warranty_until >= now.astimezone(CHINA).date()


@functools.cache
def _apart(near: tuple[float, float], at: tuple[float, float]) -> float:
    return distance_m(Place(*near), Place(*at))


def metres(car: Car, near: tuple[float, float]) -> float:
    """By the formula of the kit, which tests of its own hold against geopy's."""
    return _apart(near, car.shop.at)


def agrees(car: Car, asked: Question) -> bool:
    """Whether a car is what was asked for."""
    want = asked.filters
    if any(getattr(want, name) and getattr(car, name) not in getattr(want, name) for name in (*CHOSEN, *CHOSEN_NUMBERS)):
        return False
    shops = {*want.store_ids} | ({want.store_id} if want.store_id else set())
    if (want.city and car.shop.city not in want.city) or (shops and car.shop.id not in shops) or not set(want.options) <= set(car.options):
        return False
    if want.radius_km is not None and (asked.near is None or metres(car, asked.near) > want.radius_km * 1000):
        return False
    if not all(any(word in car.words for word in group) for group in asked.words):
        return False
    if want.has_photos is not None and want.has_photos != (car.photos > 0):
        return False
    if want.in_warranty is not None and want.in_warranty != in_warranty(car, asked.now):
        return False
    if want.accident_free is not None and car.accident_free is not want.accident_free:
        return False
    if want.listed_within_days is not None:
        since = (asked.now - timedelta(days=want.listed_within_days)).replace(microsecond=0)
        if car.listed_at < since:
            return False
    return (
        within(car.price_fen, want.price_min_fen, want.price_max_fen)
        and within(car.monthly_fen, want.monthly_min_fen, want.monthly_max_fen)
        and within(car.odometer_km or 0, want.mileage_min_km, want.mileage_max_km)
        and within(car.model_year, want.model_year_min, want.model_year_max)
        and within(car.registered, want.registered_from, want.registered_to)
        and within(car.previous_owners, None, want.previous_owners_max)
    )


def within(value: Any, low: Any, high: Any) -> bool:
    """What is not known agrees with no bound."""
    if low is None and high is None:
        return True
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


def order(asked: Question) -> tuple[Callable[[Car], float], bool]:
    """(what cars are sorted by, whether downwards)"""
    sort, near = asked.sort, asked.near
    if sort is None or (sort == "distance" and near is None):
        sort = Sort.distance if near else Sort.newest
    match sort:
        case Sort.distance:
            assert near is not None
            return lambda car: round(metres(car, near)), False
        case Sort.price_asc:
            return lambda car: car.price_fen, False
        case Sort.price_desc:
            return lambda car: car.price_fen, True
        case Sort.newest:
            return lambda car: int(car.listed_at.timestamp()), True
        case Sort.mileage:
            return lambda car: car.odometer_km or 0, False
        case _:
            return lambda car: recommended(car, near), True


def recommended(car: Car, near: tuple[float, float] | None) -> int:
    points = (car.photos >= 3) * 40 + (car.condition in ("new", "approved")) * 30
    points += (car.accident_free is True) * 15 + (car.guide_price_fen is not None) * 15
    if near is None:
        return points
    away = round(metres(car, near))
    return points - next((minus for bound, minus in FAR_POINTS if away < bound * 1000), 40)
