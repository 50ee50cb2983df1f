"""A stock for `bench search`: as many cars as wanted at five thousand stores, skewed as real listings are, the same ones every time."""

from __future__ import annotations

import json
import random
import uuid
from bisect import bisect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

import psycopg

from bench.money_data import without_indexes
from dev.environment import ROOT

STORES, STORES_A_DEALER = 5000, 4
SEED = 20261122
TODAY = date(2026, 11, 20)
# Degrees around the centre of a city where its stores are.
AROUND = 0.18
LISTED_WITHIN_DAYS = 180
# What the real rows do not tell, or not of every car, is chosen by these shares.
CONDITIONS = {"used": 70, "approved": 15, "new": 12, "demo": 3}
BODIES = {"sedan": 42, "suv": 36, "hatchback": 12, "mpv": 6, "coupe": 2, "estate": 1, "convertible": 1}
ENERGIES = {"petrol": 80, "electric": 8, "plug_in_hybrid": 5, "hybrid": 4, "diesel": 2, "range_extender": 1}
DRIVES = {"fwd": 62, "rwd": 18, "awd": 20}
INTERIORS = {"black": 48, "grey": 18, "beige": 16, "brown": 12, "red": 6}
SEATS = {5: 84, 7: 11, 4: 3, 6: 2}
RESERVED = 0.03
WAYS = 10
COLUMNS = (
    "id", "brand_id", "dealer_id", "store_id", "series_id", "stock_number", "title", "model", "trim", "condition", "status", "model_year",
    "first_registration_date", "odometer_km", "previous_owners", "accident_free", "exterior_color", "interior_color", "body", "drivetrain",
    "energy", "gearbox", "seats", "warranty_until", "price_fen", "guide_price_fen", "monthly_fen", "options", "specifications", "photos",
    "listed_at", "search_text",
)  # fmt: skip
NULL = "\\N"
VIEWS = ("side", "wheel", "interior")
OPTIONS = (
    "panoramic_roof", "air_suspension", "rear_axle_steering", "adaptive_cruise", "highway_assist", "surround_view", "head_up_display",
    "matrix_light", "premium_audio", "ventilated_seats", "massage_seats", "heated_seats", "soft_close_doors", "tow_bar",
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A store, and where it is."""

    id: str
    dealer_id: str
    city: str
    lat: float
    lng: float


@dataclass(frozen=True)
class Series:
    """Of a series: its name and key, what a new one costs (万, at 10, 50 and 90 %), and how many of all cars it is."""

    id: str
    key: str
    name: str
    new_price: Sequence[float]
    body: str
    weight: int


class Dice:
    """Draws from shares, the same every time."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def drawer(self, shares: Mapping[Any, float]) -> Callable[[], Any]:
        """A function that draws one of the keys."""
        keys, sums = list(shares), list(accumulate(shares.values()))
        draw, total, last = self.random.random, sums[-1], len(keys) - 1
        return lambda: keys[min(bisect(sums, draw() * total), last)]


def parameters() -> dict[str, Any]:
    """Figures about real listings: `derive_search_parameters.py` and `derive_demo_parameters.py` make them."""
    told: dict[str, Any] = json.loads(Path(__file__).with_name("search_parameters.json").read_text(encoding="utf-8"))
    demo = json.loads((ROOT / "app/console/demo/parameters.json").read_text(encoding="utf-8"))
    return told | {name: demo[name] for name in ("colors", "accident_free")}


def fill(connection: psycopg.Connection[Any], brand_id: uuid.UUID, count: int) -> list[Place]:
    """Put so many visible cars of the brand into the database in place of those that it has; gives their stores.

    `connection` is an owner's: triggers and foreign keys are not asked.
    """
    told = parameters()
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("SET LOCAL maintenance_work_mem = '512MB'")
        connection.execute("DELETE FROM price_changes")
        with without_indexes(connection, "vehicles"):
            connection.execute("DELETE FROM vehicles")
            places = _places(connection, brand_id, told["cities"])
            series = _series(connection, brand_id, told["series"])
            with connection.cursor().copy(f"COPY vehicles ({', '.join(COLUMNS)}) FROM STDIN") as copy:
                maker = Maker(brand_id, told, places, series)
                for number in range(count):
                    copy.write(maker.line(number))
    connection.execute("VACUUM (ANALYZE) vehicles")
    return places


def _id(kind: int, number: int) -> str:
    """Ids that sort by number, as those of version 7 do by time."""
    return str(uuid.UUID(int=0x0190_0000 << 96 | kind << 80 | 7 << 76 | 2 << 62 | number))


def _places(connection: psycopg.Connection[Any], brand_id: uuid.UUID, cities: Sequence[Sequence[Any]]) -> list[Place]:
    from app.kit import geo

    dice = Dice(SEED)
    city_of = dice.drawer({at: weight for at, (_, weight, *_) in enumerate(cities)})
    made = []
    for number in range(STORES):
        name, _, lat, lng = cities[city_of()]
        north, east = (dice.random.gauss(0, AROUND / 2) for _ in "ne")
        made.append(Place(_id(1, number), _id(2, number // STORES_A_DEALER), name, round(lat + north, 6), round(lng + east, 6)))
    if connection.execute("SELECT 1 FROM stores WHERE id = %s", [made[0].id]).fetchone():
        return made
    with connection.cursor().copy("COPY dealers (id, brand_id, name, city) FROM STDIN") as copy:
        for number in range(0, STORES, STORES_A_DEALER):
            copy.write_row((made[number].dealer_id, brand_id, f"测速经销商{number}", made[number].city))
    columns = "id, brand_id, dealer_id, name, city, address, lat_gcj02, lng_gcj02, lat_wgs84, lng_wgs84, datum_source"
    with connection.cursor().copy(f"COPY stores ({columns}) FROM STDIN") as copy:
        for number, one in enumerate(made):
            row = (one.id, brand_id, one.dealer_id, f"{one.city}展厅{number}", one.city, f"{one.city}测速路{number}号")
            copy.write_row((*row, one.lat, one.lng, *geo.gcj02_to_wgs84(one.lat, one.lng), "gcj02"))
    return made


def _series(connection: psycopg.Connection[Any], brand_id: uuid.UUID, told: Sequence[Sequence[Any]]) -> list[Series]:
    dice = Dice(SEED + 1)
    body = dice.drawer(BODIES)
    made = [Series(_id(3, at), f"b{at}", name, price, body(), weight) for at, (name, weight, price) in enumerate(told)]
    if connection.execute("SELECT 1 FROM model_series WHERE id = %s", [made[0].id]).fetchone():
        return made
    with connection.cursor().copy("COPY model_series (id, brand_id, key, name) FROM STDIN") as copy:
        for one in made:
            copy.write_row((one.id, brand_id, one.key, one.name))
    return made


class Maker:
    """Makes the cars as lines of COPY, one after the other: a million take no more memory than one."""

    def __init__(self, brand_id: uuid.UUID, told: dict[str, Any], where: Sequence[Place], what: Sequence[Series]) -> None:
        from app.vehicles.labels import search_text

        self.brand_id, self.where, self.what, self.search_text = brand_id, where, what, search_text
        self.dice = dice = Dice(SEED + 2)
        self.roll, self.accident_free = dice.random, told["accident_free"]
        self.series = dice.drawer({at: one.weight for at, one in enumerate(what)})
        # Few stores have many cars, many have few.
        self.store = dice.drawer({at: self.roll.paretovariate(1.2) for at in range(len(where))})
        shares = {
            "condition": CONDITIONS,
            "color": told["colors"],
            "interior": INTERIORS,
            "energy": ENERGIES,
            "drive": DRIVES,
            "seats": SEATS,
        }
        shares |= {"engine": told["engines"], "grade": told["grades"], "age": told["by_age"]["ages"]}
        self.draw = {name: dice.drawer(of) for name, of in shares.items()}
        # Each series is sold in a handful of ways, some of them much more often.
        self.ways = [[(self.draw["engine"](), self.draw["grade"]()) for _ in range(WAYS)] for _ in what]
        self.way = dice.drawer({at: 1 / (1 + at) for at in range(WAYS)})
        self.options = [(option, 0.05 + 0.5 * self.roll.random()) for option in OPTIONS]
        self.kept, self.driven = told["by_age"]["price_kept"], told["by_age"]["odometer_km"]

    def _between(self, quantiles: Sequence[float]) -> float:
        low, middle, high = quantiles
        return self.roll.triangular(low, high, middle)

    def _words(self, one: Series, condition: str, year: int, *, way: tuple[str, str]) -> dict[str, Any]:
        """What is said of a car."""
        draw = self.draw
        energy, (engine, grade) = draw["energy"](), way
        engine = "" if energy == "electric" else engine
        return {
            "title": " ".join(filter(None, (one.name, f"{year}款", engine, grade))),
            "model": f"{one.name} {engine}".strip(),
            "trim": grade,
            "condition": condition,
            "model_year": year,
            "exterior_color": draw["color"](),
            "interior_color": draw["interior"](),
            "body": one.body,
            "drivetrain": draw["drive"](),
            "energy": energy,
            "gearbox": "manual" if grade.startswith("手动") else "automatic",
            "seats": draw["seats"](),
            "options": [option for option, share in self.options if self.roll.random() < share],
            "specifications": {"displacement": engine} if engine else {},
        }

    def line(self, number: int) -> str:
        """One car."""
        roll, at, place, condition = self.roll, self.series(), self.where[self.store()], self.draw["condition"]()
        one = self.what[at]
        new = condition == "new"
        age = "0" if new or condition == "demo" else self.draw["age"]()
        registered = None if new else TODAY - timedelta(days=int(age) * 365 + roll.randrange(30, 330))
        guide = max(3.0, self._between(one.new_price))
        price_fen = round((guide if new else guide * max(0.1, self._between(self.kept[age]))) * 100) * 10_000
        words = self._words(one, condition, (registered or TODAY).year, way=self.ways[at][self.way()])
        picture = f"/media/vehicles/{one.body}/{words['exterior_color']}"
        listed = TODAY - timedelta(days=roll.randrange(LISTED_WITHIN_DAYS))
        values = words | {
            "id": _id(4, number),
            "brand_id": self.brand_id,
            "dealer_id": place.dealer_id,
            "store_id": place.id,
            "series_id": one.id,
            "stock_number": f"B{number:07d}",
            "status": "reserved" if roll.random() < RESERVED else "listed",
            "first_registration_date": registered or NULL,
            "odometer_km": 0 if new else round(self._between(self.driven[age])),
            "previous_owners": 0 if new else roll.choice((1, 1, 1, 2, 3)),
            "accident_free": "t" if new or condition == "approved" or roll.random() < self.accident_free else "f",
            "warranty_until": (registered or TODAY) + timedelta(days=3 * 365),
            "price_fen": price_fen,
            "guide_price_fen": round(guide * 100) * 10_000,
            "monthly_fen": price_fen * 8 // 10 // 36,
            "options": f"{{{','.join(words['options'])}}}",
            "specifications": json.dumps(words["specifications"]),
            "photos": "[" + ", ".join(f'{{"url": "{picture}/{view}.svg", "alt": ""}}' for view in VIEWS[: roll.randrange(4)]) + "]",
            "listed_at": f"{listed} {roll.randrange(24):02d}:{roll.randrange(60):02d}:{roll.randrange(60):02d}+00",
            "search_text": self.search_text(one.name, words),
        }
        return "\t".join([str(values[column]) for column in COLUMNS]) + "\n"
