"""Pages of very many cars: step by step in every order, none left out, none twice."""

from __future__ import annotations

import random
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.vehicles.queries.filters import Filters
from app.vehicles.search.engine import FACETS, NUMBER_BITS, Asked, Key, Sort, Stores
from app.vehicles.search.folders import Folders
from app.vehicles.search.index import Index
from app.vehicles.search.layout import COLUMNS, step
from app.vehicles.search.writer import Writer

BRAND = uuid.UUID(int=1)
CARS = 600
NOBODY_SAYS = dict.fromkeys(COLUMNS)
ORDERS = {
    Sort.price_asc: "price_key",
    Sort.price_desc: "price_key",
    Sort.newest: "listed_key",
    Sort.mileage: "mileage_key",
    Sort.recommended: "merit_key",
}


@pytest.fixture(scope="module")
def cars() -> list[dict[str, int]]:
    """Values of all sizes, with many that are equal."""
    dice = random.Random(6)
    made = []
    for number in range(1, CARS + 1):
        values = {
            "price_key": dice.choice([1, 15, 16, 17, dice.randrange(1, 1 << dice.randrange(1, 36)), 20_000_000]),
            "mileage_key": dice.choice([0, 0, dice.randrange(300_000)]),
            "listed_key": 1_780_000_000 - dice.randrange(40_000_000) // 1000 * 1000,
            "merit_key": 40 + 5 * dice.randrange(21),
        }
        made.append({"number": number} | {key: value << NUMBER_BITS | number for key, value in values.items()})
    return made


@pytest.fixture(scope="module")
def index(cars: list[dict[str, int]], tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder: Path = tmp_path_factory.mktemp("search")
    folders = Folders(folder)
    generation = folders.begin()
    writer = Writer(generation, 20_000_000)
    same = {"brand_id": BRAND, "visible": True, "condition": "used", "model_year": 2024, "options": [], "has_photos": True, "words": ""}
    same |= {"store": 1, "bar": 0, "price": 1, "mileage": 0, "city": "上海", "series": "j5"}
    writer.put([tuple((NOBODY_SAYS | same | car)[column] for column in COLUMNS) for car in cars], anew=True)
    writer.show("a test", "1:1:")
    writer.close()
    folders.use(generation)
    return Index(folder, away_seconds=1e9)


@pytest.mark.parametrize("sort", ORDERS)
@pytest.mark.parametrize("many", [0, CARS])
def test_page_after_page_is_the_whole_order(
    index: Index, cars: list[dict[str, int]], sort: Sort, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.vehicles.search.paging.MANY", many)
    keys = sorted((car[ORDERS[sort]] for car in cars), reverse=sort.descending)
    expected: list[Key] = [(key >> NUMBER_BITS, key & (1 << NUMBER_BITS) - 1) for key in keys]
    asked = Asked(BRAND, Filters(), sort, datetime(2026, 6, 1, tzinfo=UTC), Stores([1], ["上海"]), limit=70)
    seen: list[Key] = []
    while len(page := index.find(replace(asked, after=seen[-1] if seen else None)).keys) > asked.limit:
        seen += page[: asked.limit]
    assert seen + page == expected


def test_what_no_car_tells_is_counted_for_none(index: Index) -> None:
    """As with the first feed of a brand: a column that is empty in every car."""
    asked = Asked(BRAND, Filters(), Sort.newest, datetime(2026, 6, 1, tzinfo=UTC), Stores([1], ["上海"]), limit=1)
    hits = index.find(replace(asked, facets=FACETS, ranges=True))
    assert (hits.total, hits.facets["in_warranty"], hits.facets["accident_free"]) == (CARS, {False: CARS}, {})
    assert (hits.facets["seats"], hits.facets["options"], hits.ranges["monthly"]) == ({}, {}, (None, None))


def test_a_higher_step_has_the_higher_keys() -> None:
    dice = random.Random(7)
    for field in ("price_key", "listed_key"):
        values = sorted([*range(100), *(dice.randrange(1 << dice.randrange(1, 37)) for _ in range(2000))])
        steps = [step(field, value << NUMBER_BITS) for value in values]
        assert steps == sorted(steps)
