"""Looks at how far a test of a journey is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.journeys import reasons
from app.journeys.graph import Graph
from app.journeys.models import INSIDE, JourneyVersion, Walk, WalkStep
from app.messaging.models import Send


def test_out(session: Session, walk: Walk) -> dict[str, Any]:
    """Where she stands, by which ways she may go on, and every step with what became of its message."""
    graph = Graph(session.get_one(JourneyVersion, walk.version_id).graph)
    taken = select(WalkStep, Send).outerjoin(Send, Send.id == WalkStep.send_id).where(WalkStep.walk_id == walk.id)
    inside = walk.status in INSIDE
    return {
        "walk_id": walk.id,
        "status": walk.status,
        "reason": reasons.of_walk(walk),
        "stands_on": _node(graph, walk.node_id) | {"due_at": walk.due_at} if inside else None,
        "ports": [{"port": port, "label": label} for port, label in graph.ports(walk.node_id).items()] if inside else [],
        "steps": [_step(graph, step, send) for step, send in session.execute(taken.order_by(WalkStep.visit_no))],
        "began_at": walk.created_at,
        "ended_at": walk.ended_at,
    }


def _node(graph: Graph, node_id: str) -> dict[str, Any]:
    kind = graph.kind(node_id)
    return {"node_id": node_id, "kind": kind.kind, "label": graph.label(node_id), "why": kind.summary(graph.config(node_id))}


def _step(graph: Graph, step: WalkStep, send: Send | None) -> dict[str, Any]:
    told: dict[str, Any] = {"arrived_at": step.arrived_at, "left_at": step.left_at, "port": step.port}
    told["port_label"] = graph.ports(step.node_id).get(step.port or "")
    told["skipped"] = reasons.in_words(step.skipped) if step.skipped else None
    told["message"] = None
    if send is not None:
        names = ("id", "channel", "template_key", "status", "delivery", "error_code")
        told["message"] = {name: getattr(send, name) for name in names}
    return _node(graph, step.node_id) | told
