"""No endpoint without a contract test: what a door offers, a test in this folder calls on that door."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable
from pathlib import Path

import app.wechat.client  # noqa: F401  # makes all doors
from app.wechat.endpoints import ENDPOINTS

HERE = Path(__file__).parent
# A service provider's door has the tests of WeChat Pay, with a shop of its own.
TESTS_OF = {"partner_pay": "pay"}


@functools.cache
def called(tests: str) -> frozenset[str]:
    """Every attribute that the tests of a kind of account name, as in `door.send_template`."""
    sources = [*HERE.glob(f"test_{tests}_*.py"), *HERE.glob(f"{tests}.py")]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sources]
    return frozenset(node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute))


def untried(endpoints: Iterable[str]) -> list[str]:
    """Those that no test of their kind of account calls."""
    named = (endpoint.partition(".") for endpoint in endpoints)
    return sorted(f"{door}.{method}" for door, _, method in named if method not in called(TESTS_OF.get(door, door)))


def test_every_endpoint_is_tried_against_the_simulator() -> None:
    assert len(ENDPOINTS) > 100
    assert untried(ENDPOINTS) == []


def test_an_endpoint_that_nobody_tries_would_be_found() -> None:
    assert untried(["mini_program.send_template", "service_account.send_template", "nobody.knows"]) == [
        "mini_program.send_template",
        "nobody.knows",
    ]
