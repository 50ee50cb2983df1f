"""Say what a part of a journey does, and which ways lead out of it, while somebody still fills in its settings."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.journeys.errors import KindUnknown
from app.journeys.graph import node_kinds, trigger_kinds
from app.journeys.visits import Condition, problems_of
from app.kit.registry import kinds

NODES, TRIGGERS, CONDITIONS = "nodes", "triggers", "conditions"
PARTS = (NODES, TRIGGERS, CONDITIONS)


def condition_kinds() -> dict[str, type[Condition]]:
    """Every kind of condition that a branch may ask, by its name."""
    return kinds("app.journeys.conditions")


def of_part(part: str) -> Mapping[str, Any]:
    """The kinds of nodes, triggers or conditions by their names."""
    found: dict[str, Mapping[str, Any]] = {NODES: node_kinds(), TRIGGERS: trigger_kinds(), CONDITIONS: condition_kinds()}
    return found[part]


def describe(session: Session, brand_id: uuid.UUID, *, part: str, kind: str, config: dict[str, Any]) -> dict[str, Any]:
    """Of settings as they stand: what is wrong with them ({field, message}); once nothing is, what it does in words, and a node's ports.

    What the brand has not is told beside the ports, and only then is there no summary. Raises `KindUnknown`.
    """
    known = of_part(part).get(kind)
    if known is None:
        raise KindUnknown(kind=kind)
    told: dict[str, Any] = {"part": part, "kind": kind, "label": known.label, "summary": None, "ports": None, "problems": []}
    if wrong := problems_of(known.Config, config):
        told["problems"] = [{"field": field, "message": message} for field, message in wrong]
        return told
    loaded = known.Config().load(config)
    if part == NODES:
        told["ports"] = [{"port": port, "label": label} for port, label in known.ports(loaded).items()]
    lacking = known.missing(session, brand_id, loaded) or []
    labels = {name: field.metadata.get("label", name) for name, field in known.Config().fields.items()}
    for name, message in [lacking] if isinstance(lacking, tuple) else lacking:
        told["problems"].append({"field": labels.get(name, name), "message": message})
    if not told["problems"]:
        told["summary"] = known.summary(loaded)
    return told
