"""Pages of very many cars: step by step in every order, none left out, none twice."""

from __future__ import annotations

import random
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.vehicles.queries.filters import Filters
from app.vehicles.search.engine import FACETS, FARTHEST, MERITS, MOST_VALUES, NUMBER_BITS, Asked, Key, Sort, Stores, far
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
    return indexed(tmp_path_factory.mktemp("search"), [{"store": 1} | car for car in cars])


def indexed(folder: Path, cars: list[dict[str, int]]) -> Index:
    folders = Folders(folder)
    generation = folders.begin()
    writer = Writer(generation, 20_000_000)
    same = {"brand_id": BRAND, "visible": True, "condition": "used", "model_year": 2024, "options": [], "has_photos": True, "words": ""}
    same |= {"bar": 0, "price": 1, "mileage": 0, "city": "上海", "series": "j5"}
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


@pytest.mark.parametrize(
    ("few", "named", "most"),
    [(0, 15, 150), (0, -1, 150), (0, -1, 6), (CARS, 15, 150)],
    ids=["by score", "by car", "by few cars", "one by one"],
)
@pytest.mark.parametrize("limited", [False, True], ids=["everywhere", "within a radius"])
@pytest.mark.parametrize("sort", [Sort.distance, Sort.recommended])
def test_from_a_place_page_after_page_is_the_whole_order(
    cars: list[dict[str, int]], sort: Sort, few: int, named: int, most: int, limited: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.vehicles.search.paging.FEW", few)
    monkeypatch.setattr("app.vehicles.search.paging._NEAR_POINTS", named)
    monkeypatch.setattr("app.vehicles.search.paging._LOOKED_THROUGH", most)
    for module in ("layout", "paging"):
        monkeypatch.setattr(f"app.vehicles.search.{module}.BLOCK_BITS", 5)
    dice = random.Random(8)
    metres = sorted([0, 24_999, 25_000, 100_000, 100_000, 799_999, 800_000, *(dice.randrange(2_000_000) for _ in range(20))])
    stores = list(range(1, len(metres) + 1))
    dice.shuffle(stores)
    there = [
        car | {"store": dice.choice(stores), "merit_key": dice.choice(sorted(MERITS)) + FARTHEST << NUMBER_BITS | car["number"]}
        for car in cars
    ]
    within = sum(far < 500_000 for far in metres) if limited else len(metres)
    away = dict(zip(stores[:within], metres[:within], strict=True))
    seen_from = Stores(stores[:within], ["上海"] * within, metres[:within], away.get, limited=limited)
    expected: list[Key] = []
    for car in there:
        if (metres_away := away.get(car["store"])) is not None:
            merit = (car["merit_key"] >> NUMBER_BITS) - far(metres_away)
            expected.append((metres_away if sort is Sort.distance else merit, car["number"]))
    expected.sort(reverse=sort.descending)
    index = indexed(tmp_path, there)
    asked = Asked(BRAND, Filters(), sort, datetime(2026, 6, 1, tzinfo=UTC), seen_from, limit=7)
    seen: list[Key] = []
    while len(page := index.find(replace(asked, after=seen[-1] if seen else None)).keys) > asked.limit:
        seen += page[: asked.limit]
    assert seen + page == expected
    assert len(expected) > CARS / 10


def test_no_two_merits_stand_on_one_step() -> None:
    """By its step a merit is found."""
    assert len({step("merit_key", merit + FARTHEST << NUMBER_BITS) for merit in MERITS}) == len(MERITS)


def test_what_no_car_tells_is_counted_for_none(index: Index) -> None:
    """As with the first feed of a brand: a column that is empty in every car."""
    asked = Asked(BRAND, Filters(), Sort.newest, datetime(2026, 6, 1, tzinfo=UTC), Stores([1], ["上海"]), limit=1)
    hits = index.find(replace(asked, facets=FACETS, ranges=True))
    assert (hits.total, hits.facets["in_warranty"], hits.facets["accident_free"]) == (CARS, {False: CARS}, {})
    assert (hits.facets["seats"], hits.facets["options"], hits.ranges["monthly"]) == ({}, {}, (None, None))


@pytest.mark.parametrize("ties", [False, True], ids=["a clear order", "many alike"])
def test_of_very_many_stores_those_with_most_cars_are_counted_and_whatever_is_chosen(ties: bool, tmp_path: Path) -> None:
    """Who has equally many as the last one that is told must be there, too: which of them is told is said by their names."""
    stores = range(1, 3 * MOST_VALUES)
    having = {store: 1 if ties else 1 + store // 20 for store in stores}
    cars = [store for store, cars_there in having.items() for _ in range(cars_there)]
    keys = dict.fromkeys(ORDERS.values(), 0)
    index = indexed(tmp_path, [{"number": number, "store": store} | keys for number, store in enumerate(cars, start=1)])
    seen_from = Stores(stores, ["上海"] * len(stores))
    asked = Asked(BRAND, Filters(), Sort.newest, datetime(2026, 6, 1, tzinfo=UTC), seen_from, limit=1, facets=FACETS)
    counted = index.find(asked).facets["store"]
    least = sorted(having.values(), reverse=True)[MOST_VALUES - 1]
    assert {store: cars for store, cars in counted.items() if cars >= least} == {
        store: cars for store, cars in having.items() if cars >= least
    }
    assert index.find(replace(asked, store_numbers=(2,))).facets["store"] == having


def test_a_higher_step_has_the_higher_keys() -> None:
    dice = random.Random(7)
    for field in ("price_key", "listed_key"):
        values = sorted([*range(100), *(dice.randrange(1 << dice.randrange(1, 37)) for _ in range(2000))])
        steps = [step(field, value << NUMBER_BITS) for value in values]
        assert steps == sorted(steps)
