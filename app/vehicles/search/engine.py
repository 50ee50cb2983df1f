"""What an engine of the search is asked and what it answers: the seam behind which the index stands, or SQL, or one day a cluster."""

from __future__ import annotations

import uuid
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

if TYPE_CHECKING:  # the filters' package imports this module
    from app.vehicles.queries.filters import Filters

CHINA = ZoneInfo("Asia/Shanghai")

# Where a car stands in an order: (what it is sorted by, its number). Cars are told apart by their number, so an order is total.
Key = tuple[int, int]
Value = str | int | bool

# Every key has to fit into one unsigned number of 64 bits, the car's number in its lowest bits.
NUMBER_BITS = 27
LARGEST_NUMBER = (1 << NUMBER_BITS) - 1
LARGEST_VALUE = (1 << (63 - NUMBER_BITS)) - 1

# Chosen from a list, within which the choices are alternatives. `store` is a store's number, `city` its city.
CHOICES = (
    "series",
    "model",
    "trim",
    "condition",
    "body",
    "energy",
    "drivetrain",
    "gearbox",
    "exterior_color",
    "interior_color",
    "model_year",
    "seats",
    "city",
    "store",
)
FACETS = (*CHOICES, "options", "accident_free", "in_warranty")
# A brand may have thousands of stores and of trims: of a facet those with most cars are told, and whatever is chosen.
MOST_VALUES = 200
# What is asked for by a lower and an upper bound, with the filters that say them; `ranges` tells how far it reaches.
BOUNDS = {
    "price": ("price_min_fen", "price_max_fen"),
    "monthly": ("monthly_min_fen", "monthly_max_fen"),
    "mileage": ("mileage_min_km", "mileage_max_km"),
    "model_year": ("model_year_min", "model_year_max"),
}
RANGES = tuple(BOUNDS)

# The lower bounds of the bars of the price histogram; the last one is open above.
_IN_10000_YUAN = (0, 5, 8, 10, 12, 15, 18, 20, 25, 30, 35, 40, 50, 60, 80, 100, 150, 200, 300, 500)
PRICE_BARS_FEN = tuple(bound * 1_000_000 for bound in _IN_10000_YUAN)

# `recommended` takes points off for being far: (up to how many metres, points); beyond the last one, FARTHEST.
NEARNESS = ((25_000, 0), (50_000, 5), (100_000, 10), (200_000, 15), (400_000, 20), (800_000, 30))
FARTHEST = 40
# What `recommended` counts, over `vehicles v`: a well described, trustworthy car. Nothing that a dealer gains by re-listing.
_MERITS = {
    "jsonb_array_length(v.photos) >= 3": 40,
    "v.condition IN ('new', 'approved')": 30,
    "v.accident_free": 15,
    "v.guide_price_fen IS NOT NULL": 15,
}
MERIT_SQL = " + ".join(f"CASE WHEN {condition} THEN {points} ELSE 0 END" for condition, points in _MERITS.items())
# Every sum that there can be.
MERITS = frozenset(sum(some) for count in range(len(_MERITS) + 1) for some in combinations(_MERITS.values(), count))


class Sort(StrEnum):
    """The orders there are; the car's number breaks ties, in the direction of the order."""

    distance = "distance"
    price_asc = "price_asc"
    price_desc = "price_desc"
    newest = "newest"
    mileage = "mileage"
    recommended = "recommended"

    @property
    def descending(self) -> bool:
        """Whether both the value and, among equals, the car's number go down."""
        return self in (Sort.price_desc, Sort.newest, Sort.recommended)


class IndexAway(Exception):
    """The engine cannot answer now: no index for this brand, an unreadable one, or one that is too far behind."""


@dataclass(frozen=True, eq=False, slots=True)
class Stores:
    """Stores of the brand, one row in several columns: all of them, or with a radius those within it.

    `metres` (whole ones) is there with a place, where the order or a radius asks for it; then the rows ascend by it. `numbers` are
    `stores.number`.
    """

    numbers: Sequence[int]
    cities: Sequence[str]
    metres: Sequence[int] | None = None
    # There with `metres`: those of one store by its number, for who has cars and needs no order; None where nobody knows the store.
    metres_of: Callable[[int], int | None] | None = None
    # Whether cars at other stores are out of the question.
    limited: bool = False

    def closer_than(self, metres: int) -> int:
        """How many stores are closer; of those beyond few are looked at, for they may have to be measured first."""
        assert self.metres is not None, "without a place nothing is close"
        least, most = 0, 8
        while most < len(self.metres) and self.metres[most] < metres:
            least, most = most, 4 * most
        return bisect_left(self.metres, metres, least, min(most, len(self.metres)))


@dataclass(frozen=True, eq=False, slots=True)
class Asked:
    """A search with everything resolved that takes a session or a clock.

    Of `filters` an engine does not read `q` (that is `words`), `radius_km` (`stores.limited`), `store_id` and `store_ids`
    (`store_numbers`). Each group of `words` must match, by any of its alternatives; an alternative is one token, equal to one of
    the car's, or after `words.CITY` the city of its store. `after` is the last key of the page before. `facets` names what is to be
    counted (see FACETS), `ranges` says whether the histogram and the ranges are wanted too.

    The value of a key, by sort: `distance` metres; `price_*` fen; `newest` whole seconds since 1970 of `listed_at`, cut off;
    `mileage` km, 0 when unknown; `recommended` MERIT_SQL less `far(metres)`, plus FARTHEST so that it is never negative.
    """

    brand_id: uuid.UUID
    filters: Filters
    sort: Sort
    now: datetime
    stores: Stores
    store_numbers: tuple[int, ...] = ()
    words: tuple[tuple[str, ...], ...] = ()
    after: Key | None = None
    limit: int = 20
    facets: tuple[str, ...] = ()
    ranges: bool = False

    @property
    def today(self) -> date:
        """The day in China on which a warranty still has to run."""
        return self.now.astimezone(CHINA).date()

    @property
    def listed_since(self) -> int | None:
        """Seconds since 1970 that the first listing must not be before."""
        days = self.filters.listed_within_days
        return None if days is None else int((self.now - timedelta(days=days)).timestamp())


@dataclass(frozen=True, eq=False, slots=True)
class Hits:
    """The page's keys, up to one more than `limit`, in order; how many cars there are; and what was counted besides.

    `facets`: facet → value → count. `values`: facet → the values, ascending, that a visible car of the brand has: those that `facets`
    leaves out have no car; of `store` and `city` whoever asks knows them. A choice's count leaves its own facet out, an option's is on
    top of the options chosen. Of `store`, unless stores are chosen, an engine may leave out all with fewer cars than the last of
    MOST_VALUES has. `city` is keyed by name, `store` by number, `accident_free` and `in_warranty` by True and False.
    `histogram`: one count for each of PRICE_BARS_FEN, without the price asked for. `ranges`: least and greatest of price and monthly
    rate (fen), mileage (km), model year, each without its own bounds; (None, None) when there is none.
    """

    keys: list[Key]
    total: int
    facets: dict[str, dict[Value, int]] = field(default_factory=dict)
    histogram: list[int] = field(default_factory=list)
    ranges: dict[str, tuple[int | None, int | None]] = field(default_factory=dict)
    values: Mapping[str, Mapping[Value, None]] = field(default_factory=dict)


class Engine(Protocol):
    """Who answers. Each method raises `IndexAway` when it cannot."""

    def find(self, asked: Asked) -> Hits:
        """One page, and what was to be counted."""

    def by_store(self, asked: Asked) -> dict[int, tuple[int, int]]:
        """Of each store that has such cars, by its number: how many, and the least price in fen. The order and page do not matter."""


def far(metres: float) -> int:
    """The points that `recommended` takes off for a distance."""
    return next((points for bound, points in NEARNESS if metres < bound), FARTHEST)
