"""Of what journeys are drawn: every kind of node, trigger and condition with the form of its settings, and the ready-made templates."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from app.journeys.errors import TemplateUnknown
from app.journeys.graph import node_kinds, trigger_kinds
from app.journeys.rules import Rules
from app.journeys.visits import Condition
from app.kit.forms import drawn
from app.kit.registry import kinds

_TEMPLATES = Path(__file__).parent.parent / "templates"


def palette() -> dict[str, Any]:
    """What the console offers to pick from. `ports` are those of a node whose settings are all left out, where it has such."""
    conditions: dict[str, type[Condition]] = kinds("app.journeys.conditions")
    return {
        "nodes": [
            {"kind": name, "label": one.label, "rests": one.rests, "acts": one.acts, "form": drawn(one.Config), "ports": _ports(one)}
            for name, one in sorted(node_kinds().items())
        ],
        "triggers": [{"kind": name, "label": one.label, "form": drawn(one.Config)} for name, one in sorted(trigger_kinds().items())],
        "conditions": [{"kind": name, "label": one.label, "form": drawn(one.Config)} for name, one in sorted(conditions.items())],
        "rules": drawn(Rules),
    }


def _ports(kind: Any) -> list[dict[str, str]] | None:
    try:
        ports = kind.ports(kind.Config().load({}))
    except ValidationError:
        return None
    return [{"port": port, "label": label} for port, label in ports.items()]


@functools.cache
def templates() -> dict[str, dict[str, Any]]:
    """The ready-made journeys by their key: {name, description, graph}."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(_TEMPLATES.glob("*.json"))}


def template(key: str) -> dict[str, Any]:
    """One of them. Raises `TemplateUnknown`."""
    found = templates().get(key)
    if found is None:
        raise TemplateUnknown
    return found
