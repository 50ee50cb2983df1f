"""What shoppers ask in `bench search`: seeded and skewed, from where they are, so that no question comes again and again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from bench.search_data import OPTIONS, Dice, Place

DOOR = "/api/visitor/vehicles/"
# So many look only around them, the others in the whole country.
NEARBY = 0.6
RADII_KM = {30: 2, 50: 4, 100: 4, 200: 3}
SORTS = {"": 62, "price_asc": 15, "price_desc": 4, "newest": 8, "mileage": 5, "recommended": 6}
COLORS = {"white": 4, "black": 4, "grey": 2, "red": 1, "blue": 1}
# 万 yuan
PRICES = {(None, 5): 2, (5, 10): 4, (10, 15): 4, (15, 20): 3, (20, 30): 3, (30, 50): 2, (50, None): 1}
WORDS = {"四驱": 3, "自动 豪华": 3, "2.0T": 2, "suv": 2, "baoma": 1, "大众": 3, "benchi": 1, "七座": 2, "白色": 2, "langyi": 1, "凯美锐": 1}


class Mix:
    """Questions, one unlike the other."""

    def __init__(self, places: Sequence[Place], series: Mapping[str, int], seed: int) -> None:
        """`series`: key → how many cars there are of it."""
        dice = Dice(seed)
        self.roll = dice.random
        self.places = places
        self.store = dice.drawer(dict.fromkeys(range(len(places)), 1.0))
        self.kind = dice.drawer(series)
        self.radius, self.sort = dice.drawer(RADII_KM), dice.drawer(SORTS)
        self.color, self.price, self.words = dice.drawer(COLORS), dice.drawer(PRICES), dice.drawer(WORDS)

    def near(self) -> dict[str, Any]:
        """Where somebody stands: near some store, never at the same spot."""
        one = self.places[self.store()]
        return {"lat": round(one.lat + self.roll.gauss(0, 0.05), 5), "lng": round(one.lng + self.roll.gauss(0, 0.05), 5)}

    def filters(self) -> dict[str, Any]:
        """One to five filters, as likely as shoppers use them."""
        chances: Sequence[tuple[float, Callable[[], dict[str, Any]]]] = (
            (0.45, lambda: {"series": self.kind()}),
            (0.40, self._price),
            (0.20, lambda: {"model_year_min": self.roll.randrange(2018, 2026)}),
            (0.15, lambda: {"mileage_max_km": self.roll.choice((30_000, 60_000, 100_000))}),
            (0.20, lambda: {"body": self.roll.choice(("suv", "suv", "sedan", "mpv"))}),
            (0.12, lambda: {"energy": self.roll.choice(("electric", "plug_in_hybrid", "petrol"))}),
            (0.10, lambda: {"exterior_color": self.color()}),
            (0.08, lambda: {"options": ",".join(self.roll.sample(OPTIONS, self.roll.randrange(1, 3)))}),
            (0.10, lambda: {"drivetrain": "awd"}),
            (0.10, lambda: {"accident_free": "true"}),
            (0.12, lambda: {"condition": self.roll.choice(("approved", "used", "new,approved"))}),
            (0.12, lambda: {"q": self.words()}),
        )
        said: dict[str, Any] = {}
        while not said:
            for chance, filters in chances:
                if self.roll.random() < chance:
                    said |= filters()
        return said

    def _price(self) -> dict[str, Any]:
        low, high = self.price()
        return {name: bound * 1_000_000 for name, bound in (("price_min_fen", low), ("price_max_fen", high)) if bound is not None}

    def first_page(self) -> dict[str, Any]:
        """A first page with filters and distance."""
        asked = self.near() | self.filters()
        if self.roll.random() < NEARBY:
            asked["radius_km"] = self.radius()
        if sort := self.sort():
            asked["sort"] = sort
        return asked

    def typed(self) -> str:
        """What stands in the search box after some strokes."""
        word = self.words()
        return word[: self.roll.randrange(1, len(word) + 1)]


def path(asked: dict[str, Any], *, facets: bool) -> str:
    """The address of a search."""
    return f"{DOOR}?{urlencode(asked | {'facets': str(facets).lower()})}"


def asked_again(searches: Sequence[dict[str, Any]]) -> float:
    """The share of searches that an engine can have counted before: of all cars of the country, only their order differs by the place."""
    seen: set[tuple[Any, ...]] = set()
    again = 0
    for asked in searches:
        apart = () if "radius_km" in asked else ("lat", "lng")
        key = tuple(sorted((name, value) for name, value in asked.items() if name not in (*apart, "sort")))
        again += key in seen
        seen.add(key)
    return again / len(searches)
