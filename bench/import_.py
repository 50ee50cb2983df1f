"""The importer against a bare COPY of the same file into text columns: same server, same run."""

from __future__ import annotations

import csv
import json
import os
import random
import statistics
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from bench.report import Figure, Report
from dev.environment import REAL_DATA, ROOT, complete
from dev.testing import servers

REAL = REAL_DATA / "guazi_china_10cities_2021.csv"
ROUNDS = 3
MADE_UP_ROWS = 20_000
ROWS_PER_SECOND = 5000
HEADER = "title model_year new_price_wan ask_price_wan reg_year mileage_wan_km displacement gearbox defect_groups defects city"


@contextmanager
def database() -> Iterator[str]:
    """An empty database with our tables, and the process's settings pointing to it."""
    with tempfile.TemporaryDirectory() as folder, servers() as lent:
        name = f"marque_bench_{uuid.uuid4().hex[:12]}"
        url = lent.database_url.rsplit("/", 1)[0] + "/" + name
        with psycopg.connect(lent.database_url, autocommit=True) as server:
            server.execute(f'CREATE DATABASE "{name}"')
            given = os.environ | {"DATABASE_URL": url, "REDIS_URL": lent.redis_url, "LOG_LEVEL": "WARNING"}
            os.environ.update(complete(given, Path(folder), database_url=url, redis_url=lent.redis_url))
            try:
                from alembic import command
                from alembic.config import Config

                command.upgrade(Config(ROOT / "alembic.ini"), "head")
                yield url
            finally:
                from app.kit import db

                db.engine().dispose()
                server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def made_up(path: Path, cities: list[str]) -> Path:
    """A file of the same form with rows that nobody offers; for machines without the real one."""
    dice = random.Random(1)
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(HEADER.split())
        for number in range(MADE_UP_ROWS):
            year, price = dice.randint(2010, 2021), dice.uniform(5, 60)
            title = f"星河 X{dice.randint(1, 400)} {year}款 2.0T 自动{number % 97}型"
            figures = [f"{price:.2f}", f"{price * dice.uniform(0.2, 0.9):.2f}", year, f"{dice.uniform(0.1, 15):.2f}"]
            faults = [dice.randint(0, 12), dice.randint(0, 40)]
            lines.writerow([title, year, *figures, "2.0T", dice.choice(["自动", "手动"]), *faults, dice.choice(cities)])
    return path


def copied(url: str, path: Path) -> float:
    """Seconds that PostgreSQL needs for the bytes alone."""
    with path.open(encoding="utf-8") as file:
        columns = ", ".join(f"{name} text" for name in next(csv.reader(file)))
    with psycopg.connect(url) as connection:
        connection.execute(f"CREATE TEMPORARY TABLE bare ({columns})")
        started = time.perf_counter()
        with path.open("rb") as source, connection.cursor().copy("COPY bare FROM STDIN (FORMAT csv, HEADER)") as copy:
            while chunk := source.read(65536):
                copy.write(chunk)
        connection.commit()
        return time.perf_counter() - started


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    done = work()
    return time.perf_counter() - started, done


def imported(path: Path, places: list[dict[str, Any]]) -> tuple[float, float, Any, Counter[str]]:
    """Seconds for a brand without cars, seconds for the same file again, the first run, and how many rows it refused why."""
    from app.console.demo import people
    from app.dealers import service as dealers
    from app.kit import db
    from app.vehicles import mapping, service

    with db.transaction() as session:
        brand = dealers.found_brand(session, key=uuid.uuid4().hex, name="bench")
        people.place_stores(session, brand, places, random.Random(1))

    refused: Counter[str] = Counter()

    def take_over() -> Any:
        refused.clear()
        with db.transaction() as session:
            told = lambda _line, error: refused.update([f"{error.field} {error.reason}"])  # noqa: E731
            return service.take_over(session, brand.id, service.Feed(path, mapping.load("guazi"), refused=told))

    seconds, run = timed(take_over)
    again, _ = timed(take_over)
    return seconds, again, run, refused


def run() -> Report:
    """Each way a few times in turn; the medians, and why rows were rejected."""
    with tempfile.TemporaryDirectory() as folder, database() as url:
        from app.factory import assemble
        from app.vehicles.mapping import load

        assemble()
        places = json.loads((ROOT / "app/console/demo/parameters.json").read_text(encoding="utf-8"))["stores"]
        pinyin = list(load("guazi").fields["city"]["values"])
        path = REAL if REAL.exists() else made_up(Path(folder) / "made_up.csv", pinyin)
        rounds = [(copied(url, path), *imported(path, places)) for _ in range(ROUNDS)]
    copy, first, again = (statistics.median(one[at] for one in rounds) for at in range(3))
    last, rejected = rounds[-1][3:]
    figures = [
        Figure("importer", last.rows / first, "rows/s", at_least=ROWS_PER_SECOND),
        Figure("importer, same file again", last.rows / again, "rows/s"),
        Figure("bare COPY", last.rows / copy, "rows/s"),
        Figure("importer as share of the bare COPY", copy / first, "ratio"),
        Figure("rows", last.rows, "rows"),
        Figure("rejected rows", last.rejected, "rows"),
    ]
    what = "real listings" if path == REAL else "made-up rows, for the real listings are not here"
    reasons = [f"rejected: {count} × {reason}" for reason, count in rejected.most_common()]
    return Report(figures, [f"{path.name}: {what}; medians of {ROUNDS} rounds", *reasons])
