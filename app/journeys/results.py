"""What journeys led to, read from what was counted while people walked: a few rows for each node, however many people there are."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import case, func, select, union_all
from sqlalchemy.orm import Session

from app.journeys import proportions, reasons
from app.journeys.errors import VersionUnknown
from app.journeys.graph import TRIGGER, Graph
from app.journeys.models import Conversion, Experiment, Journey, JourneyCount, JourneyMessageChange, JourneyVersion, Tried
from app.journeys.visits import event_label
from app.kit.texts import t

MESSAGES = ("sent", "delivered", "failed", "not_sent", "clicked")
FIGURES = ("entered", "waiting", "passed", "finished", "exited", "moved", "stuck", "skipped", "converted", *MESSAGES)
# Of what is counted at a node the figures that are told with their details.
_BY = {"left": "passed", "exited": "exited", "skipped": "skipped", "failed": "failed", "not_sent": "not_sent"}
MERGED = "customer.merged"


def versions(session: Session, journey: Journey, number: int | None = None) -> Sequence[JourneyVersion]:
    """The versions of a journey, the oldest first, or the one of that number. Raises `VersionUnknown`."""
    wanted = select(JourneyVersion).where(JourneyVersion.journey_id == journey.id).order_by(JourneyVersion.number)
    if number is not None:
        wanted = wanted.where(JourneyVersion.number == number)
    found = session.execute(wanted).scalars().all()
    if number is not None and not found:
        raise VersionUnknown
    return found


def figures(session: Session, version_ids: Collection[uuid.UUID]) -> dict[str, dict[str, Any]]:
    """By node, over these versions: `FIGURES`, and under `by` those that have ports or reasons, by these.

    waiting: stands there and goes on; stuck: stands there and does not. At the trigger: who was let in, and who was left out, by why.
    """
    times: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    # What became of messages within the last seconds is not added to the counts yet; both in one statement, so that nothing is in neither.
    both = union_all(
        *(
            select(one.node_id, one.what, one.detail, one.times).where(one.version_id.in_(version_ids))
            for one in (JourneyCount, JourneyMessageChange)
        )
    ).subquery()
    told = select(both.c.node_id, both.c.what, both.c.detail, func.sum(both.c.times))
    for node_id, what, detail, some in session.execute(told.group_by(both.c.node_id, both.c.what, both.c.detail)):
        times[node_id][what, detail] = int(some)
    return {node_id: _trigger(told) if node_id == TRIGGER else _node(told) for node_id, told in times.items()}


def inside(session: Session, journey: Journey) -> dict[uuid.UUID, int]:
    """How many people stand in each version, stuck or not; versions in which nobody stands are left out."""
    what, times = JourneyCount.what, JourneyCount.times
    there = func.sum(case((what == "entered", times), (what.in_(("left", "finished", "exited", "moved")), -times), else_=0))
    counted = select(JourneyCount.version_id, there).join(JourneyVersion, JourneyVersion.id == JourneyCount.version_id)
    counted = counted.where(JourneyVersion.journey_id == journey.id, JourneyCount.node_id != TRIGGER).group_by(JourneyCount.version_id)
    return {version_id: int(people) for version_id, people in session.execute(counted.having(there > 0))}


def _sum(told: Counter[tuple[str, str]], *whats: str) -> int:
    return sum(some for (what, _), some in told.items() if what in whats)


def _node(told: Counter[tuple[str, str]]) -> dict[str, Any]:
    stuck = _sum(told, "stuck") - _sum(told, "freed")
    found: dict[str, Any] = {one: _sum(told, one) for one in ("entered", "finished", "exited", "moved", "skipped", *MESSAGES)}
    found |= {"passed": _sum(told, "left"), "stuck": stuck, "converted": told["converted", ""]}
    gone = sum(found[one] for one in ("passed", "finished", "exited", "moved"))
    return found | {"waiting": found["entered"] - gone - stuck, "by": _by(told)}


def _trigger(told: Counter[tuple[str, str]]) -> dict[str, Any]:
    entered = told["let_in", ""]
    by = {"left_out": {detail: some for (what, detail), some in sorted(told.items()) if what == "left_out"}}
    more = {"held_out": told["held_out", ""] - told["unheld", ""], "left_out": _sum(told, "left_out"), "moved_in": told["moved_in", ""]}
    more["held_out_converted"] = told["converted", "held_out"]
    return dict.fromkeys(FIGURES, 0) | {"entered": entered, "passed": entered, "converted": told["converted", ""]} | more | {"by": by}


def _by(told: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    by: dict[str, dict[str, int]] = defaultdict(dict)
    for (what, detail), some in sorted(told.items()):
        if what in _BY and some:
            by[_BY[what]][detail] = some
    return dict(by)


def share(happened: int, people: int) -> dict[str, Any]:
    """A share with the interval in which it is at 95 %; `enough` is whether it says anything yet."""
    happened, people = max(happened, 0), max(people, 0)
    low, high = proportions.share(min(happened, people), people)
    rate = min(happened, people) / people if people else None
    return {"happened": happened, "people": people, "share": rate, "low": low, "high": high, "enough": people >= proportions.ENOUGH}


def difference(of: dict[str, Any], against: dict[str, Any]) -> dict[str, Any]:
    """How much more often it happened to the first than to the other; `sure` once none is no more in the interval."""
    pairs = [(min(one["happened"], one["people"]), one["people"]) for one in (of, against)]
    low, high = proportions.difference(*pairs)
    told = None if of["share"] is None or against["share"] is None else of["share"] - against["share"]
    enough = of["enough"] and against["enough"]
    return {"difference": told, "low": low, "high": high, "enough": enough, "sure": enough and (low > 0 or high < 0)}


def goal(found: dict[str, dict[str, Any]], *, moved_in: bool, comparable: bool = True) -> dict[str, Any]:
    """How many of those who were let in reached the goal, how many of the control group, and what the journey made of it.

    Two profiles that turned out to be one person are counted as one. `moved_in` counts those in who came from another version.
    `comparable` is whether the control group can reach it, too.
    """
    trigger = found.get(TRIGGER, {})
    merged = sum(told["by"].get("exited", {}).get(MERGED, 0) for told in found.values())
    people = trigger.get("entered", 0) + (trigger.get("moved_in", 0) if moved_in else 0) - merged
    walked = share(sum(told["converted"] for told in found.values()), people)
    control = share(trigger.get("held_out_converted", 0), trigger.get("held_out", 0))
    return {"walked": walked, "control": control, "lift": difference(walked, control) if control["people"] and comparable else None}


def conversions_by_port(session: Session, version_id: uuid.UUID, node_id: str) -> dict[str, tuple[int, int]]:
    """Of those who were sent each way while a test was open: (how many, how many of them reached the goal of the journey afterwards)."""
    told = select(Tried.port, func.count(), func.count(Conversion.walk_id))
    reached = (Conversion.walk_id == Tried.walk_id) & (Conversion.converted_at >= Tried.sent_at)
    told = told.outerjoin(Conversion, reached).where(Tried.version_id == version_id, Tried.node_id == node_id)
    return {port: (people, converted) for port, people, converted in session.execute(told.group_by(Tried.port))}


def tests(session: Session, some: Sequence[JourneyVersion]) -> list[dict[str, Any]]:
    """The A/B tests of these versions, each with its ways: those by which it was decided, or those of now."""
    wanted = select(Experiment).where(Experiment.version_id.in_({one.id for one in some})).order_by(Experiment.began_at)
    by_id = {one.id: one for one in some}
    return [_test(session, by_id[one.version_id], one) for one in session.execute(wanted).scalars()]


def _test(session: Session, version: JourneyVersion, test: Experiment) -> dict[str, Any]:
    graph = Graph(version.graph)
    if test.figures is not None:
        counted = {port: (one["people"], one["converted"]) for port, one in test.figures.items()}
    else:
        counted = conversions_by_port(session, version.id, test.node_id)
    arms: list[dict[str, Any]] = []
    for port, label in graph.ports(test.node_id).items():
        people, converted = counted.get(port, (0, 0))
        told = share(converted, people)
        arms.append({"port": port, "label": label, **told, "against_first": difference(told, arms[0]) if arms else None})
    known = {"version": version.number, "node": test.node_id, "label": graph.label(test.node_id), "began_at": test.began_at}
    return known | {"arms": arms, "winner": test.winner, "decided_at": test.decided_at}


def results(session: Session, journey: Journey, number: int | None = None) -> dict[str, Any]:
    """Everything that is shown of what a journey led to, over all versions or of one. Raises `VersionUnknown`."""
    some = versions(session, journey, number)
    found = figures(session, [one.id for one in some])
    graphs = [Graph(one.graph) for one in some]
    names = {node_id: graph.label(node_id) for graph in graphs for node_id in graph.node_ids()}
    names[TRIGGER] = t("journeys.trigger")
    ports = {(node_id, port): label for graph in graphs for node_id in graph.node_ids() for port, label in graph.ports(node_id).items()}
    nodes = []
    for node_id, label in names.items():
        told = found.get(node_id, dict.fromkeys(FIGURES, 0) | {"by": {}})
        by = [
            {"figure": figure, "detail": detail, "label": ports.get((node_id, detail)) or reasons.in_words(detail), "times": times}
            for figure, details in told["by"].items()
            for detail, times in details.items()
        ]
        nodes.append({"node": node_id, "label": label} | {key: value for key, value in told.items() if key != "by"} | {"by": by})
    known = {"versions": [one.number for one in some], "nodes": nodes}
    steps = [graph.label(node_id) for graph in graphs for node_id in graph.node_ids() if graph.kind(node_id).reaches_goal]
    asked = graphs[-1].rules["goal"] if graphs else None
    called = event_label(asked["event"]) if asked else steps[-1] if steps else None
    reached = goal(found, moved_in=number is not None, comparable=not steps)
    return known | {"goal": reached | {"label": called}, "tests": tests(session, some)}


def people_of_brand(session: Session, brand_id: uuid.UUID) -> Any:
    """A statement of a row for each journey of the brand: entered, active, completed, exited, stuck, converted; from what was counted."""
    what, times = JourneyCount.what, JourneyCount.times
    none = JourneyCount.detail == ""

    def counted(*conditions: Any) -> Any:
        return func.coalesce(func.sum(times).filter(*conditions), 0)

    entered = counted(what == "let_in")
    completed, exited = counted(what == "finished"), counted(what == "exited")
    stuck = counted(what == "stuck") - counted(what == "freed")
    return (
        select(
            JourneyVersion.journey_id,
            entered.label("entered"),
            completed.label("completed"),
            exited.label("exited"),
            stuck.label("stuck"),
            (entered - completed - exited - stuck).label("active"),
            (counted(what == "held_out") - counted(what == "unheld")).label("held_out"),
            counted(what == "converted", none).label("converted"),
        )
        .join(JourneyCount, JourneyCount.version_id == JourneyVersion.id)
        .where(JourneyVersion.brand_id == brand_id)
        .group_by(JourneyVersion.journey_id)
        .subquery("counted")
    )
