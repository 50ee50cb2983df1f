"""Searching twenty thousand and a million listings over HTTP, beside the engine alone, the same questions in SQL, and a trivial door."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count as counting
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
import psycopg

from bench import search_data
from bench.beside import platform
from bench.import_ import REAL
from bench.report import Figure, Report
from bench.search_client import Connection, Timed, shoppers
from bench.search_data import Place
from bench.search_mix import DOOR, Mix, asked_again, path
from dev.stack import Stack
from dev.testing import servers, wait_until
from dev.town import town
from miniprogram_mock.phone.wechat import WeChat

BRAND = "jiyao"
TRIVIAL = "/api/public/health"
AT_ONCE, READING_S = 20, 0.4
ROUNDS = 3
DEEP = 500
ORDERS = ("distance", "price_asc", "newest", "recommended")
CHANGED = 12
VISIBLE_S = 1.0
INDEXED_WITHIN_S, HEALTHY_WITHIN_S = 900, 300


@dataclass(frozen=True)
class Size:
    """How many cars, and what has to hold: ms, ms, % of the trivial door's requests, MB. No `cars`: the real listings, as given."""

    name: str
    cars: int
    first_page: float
    facets: float
    share: float
    memory: float


SIZES = (Size("20 k", 20_000, 15, 20, 20, 250), Size("1 M", 1_000_000, 30, 60, 12, 400))
REAL_SIZE = Size("real", 0, 15, 20, 20, 250)
SMALL = (Size("2 k", 2_000, 15, 20, 20, 250),)


@dataclass
class Bench:
    """A stack whose web has so many cars to search, and what was found so far."""

    stack: Stack
    size: Size
    requests: int
    headers: dict[str, str]
    brand_id: Any
    places: Sequence[Place]
    series: dict[str, int]
    figures: list[Figure] = field(default_factory=list)

    @property
    def address(self) -> str:
        return self.stack.web.removeprefix("http://")

    def tell(self, name: str, value: float, unit: str, **target: float) -> None:
        self.figures.append(Figure(f"{self.size.name}: {name}", value, unit, **target))

    def mix(self, seed: int) -> Mix:
        return Mix(self.places, self.series, seed)

    def asked(self, seed: int, count: int) -> list[dict[str, Any]]:
        mix = self.mix(seed)
        return [mix.first_page() for _ in range(count)]


def run(*, small: bool = False) -> Report:
    """Each size in turn on one stack: fill, index, measure."""
    sizes = SMALL if small else (SIZES[0], *([REAL_SIZE] if REAL.exists() else []), SIZES[1])
    figures: list[Figure] = []
    notes = [
        f"web, indexer, PostgreSQL and Valkey as in the Procfile; they share {os.cpu_count()} cores with the shoppers",
        f"stock: {search_data.STORES:,} stores, made from figures about real listings; PostgreSQL of the tests, without fsync",
        f"reading: {AT_ONCE} shoppers, each about {READING_S * 1000:g} ms between two questions",
        f"without a pause: {AT_ONCE} connections, each of which asks as soon as it is answered",
        "engine alone: the index in one process, one question after the other, without HTTP and without reading the page's rows",
        "SQL: the statements of the fallback in one connection, one after the other",
        f"trivial door: {TRIVIAL}",
    ]
    with tempfile.TemporaryDirectory() as folder, servers() as lent, town(Path(folder), lent.database_url) as stack, platform(stack):
        stack.restart("valkey")
        stack.restart("simulator")
        stack.wait_healthy(HEALTHY_WITHIN_S)
        for size in sizes:
            bench, said = _ready(stack, size, requests=100 if small else 1000)
            notes += said
            _measure(bench)
            figures += bench.figures
    return Report(figures, notes)


def _ready(stack: Stack, size: Size, *, requests: int) -> tuple[Bench, list[str]]:
    """Fill the stock, count its words, index it, and start the web on it."""
    from app.kit import db
    from app.vehicles import service
    from app.vehicles.queries import known

    for name in ("web", "indexer"):
        stack.kill(name)
    shutil.rmtree(stack.env["SEARCH_DIR"], ignore_errors=True)
    started = time.perf_counter()
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as connection:
        (brand_id,) = connection.execute("SELECT id FROM brands WHERE key = %s", [BRAND]).fetchone() or ()
        places = search_data.fill(connection, brand_id, size.cars)
        if not size.cars:
            stack.flask("vehicles", "import", str(REAL), "--dealer", "by-city", "--mapping", "guazi", "--brand", BRAND)
        counted = "SELECT m.key, count(*) FROM vehicles v JOIN model_series m ON m.id = v.series_id WHERE v.status <> 'sold' GROUP BY m.key"
        series = dict(connection.execute(counted).fetchall())
    filled = time.perf_counter() - started
    with db.transaction() as session:
        service.count_words(session, brand_id)
    known.forget()
    worded = time.perf_counter() - started - filled
    stack.restart("indexer")
    bench = Bench(stack, size, requests, {"X-Appid": WeChat(stack.simulator).mini_program}, brand_id, places, series)
    total = sum(series.values())
    wait_until(lambda: _indexed(bench) == total, INDEXED_WITHIN_S, f"not {total} cars in the index")
    indexed = time.perf_counter() - started - filled - worded
    stack.restart("web")
    stack.wait_healthy(HEALTHY_WITHIN_S)
    said = f"{size.name}: {total:,} cars; filled in {filled:.0f} s, words counted in {worded:.0f} s, indexed in {indexed:.0f} s"
    return bench, [said]


def _engine(bench: Bench) -> Any:
    from app.vehicles.search.index import Index

    return Index(Path(bench.stack.env["SEARCH_DIR"]), away_seconds=60)


def _indexed(bench: Bench) -> int:
    """How many cars the index has; -1 while there is none."""
    from app.vehicles.search.engine import IndexAway

    try:
        return int(_engine(bench).find(_resolved(bench, {})).total)
    except IndexAway:
        return -1


def _resolved(bench: Bench, asked: dict[str, Any], **more: Any) -> Any:
    """A search as engines take it."""
    from dataclasses import replace

    from app.kit import db
    from app.kit.geo import Place as Spot
    from app.vehicles.queries import Sort, filters_of
    from app.vehicles.queries.asking import asked_for

    near = Spot(asked["lat"], asked["lng"]) if "lat" in asked else None
    filters = filters_of({name: value for name, value in asked.items() if name not in ("lat", "lng", "sort")})
    with db.transaction() as session:
        made = asked_for(session, bench.brand_id, filters, near=near, sort=Sort(asked["sort"]) if "sort" in asked else None)
    return replace(made, **more)


def _measure(bench: Bench) -> None:
    shoppers(bench.address, bench.headers, [path(one, facets=True) for one in bench.asked(1, 60)], at_once=4)
    _reading(bench)
    _without_a_pause(bench)
    _beside(bench)
    _deep(bench)
    _changes(bench)
    _suggestions(bench)
    _memory(bench)


def _reading(bench: Bench) -> None:
    """Twenty shoppers who read what they find."""
    for seed, facets, name, most in (
        (2, False, "first page", bench.size.first_page),
        (3, True, "with facets and total", bench.size.facets),
    ):
        asked = bench.asked(seed, bench.requests)
        timed = _shop(bench, [path(one, facets=facets) for one in asked], pause=READING_S)
        bench.tell(f"{name}, {AT_ONCE} shoppers reading: p95", timed.at_ms(0.95), "ms", at_most=most)
        bench.tell(f"{name}, {AT_ONCE} shoppers reading: p50", timed.at_ms(0.5), "ms")
    bench.tell("questions whose counts were asked for before", 100 * asked_again(asked), "%")


def _without_a_pause(bench: Bench) -> None:
    """Twenty connections that ask as fast as they are answered, by turns with the trivial door."""
    kinds: dict[str, list[Timed]] = {"trivial": [], "first page": [], "with facets and total": []}
    for turn in range(ROUNDS):
        for name, timed in kinds.items():
            asked = bench.asked(10 + turn, bench.requests // 2)
            paths = [TRIVIAL] * len(asked) if name == "trivial" else [path(one, facets=name != "first page") for one in asked]
            timed.append(_shop(bench, paths))
    rate = {name: sum(len(one.took) for one in timed) / sum(one.seconds for one in timed) for name, timed in kinds.items()}
    for name, timed in kinds.items():
        whole = Timed([took for one in timed for took in one.took], 1)
        bench.tell(f"{name}, {AT_ONCE} connections without a pause: p95", whole.at_ms(0.95), "ms")
        bench.tell(f"{name}, {AT_ONCE} connections without a pause", rate[name], "1/s")
        if name != "trivial":
            target = {"at_least": bench.size.share} if name == "first page" else {}
            bench.tell(f"{name}: requests, share of the trivial door's", 100 * rate[name] / rate["trivial"], "%", **target)


def _shop(bench: Bench, paths: Sequence[str], *, pause: float = 0.0) -> Timed:
    return shoppers(bench.address, bench.headers, paths, at_once=AT_ONCE, pause=pause)


def _beside(bench: Bench) -> None:
    """The same questions to the engine alone, and in SQL."""
    from app.kit import db
    from app.vehicles.queries.sql import Sql
    from app.vehicles.search.engine import FACETS

    engine = _engine(bench)
    first = [_resolved(bench, one) for one in bench.asked(2, min(300, bench.requests))]
    facets = [_resolved(bench, one, facets=FACETS, ranges=True) for one in bench.asked(3, min(300, bench.requests))]
    for name, asked in (("first page", first), ("with facets and total", facets)):
        took = _one_by_one(engine.find, asked)
        bench.tell(f"{name}, engine alone: p50", took.at_ms(0.5), "ms")
        bench.tell(f"{name}, engine alone: p95", took.at_ms(0.95), "ms")
    few = 10 if bench.size.cars > 100_000 else 60
    with db.transaction() as session:
        for name, asked in (("first page", first[: 3 * few]), ("with facets and total", facets[:few])):
            took = _one_by_one(Sql(session).find, asked)
            bench.tell(f"{name}, SQL: p50", took.at_ms(0.5), "ms")
            bench.tell(f"{name}, SQL: p95", took.at_ms(0.95), "ms")


def _one_by_one(find: Callable[[Any], Any], asked: Sequence[Any]) -> Timed:
    took = []
    for one in asked:
        started = time.perf_counter()
        find(one)
        took.append(time.perf_counter() - started)
    return Timed(took, sum(took))


def _deep(bench: Bench) -> None:
    """A page far down against the first one, by turns, in every order."""
    connection, ratios = Connection(bench.address, bench.headers), []
    page = min(DEEP, sum(bench.series.values()) // 20 - 1)
    for order in ORDERS:
        asked = bench.mix(20).near() | {"sort": order, "limit": 20}
        first = path(asked, facets=False)
        address = first
        for _ in range(page - 1):
            cursor = json.loads(connection.get(address))["next_cursor"]
            address = f"{first}&{urlencode({'cursor': cursor})}"
        both: dict[str, list[float]] = {first: [], address: []}
        for _ in range(40):
            for one, took in both.items():
                started = time.perf_counter()
                connection.get(one)
                took.append(time.perf_counter() - started)
        ratios.append(statistics.median(both[address]) / statistics.median(both[first]))
    bench.tell(f"page {page} against page 1, medians, in the worst of {len(ORDERS)} orders", max(ratios), "x", at_most=1.3)


def _changes(bench: Bench) -> None:
    """From the commit of a change to the first answer that knows it, while twenty shoppers read."""
    over = threading.Event()
    seeds = counting(30)

    def others() -> None:
        while not over.is_set():
            _shop(bench, [path(one, facets=True) for one in bench.asked(next(seeds), 100)], pause=READING_S)

    crowd = threading.Thread(target=others)
    crowd.start()
    try:
        took = _seen(bench)
    finally:
        over.set()
        crowd.join()
    for name, seconds in took.items():
        bench.tell(f"{name}, from its commit to the answer: median", statistics.median(seconds) * 1000, "ms")
        bench.tell(f"{name}, from its commit to the answer: longest of {len(seconds)}", max(seconds), "s", at_most=VISIBLE_S)


def _seen(bench: Bench) -> dict[str, list[float]]:
    connection = Connection(bench.address, bench.headers)
    took: dict[str, list[float]] = {"a new price": [], "reserved": [], "sold": []}
    with psycopg.connect(bench.stack.env["DATABASE_URL"], autocommit=True) as stock:
        cars = stock.execute("SELECT id FROM vehicles WHERE status = 'listed' ORDER BY md5(id::text) LIMIT %s", [CHANGED]).fetchall()
        for number, (car,) in enumerate(cars):
            price = 8_765_432_100 + number
            address = path({"price_min_fen": price, "price_max_fen": price, "limit": 1}, facets=False)

            def status(address: str = address) -> str | None:
                found = json.loads(connection.get(address))
                return found["items"][0]["status"]["key"] if found["total"] and found["items"] else None

            for name, change, values, wanted in (
                ("a new price", "price_fen = %s", [price], "listed"),
                ("reserved", "status = 'reserved'", [], "reserved"),
                ("sold", "status = 'sold'", [], None),
            ):
                stock.execute(f"UPDATE vehicles SET {change} WHERE id = %s", [*values, car])
                committed = time.perf_counter()
                while status() != wanted and time.perf_counter() - committed < 30:
                    time.sleep(0.002)
                took[name].append(time.perf_counter() - committed)
    return took


def _suggestions(bench: Bench) -> None:
    mix = bench.mix(40)
    typed = [f"{DOOR}suggestions?{urlencode({'q': mix.typed()})}" for _ in range(min(200, bench.requests))]
    timed = shoppers(bench.address, bench.headers, typed, at_once=1)
    bench.tell("suggestions, one after the other: p50", timed.at_ms(0.5), "ms")
    bench.tell("suggestions, one after the other: p95", timed.at_ms(0.95), "ms")


def _memory(bench: Bench) -> None:
    """What each web process holds after all that: its share of what several hold, and everything that it has mapped."""
    (master,) = bench.stack.running["web"]
    told = [_rollup(child.pid) for child in psutil.Process(master.pid).children(recursive=True)]
    for name in ("Pss", "Rss"):
        bench.tell(f"memory of a web process, {name.upper()}", max(one[name] for one in told) / 1024, "MB", at_most=bench.size.memory)
    (indexer,) = bench.stack.running["indexer"]
    bench.tell("memory of the indexer, PSS", _rollup(indexer.pid)["Pss"] / 1024, "MB")


def _rollup(pid: int) -> dict[str, int]:
    """kB by name."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) for line in lines}
