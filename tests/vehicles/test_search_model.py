"""Whatever is asked of it, the search finds the cars, the order and every count that plain Python finds in the same stock."""

from __future__ import annotations

import contextlib
import os
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.orm import Session

from app.kit.geo import Place
from app.kit.json import dumps, loads
from app.vehicles.queries import known
from app.vehicles.queries.asking import asked_for
from app.vehicles.queries.facets import told
from app.vehicles.queries.known import Known
from app.vehicles.queries.sql import Sql
from app.vehicles.search.engine import FACETS, Asked, Engine
from app.vehicles.search.folders import Folders
from app.vehicles.search.follower import Follower
from app.vehicles.search.index import Index
from tests.factories import dealers
from tests.vehicles import skewed
from tests.vehicles.brute import Question

EXAMPLES = int(os.environ.get("SEARCH_EXAMPLES", "100"))
CARS = 250


def asked_of(session: Session, town: skewed.Town, question: Question) -> Asked:
    """The question as engines take it, everything in one page and everything counted."""
    near = Place(*question.near) if question.near else None
    asked = asked_for(session, town.brand.id, question.filters, near=near, sort=question.sort, limit=CARS)
    return replace(asked, now=question.now, words=question.words, facets=FACETS, ranges=True)


def test_set_order_total_and_every_count_are_those_of_plain_python_in_the_index_and_in_sql(
    committed: Callable[[], Any], database: str, tmp_path: Path
) -> None:
    with committed() as session:
        town = skewed.build(session, dealers.brand(session), seed=2611, cars=CARS)
    with contextlib.closing(Follower(Folders(tmp_path), lambda: psycopg.connect(database, autocommit=True))) as follower:
        follower.look()
    dice = random.Random(EXAMPLES)
    empty = 0
    with committed() as session:
        brand = known.of_brand(session, town.brand.id)
        for example in range(EXAMPLES):
            question = skewed.question(dice, town)
            expected = Expected(town, question)
            empty += not expected.numbers
            asked = asked_of(session, town, question)
            for engine in (Index(tmp_path, away_seconds=1e9), Sql(session)):
                expected.holds_for(engine, asked, brand, dice=dice, said=f"example {example} by {type(engine).__name__}: {question}")
    assert empty < EXAMPLES / 2  # else the questions ask for nothing


class Expected:
    """What plain Python answers to a question."""

    def __init__(self, town: skewed.Town, question: Question) -> None:
        self.filters, self.numbers = question.filters, [car.number for car in town.stock.results(question)]
        self.facets, self.ranges = town.stock.facets(question), town.stock.ranges(question)
        self.histogram, self.by_shop = town.stock.histogram(question), town.stock.by_shop(question)

    def holds_for(self, engine: Engine, asked: Asked, brand: Known, *, dice: random.Random, said: str) -> None:
        hits = engine.find(asked)
        assert [number for _, number in hits.keys] == self.numbers, said
        assert hits.total == len(self.numbers), said
        counted = told(hits, brand, self.filters)
        values = {name: {row["value"]: row["count"] for row in rows} for name, rows in loads(dumps(counted.values)).items()}
        assert {name: values[name] for name in self.facets} == self.facets, said
        assert counted.ranges == self.ranges, said
        assert [bar["count"] for bar in counted.histogram["price"]] == self.histogram, said
        assert {brand.stores.by_number[number].id: cars for number, cars in engine.by_store(asked).items()} == self.by_shop, said
        _continues(engine, asked, hits.keys, dice)


def _continues(engine: Engine, asked: Asked, keys: list[tuple[int, int]], dice: random.Random) -> None:
    """After any car of the order comes the rest of it, and the total stays."""
    if keys:
        at, size = dice.randrange(len(keys)), dice.randint(1, 30)
        page = engine.find(replace(asked, after=keys[at], limit=size, facets=(), ranges=False))
        assert page.keys == keys[at + 1 : at + 2 + size]
        assert page.total == len(keys)
