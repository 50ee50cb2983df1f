"""Check what is drawn, show what publishing it would change and for whom, and publish it with a choice for the people inside."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.journeys import asking, drawn
from app.journeys.checks import Check
from app.journeys.errors import DraftChanged, GraphInvalid, JourneyOver, WarningsOpen
from app.journeys.graph import Graph, Problem, named, problems
from app.journeys.models import Journey, JourneyMove, JourneyStatus, JourneyVersion, MoveKind, VersionStatus
from app.journeys.rules import Rules
from app.journeys.service import definitions, moving
from app.journeys.service.enrolling import open_doors
from app.journeys.service.running import lock
from app.kit.registry import kinds
from app.kit.texts import t

# Those inside finish what they began.
DRAIN = "drain"


@dataclass(frozen=True)
class Found:
    """Errors keep a graph from being published; warnings ({code, node, message}) are to be accepted."""

    errors: list[Problem] = field(default_factory=list)
    warnings: list[dict[str, str | None]] = field(default_factory=list)


@dataclass(frozen=True)
class Choice:
    """What becomes of those inside: drain, migrate or eject; `targets` is where they go who stand on a node (None is out)."""

    inside: str = DRAIN
    targets: Mapping[str, str | None] = field(default_factory=dict)


def check(session: Session, brand_id: uuid.UUID, graph: Any) -> Found:
    """All that is wrong with a graph, or is to be thought of, at once."""
    wrong = problems(graph)
    if wrong:
        return Found(errors=wrong)
    sound = Graph(graph)
    wrong = _missing(session, brand_id, sound)
    if wrong:
        return Found(errors=wrong)
    told = []
    checks: dict[str, type[Check]] = kinds("app.journeys.checks")
    for code, one in sorted(checks.items()):
        told += [{"code": code, "node": node, "message": message} for node, message in one.find(session, brand_id, sound)]
    return Found(warnings=told)


def _missing(session: Session, brand_id: uuid.UUID, graph: Graph) -> list[Problem]:
    """What a sound graph names that the brand has not."""
    found: list[Problem] = []
    for trigger, config in graph.triggers:
        if lacking := trigger.missing(session, brand_id, config):
            said = t("journeys.problems.part", field=_label(trigger.Config, lacking[0]), message=lacking[1])
            found.append(_problem("field", None, t("journeys.trigger"), said))
    leaves = graph.rules["exit_if"]
    for message in asking.wrong_with(session, brand_id, leaves) if leaves is not None else ():
        found.append(_problem("field", None, _label(Rules, "exit_if"), message))
    for node in graph.raw["nodes"]:
        kind, config = graph.kind(node["id"]), graph.config(node["id"])
        for name, message in kind.missing(session, brand_id, config):
            found.append(_problem("field_of_node", named(node), _label(kind.Config, name), message))
    return found


def _label(form: type[Schema], name: str) -> str:
    """What people call a field."""
    known = form().fields.get(name)
    return str(known.metadata.get("label", name)) if known else name


def _problem(key: str, node: str | None, label: str, message: str) -> Problem:
    return {"node": node, "field": label, "message": t(f"journeys.problems.{key}", node=node, field=label, message=message)}


def preview(session: Session, journey: Journey, graph: Any) -> dict[str, Any]:
    """What publishing a graph would change against the version that is live, and exactly how many people stand where.

    Of each place: whether its node stays the same, is changed or removed, and where its people would go if nothing is said.
    """
    found = check(session, journey.brand_id, graph)
    told: dict[str, Any] = {"errors": found.errors, "warnings": found.warnings, "difference": None, "places": []}
    if found.errors:
        return told
    live = session.execute(select(JourneyVersion).filter_by(journey_id=journey.id, status=VersionStatus.published)).scalar_one_or_none()
    told["difference"] = drawn.difference(live.graph if live else {}, graph)
    new = {node["id"]: node for node in graph["nodes"]}
    for place in moving.places(session, journey.id):
        old, after = moving.node_of(place), new.get(place.node_id)
        same = after is not None and all(old.get(name) == after.get(name) for name in ("kind", "config", "late"))
        told["places"].append(
            {
                "version": place.version.number,
                "node": place.node_id,
                "label": Graph(place.version.graph).label(place.node_id),
                "people": place.people,
                "change": "same" if same else "changed" if after else "removed",
                "to": place.node_id if after else None,
            }
        )
    return told


def publish_draft(
    session: Session, staff: Staff, journey: Journey, *, revision: int, note: str, choice: Choice, accepted: Collection[str] = ()
) -> tuple[JourneyVersion, JourneyMove | None]:
    """Publish what is drawn, as it was looked at. The new version, and the move of those inside where there is one.

    Raises:
        DraftChanged: somebody has saved it since.
        GraphInvalid, WarningsOpen: for what `check` finds.
        PlacesMissing, PlaceUnknown: the choice does not fit.
        JourneyOver: the journey was cancelled.
    """
    _lock_open(session, journey)
    draft = drawn.draft(session, journey)
    if draft.revision != revision:
        raise DraftChanged(**drawn.saved(session, draft))
    return _publish(session, staff, journey, draft.graph, note=note, choice=choice, accepted=accepted)


def publish_again(
    session: Session, staff: Staff, journey: Journey, *, number: int, note: str, choice: Choice, accepted: Collection[str] = ()
) -> tuple[JourneyVersion, JourneyMove | None]:
    """Roll back: publish an earlier version's graph as a new version. Raises `VersionUnknown`, and what `publish_draft` raises."""
    _lock_open(session, journey)
    earlier = drawn.version(session, journey, number)
    return _publish(session, staff, journey, earlier.graph, note=note, choice=choice, accepted=accepted, copy_of=number)


def _lock_open(session: Session, journey: Journey) -> None:
    lock(session, journey)
    # Who is just being let in, on the version that was live, is in before it is asked who stands where.
    open_doors(session, exits_of=[journey.id])
    if journey.status == JourneyStatus.cancelled:
        raise JourneyOver


def _publish(
    session: Session,
    staff: Staff,
    journey: Journey,
    graph: dict[str, Any],
    *,
    note: str,
    choice: Choice,
    accepted: Collection[str],
    copy_of: int | None = None,
) -> tuple[JourneyVersion, JourneyMove | None]:
    found = check(session, journey.brand_id, graph)
    if found.errors:
        raise GraphInvalid(problems=found.errors)
    if unread := [warning for warning in found.warnings if warning["code"] not in accepted]:
        raise WarningsOpen(warnings=unread)
    version = definitions.publish(session, journey, graph, staff_id=staff.id, note=note, copy_of=copy_of)
    if choice.inside == DRAIN:
        moving.stop(session, journey.id)
        return version, None
    return version, moving.begin(session, version, MoveKind(choice.inside), choice.targets)
