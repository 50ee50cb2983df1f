"""What a journey's graph looks like, and what must hold before one is published.

{
    "triggers": [{"kind": "event", "config": {"event": "tag.added", "where": {"tag": "deposit_paid"}}}, …],   each of them lets people in
    "rules": {"reentry": {"mode": "once"}, "exit_on": [{"event": "order.cancelled"}], …},   may be left out; all of them are in `rules.py`
    "start": "thanks",
    "nodes": [{"id": "thanks", "kind": "send_message", "label": "…", "config": {…}}, …],     the label may be left out
    "edges": [{"from": "thanks", "port": "done", "to": "pause"}, …]                           one for every port of every node
}
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.journeys.arrivals import Heard, Trigger
from app.journeys.lateness import Late
from app.journeys.rules import Rules
from app.journeys.visits import Node, problems_of
from app.kit.registry import kinds
from app.kit.texts import t

TRIGGER = "trigger"
MAX_NODES, MAX_EDGES, MAX_TRIGGERS = 200, 4_000, 10
_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")

Problem = dict[str, str | None]


def node_kinds() -> dict[str, type[Node]]:
    """Every kind of node by its name."""
    return kinds("app.journeys.nodes")


def trigger_kinds() -> dict[str, type[Trigger]]:
    """Every kind of trigger by its name."""
    return kinds("app.journeys.triggers")


class Graph:
    """A graph that was found sound."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.raw = raw
        self._nodes = {node["id"]: node for node in raw["nodes"]}
        self._ways = {(edge["from"], edge["port"]): edge["to"] for edge in raw["edges"]}

    @functools.cached_property
    def rules(self) -> dict[str, Any]:
        """As `Rules` loads them: whatever is left out is there as well."""
        loaded: dict[str, Any] = Rules().load(self.raw.get("rules", {}))
        return loaded

    @functools.cached_property
    def triggers(self) -> list[tuple[type[Trigger], dict[str, Any]]]:
        """Kind and settings of each trigger, in their order."""
        found = ((trigger_kinds()[one["kind"]], one.get("config", {})) for one in self.raw["triggers"])
        return [(kind, kind.Config().load(config)) for kind, config in found]

    def hears(self) -> set[str]:
        """The events that let people in."""
        return {name for kind, config in self.triggers if issubclass(kind, Heard) for name in kind.hears(config)}

    def exits(self) -> set[str]:
        """The events that may end a walk at once."""
        return {one["event"] for one in self.rules["exit_on"]}

    def kind(self, node_id: str) -> type[Node]:
        return node_kinds()[self._nodes[node_id]["kind"]]

    def config(self, node_id: str) -> dict[str, Any]:
        """The node's settings, as its kind loads them."""
        loaded: dict[str, Any] = self.kind(node_id).Config().load(self._nodes[node_id].get("config", {}))
        return loaded

    def late(self, node_id: str) -> dict[str, Any] | None:
        """What becomes of those who come to the node too late, as `lateness.Late` loads it; None where nobody has said so."""
        raw = self._nodes[node_id].get("late")
        return None if raw is None else dict(Late().load(raw))

    def ports(self, node_id: str) -> Mapping[str, str]:
        return self.kind(node_id).ports(self.config(node_id))

    def ways(self, node_id: str) -> dict[str, str]:
        """Where each port of a node leads."""
        return {port: self.next(node_id, port) for port in self.ports(node_id)}

    def awaits(self) -> set[str]:
        """The events that somebody on some node may wait for."""
        return {name for node_id in self._nodes for name in self.kind(node_id).awaits(self.config(node_id))}

    def node_ids(self) -> Sequence[str]:
        return list(self._nodes)

    def label(self, node_id: str) -> str:
        return self._nodes[node_id].get("label") or self.kind(node_id).label

    def next(self, node_id: str, port: str) -> str:
        """Where a port leads."""
        return self._ways[node_id, port]


def problems(raw: Any) -> list[Problem]:
    """All that keeps a graph from being published, for people: the node (its label and id), the field, and what is wrong. Empty: sound."""
    try:
        found = list(_of_form(raw)) or [*_of_triggers(raw), *_of_rules(raw), *_of_nodes(raw)] or list(_of_edges(raw)) or list(_of_ways(raw))
    except (KeyError, TypeError, AttributeError, RecursionError):
        return [_problem("not_a_graph")]
    return found


def _problem(key: str, *, node: str | None = None, field: str | None = None, **values: Any) -> Problem:
    return {"node": node, "field": field, "message": t(f"journeys.problems.{key}", node=node, field=field, **values)}


def _of_form(raw: dict[str, Any]) -> Iterator[Problem]:
    if not all(isinstance(node["id"], str) and isinstance(node["kind"], str) for node in raw["nodes"]):
        yield _problem("not_a_graph")
    if not all(isinstance(edge[end], str) for edge in raw["edges"] for end in ("from", "port", "to")):
        yield _problem("not_a_graph")
    if not raw["nodes"] or len(raw["nodes"]) > MAX_NODES:
        yield _problem("node_count", most=MAX_NODES)
    if len(raw["edges"]) > MAX_EDGES:
        yield _problem("edge_count", most=MAX_EDGES)


def _of_triggers(raw: dict[str, Any]) -> Iterator[Problem]:
    named = t("journeys.trigger")
    if not isinstance(raw["triggers"], list) or not 0 < len(raw["triggers"]) <= MAX_TRIGGERS:
        yield _problem("trigger_count", field=named, most=MAX_TRIGGERS)
        return
    for trigger in raw["triggers"]:
        kind = trigger_kinds().get(trigger["kind"])
        if kind is None:
            yield _problem("field", field=named, message=t("journeys.problems.unknown_trigger", kind=trigger["kind"]))
            continue
        for field, message in problems_of(kind.Config, trigger.get("config", {})):
            yield _problem("field", field=named, message=t("journeys.problems.part", field=field, message=message))


def _of_rules(raw: dict[str, Any]) -> Iterator[Problem]:
    for field, message in problems_of(Rules, raw.get("rules", {})):
        yield _problem("field", field=field, message=message)


def named(node: dict[str, Any]) -> str:
    """How a message names a node: its label when it has one, and its id."""
    return f"{node['label']}（{node['id']}）" if node.get("label") else str(node["id"])


def _of_nodes(raw: dict[str, Any]) -> Iterator[Problem]:
    seen: set[str] = set()
    for node in raw["nodes"]:
        name = named(node)
        if not _ID.fullmatch(node["id"]) or node["id"] == TRIGGER:
            yield _problem("node_id", node=name)
        if node["id"] in seen:
            yield _problem("node_twice", node=name)
        seen.add(node["id"])
        kind = node_kinds().get(node["kind"])
        if kind is None:
            yield _problem("unknown_kind", node=name, kind=node["kind"])
            continue
        late = problems_of(Late, node["late"]) if node.get("late") is not None else []
        for field, message in [*problems_of(kind.Config, node.get("config", {})), *late]:
            yield _problem("field_of_node", node=name, field=field, message=message)


def _of_edges(raw: dict[str, Any]) -> Iterator[Problem]:
    nodes = {node["id"]: node for node in raw["nodes"]}
    ways = {node_id: _ports(node) for node_id, node in nodes.items()}
    wired: set[tuple[str, str]] = set()
    if raw["start"] not in nodes:
        yield _problem("no_start")
    for edge in raw["edges"]:
        source = nodes.get(edge["from"])
        if source is None or edge["to"] not in nodes:
            yield _problem("edge_to_nowhere", node=edge["from"], to=edge["to"])
            continue
        if edge["port"] not in ways[edge["from"]]:
            yield _problem("unknown_port", node=named(source), port=edge["port"])
        if (edge["from"], edge["port"]) in wired:
            yield _problem("port_twice", node=named(source), port=ways[edge["from"]].get(edge["port"], edge["port"]))
        wired.add((edge["from"], edge["port"]))
    for node in raw["nodes"]:
        for port, label in ways[node["id"]].items():
            if (node["id"], port) not in wired:
                yield _problem("port_open", node=named(node), port=label)


def _ports(node: dict[str, Any]) -> Mapping[str, str]:
    """Of a node whose settings were found sound."""
    kind = node_kinds()[node["kind"]]
    return kind.ports(kind.Config().load(node.get("config", {})))


def _of_ways(raw: dict[str, Any]) -> Iterator[Problem]:
    """Everybody gets everywhere that is drawn, comes to an end, and never runs in a circle on which no time passes."""
    nodes = {node["id"]: node for node in raw["nodes"]}
    onwards: dict[str, set[str]] = {node_id: set() for node_id in nodes}
    backwards: dict[str, set[str]] = {node_id: set() for node_id in nodes}
    for edge in raw["edges"]:
        onwards[edge["from"]].add(edge["to"])
        backwards[edge["to"]].add(edge["from"])
    reached = _reach({raw["start"]}, onwards)
    ending = _reach({node_id for node_id, ways in onwards.items() if not ways}, backwards)
    restless = {
        node_id: {other for other in onwards[node_id] if not node_kinds()[nodes[other]["kind"]].rests}
        for node_id in nodes
        if not node_kinds()[nodes[node_id]["kind"]].rests
    }
    for node_id, node in nodes.items():
        if node_id not in reached:
            yield _problem("unreachable", node=named(node))
        if node_id not in ending:
            yield _problem("no_end", node=named(node))
        if node_id in restless and node_id in _reach(restless[node_id], restless):
            yield _problem("circle", node=named(node))


def _reach(start: set[str], ways: dict[str, set[str]]) -> set[str]:
    reached, fresh = set(start), list(start)
    while fresh:
        for other in ways[fresh.pop()] - reached:
            reached.add(other)
            fresh.append(other)
    return reached
