"""The Chinese words for the keys of vehicles: states, colours, options, specifications."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from app.kit import texts
from app.vehicles import words


def label(kind: str, key: Any) -> str | None:
    """What people read for a key; a key that a feed brought and the catalogue does not know is its own label."""
    return None if key is None else _label(kind, key, texts.spoken())


@functools.lru_cache(maxsize=4096)
def _label(kind: str, key: Any, _language: str) -> str:
    name = f"vehicles.{kind}.{key}"
    return texts.t(name) if texts.has(name) else str(key)


def labelled(kind: str, key: Any) -> dict[str, str] | None:
    """{"key", "label"}, or None when the vehicle does not say."""
    return None if key is None else {"key": str(key), "label": label(kind, key) or str(key)}


def specifications(values: dict[str, Any]) -> list[dict[str, str]]:
    """Specifications with label and unit, in the catalogue's order; those it does not know come last, as they are."""
    known = [key.removeprefix("vehicles.specification.") for key in texts.catalogue() if key.startswith("vehicles.specification.")]
    ordered = [key for key in known if key in values] + sorted(key for key in values if key not in known)
    rows = []
    for key in ordered:
        name, _, unit = (label("specification", key) or key).partition("|")
        rows.append({"key": key, "label": name, "value": f"{values[key]} {unit}".strip()})
    return rows


def search_text(series: str, values: Mapping[str, Any]) -> str:
    """The words that a car is found by, parted by spaces: to be written anew whenever one of these columns is.

    `values` are the car's columns by name, of which title, model, trim, those of `words.VALUES`, options and specifications are read.
    """
    return " ".join(words.tokens_of(series, values.get("title"), values.get("model"), values.get("trim"), values=values))
