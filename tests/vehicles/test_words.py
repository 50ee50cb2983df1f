"""Whatever a shopper types finds the cars that she means, and no others."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path

import pytest

from app.vehicles.words import Vocabulary, understood
from tests.vehicles import words_stock
from tests.vehicles.words_stock import Car, agrees, meant

GOLD = tomllib.loads(Path(__file__).with_name("words_gold.toml").read_text(encoding="utf-8"))


@functools.cache
def stock() -> list[Car]:
    return words_stock.cars()


@functools.cache
def counted() -> Vocabulary:
    return words_stock.vocabulary(stock())


def found(q: str, vocabulary: Vocabulary) -> set[str]:
    groups = understood(q, vocabulary)
    return {f"{car.told['title']} {car.told['color']}" for car in stock() if agrees(car.tokens, groups)}


@pytest.mark.parametrize("kind", GOLD)
def test_every_query_of_the_gold_set_finds_exactly_the_cars_that_are_meant(kind: str) -> None:
    wrong = {}
    for q, conditions in GOLD[kind].items():
        wanted = {f"{car.told['title']} {car.told['color']}" for car in stock() if meant(car.told, conditions)}
        assert wanted or conditions == "none", f"{q}: no car of the stock is meant"
        if (got := found(q, counted())) != wanted:
            wrong[q] = f"missing {sorted(wanted - got)[:3]}, too many {sorted(got - wanted)[:3]}, read as {understood(q, counted())}"
    assert not wrong, "\n".join(f"{q}: {what}" for q, what in wrong.items())


def test_the_gold_set_is_large_enough_to_say_something() -> None:
    assert sum(map(len, GOLD.values())) >= 120
