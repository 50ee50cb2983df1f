"""Whatever is asked of it, the search finds the cars, the order and every count that plain Python finds in the same stock."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.kit.geo import Place
from app.vehicles.queries import known
from app.vehicles.queries.asking import asked_for
from app.vehicles.queries.facets import told
from app.vehicles.queries.sql import Sql
from app.vehicles.search.engine import FACETS, Asked, Engine
from tests.vehicles import skewed
from tests.vehicles.brute import Question

EXAMPLES = int(os.environ.get("SEARCH_EXAMPLES", "150"))
CARS = 250


@pytest.fixture
def town(session: Session, brand: Brand) -> skewed.Town:
    return skewed.build(session, brand, seed=2611, cars=CARS)


def asked_of(session: Session, town: skewed.Town, question: Question) -> Asked:
    """The question as engines take it, everything in one page and everything counted."""
    near = Place(*question.near) if question.near else None
    asked = asked_for(session, town.brand.id, question.filters, near=near, sort=question.sort, limit=CARS)
    return replace(asked, now=question.now, words=question.words, facets=FACETS, ranges=True)


@pytest.fixture
def engine(session: Session, town: skewed.Town) -> Engine:
    return Sql(session)


def test_set_order_total_and_every_count_are_those_of_plain_python(session: Session, town: skewed.Town, engine: Engine) -> None:
    dice = random.Random(EXAMPLES)
    empty = 0
    for example in range(EXAMPLES):
        question = skewed.question(dice, town)
        asked = asked_of(session, town, question)
        hits = engine.find(asked)
        expected = town.stock.results(question)
        said = f"example {example}: {question}"
        empty += not expected
        assert [number for _, number in hits.keys] == [car.number for car in expected], said
        assert hits.total == len(expected), said
        counted = told(hits, known.of_brand(session, town.brand.id), question.filters)
        values = {name: {row["value"]: row["count"] for row in rows} for name, rows in counted.values.items()}
        wanted = town.stock.facets(question)
        assert {name: values[name] for name in wanted} == wanted, said
        assert counted.ranges == town.stock.ranges(question), said
        assert [bar["count"] for bar in counted.histogram["price"]] == town.stock.histogram(question), said
        _continues(engine, asked, hits.keys, dice)
        shops = {shop.id: shop for shop in town.stock.shops}
        by_number = known.of_brand(session, town.brand.id).stores.by_number
        there: dict[Any, tuple[int, int]] = {by_number[number].id: cars for number, cars in engine.by_store(asked).items()}
        assert there == town.stock.by_shop(question), said
        assert there.keys() <= shops.keys()
    assert empty < EXAMPLES / 2  # else the questions ask for nothing


def _continues(engine: Engine, asked: Asked, keys: list[tuple[int, int]], dice: random.Random) -> None:
    """After any car of the order comes the rest of it, and the total stays."""
    if keys:
        at, size = dice.randrange(len(keys)), dice.randint(1, 30)
        page = engine.find(replace(asked, after=keys[at], limit=size, facets=(), ranges=False))
        assert page.keys == keys[at + 1 : at + 2 + size]
        assert page.total == len(keys)
