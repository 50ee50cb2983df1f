"""Every refusal has a code of its own, a Chinese text, and a place in the API's description."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from typing import Any

import pytest

from app.kit import errors, texts
from app.kit.errors import AppError

# Refusals that no door gives: the verb is called by hand or by another domain, which has a refusal of its own for it;
# or the audience gives them before any door is reached, which every door describes as its 401.
UNDESCRIBED = {
    "audience.customer_unknown",
    "clock.backwards",
    "dealers.brand_unclear",
    "dealers.roster_refused",
    "exports.too_long",
    "identity.appid_unknown",
    "identity.customer_unknown",
    "identity.session_ended",
    "vehicles.feed_held",
    "vehicles.not_on_sale",
    "vehicles.not_sellable",
    "vehicles.plan_invalid",
    "wechat.account_missing",
}

GENERAL = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, AppError)}


def _refusals(kind: type[AppError] = AppError) -> Iterator[type[AppError]]:
    for one in kind.__subclasses__():
        if one.__module__.startswith("app."):
            yield one
        yield from _refusals(one)


@pytest.fixture
def refusals(app: Any) -> set[type[AppError]]:
    found = set(_refusals())
    assert len(found) > 30
    return found


def test_every_refusal_has_a_code_of_its_domain_and_no_two_share_one(refusals: set[type[AppError]]) -> None:
    """A refusal without a code of its own is one that must not be told from a general one."""
    codes: dict[str, type[AppError]] = {}
    for one in sorted((one for one in refusals - GENERAL if "code" in vars(one)), key=lambda kind: kind.__qualname__):
        assert re.fullmatch(r"[a-z]+\.[a-z_]+", one.code), one.code
        assert codes.setdefault(one.code, one) is one, one.code
        domain = one.__module__.split(".")[1]
        if domain != "kit":
            assert one.code.startswith(f"{domain}."), one.code
        assert not one.__name__.endswith(("Error", "Exception")), one.__name__


def test_every_refusal_has_a_chinese_text(refusals: set[type[AppError]]) -> None:
    missing = {one.code for one in refusals if not texts.has(f"errors.{one.code}")}
    assert missing == set()
    for one in refusals:
        assert re.search(r"[一-鿿]", texts.catalogue()[f"errors.{one.code}"]), one.code
        assert one.message.endswith("."), one.code


def test_no_chinese_text_is_for_a_refusal_that_does_not_exist(refusals: set[type[AppError]]) -> None:
    domains = {one.code.split(".")[0] for one in refusals - GENERAL}
    keys = {key.removeprefix("errors.") for key in texts.catalogue() if key.startswith("errors.")}
    own = {key for key in keys if key.split(".")[0] in domains and not key.startswith("request.")}
    assert own - {one.code for one in refusals} == set()


def test_every_text_can_be_filled_in() -> None:
    for key, value in texts.catalogue().items():
        for _, field, _, _ in string.Formatter().parse(value):
            assert field is None or re.fullmatch(r"[a-z_]+", field), key


def test_every_door_is_described_with_what_it_answers_and_refuses(app: Any) -> None:
    paths = app.spec["paths"]
    described = {(method.upper(), path) for path, operations in paths.items() for method in operations}
    doors = {
        (method, re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert doors - described == set()
    for path, operations in paths.items():
        for method, operation in operations.items():
            if not path.startswith("/api/"):
                continue
            where = f"{method} {path}"
            assert operation.get("summary"), where
            answers = operation["responses"]
            assert any(status.startswith(("2", "3")) for status in answers), where
            refused = {status: answer for status, answer in answers.items() if status.startswith(("4", "5"))}
            assert "500" in refused, where
            assert "401" in refused or path.startswith("/api/public/health"), where
            for status, answer in refused.items():
                assert answer["content"]["application/json"]["schema"], f"{where} {status}"


def test_every_refusal_of_a_domain_with_doors_is_described_at_one_of_them(app: Any, refusals: set[type[AppError]]) -> None:
    told = {
        code
        for operations in app.spec["paths"].values()
        for operation in operations.values()
        for answer in operation["responses"].values()
        for code in re.findall(r"`([a-z]+\.[a-z_]+)`", answer["description"])
    }
    domains = {code.split(".")[0] for code in told} - {"request", "auth"}
    silent = {one.code for one in refusals - GENERAL if one.code.split(".")[0] in domains} - told
    assert silent - UNDESCRIBED == set()
