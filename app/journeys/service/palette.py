"""Of what journeys are drawn: every kind of node, trigger and condition with the form of its settings, and the ready-made templates."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from app.events.catalogue import NAMES
from app.journeys.errors import TemplateUnknown
from app.journeys.graph import node_kinds, trigger_kinds
from app.journeys.lateness import Late
from app.journeys.rules import Rules
from app.journeys.service.describing import condition_kinds
from app.journeys.visits import event_label
from app.kit.forms import drawn
from app.kit.json_schemas import json_schema
from app.kit.registry import kinds
from app.kit.texts import t
from app.messaging import channels

_TEMPLATES = Path(__file__).parent.parent / "templates"


# In the order in which they are shown; a kind of another group comes last.
GROUPS = ("start", "message", "flow", "people", "staff", "outside", "question", "other")


def palette() -> dict[str, Any]:
    """What the console offers to pick from: of each kind its group, its form, and the same as JSON Schema.

    `ports` are those of a node whose settings are all left out, where it has such; others are told by `describing.describe`.
    """
    nodes = [
        _shown(name, one, one.group) | {"rests": one.rests, "acts": one.acts, "ports": _ports(one)}
        for name, one in sorted(node_kinds().items())
    ]
    return {
        "groups": [{"group": name, "label": t(f"journeys.groups.{name}")} for name in GROUPS],
        "nodes": nodes,
        "triggers": [_shown(name, one, "start") for name, one in sorted(trigger_kinds().items())],
        "conditions": [_shown(name, one, "question") for name, one in sorted(condition_kinds().items())],
        "rules": drawn(Rules),
        "schemas": {"rules": json_schema(Rules), "late": json_schema(Late)},
        "events": [{"value": name, "label": event_label(name)} for name in sorted(NAMES)],
        "channels": [{"value": name, "label": way.label, "to": way.to} for name, way in sorted(kinds(channels.__name__).items())],
    }


def _shown(name: str, kind: Any, group: str) -> dict[str, Any]:
    among = group if group in GROUPS else "other"
    return {"kind": name, "label": kind.label, "group": among, "form": drawn(kind.Config), "schema": json_schema(kind.Config)}


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
