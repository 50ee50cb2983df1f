"""Every fact is in the catalogue, and people can read it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from app.events import service
from app.events.catalogue import NAMES
from app.kit import texts
from tests.house.sources import called, modules

RECORDERS = ("record", "record_all", "events.record", "events.record_all", "service.record")


def _names_written_out() -> Iterator[tuple[str, str]]:
    """(path, name) of every event name that is recorded, or listened to, in so many words."""
    for path, tree in modules("app"):
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = called(node)
            given = node.args[1:2] if name in RECORDERS else node.args if name in ("on", "service.on", "events.on") else []
            for one in given:
                if isinstance(one, ast.Constant) and isinstance(one.value, str) and "." in one.value:
                    yield path, one.value


def test_every_event_that_is_recorded_or_heard_is_in_the_catalogue() -> None:
    found = list(_names_written_out())
    assert len(found) > 20
    assert [(path, name) for path, name in found if name not in NAMES] == []


def test_every_event_has_its_form_its_sentence_and_its_chinese_label() -> None:
    labels = {key.removeprefix("events.") for key in texts.catalogue() if key.startswith("events.")}
    assert labels == set(NAMES)
    for name, sentence in NAMES.items():
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", name)
        assert sentence.endswith(".")
        assert re.search(r"[一-鿿]", texts.t(f"events.{name}")), name


def test_every_handler_is_one_of_a_domain(app: Any) -> None:
    for key, handler in service.handlers().items():
        assert handler.__module__.startswith("app."), key
        assert key.split(".")[0] in handler.__module__.split(".")
