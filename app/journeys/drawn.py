"""Looks at what is drawn of journeys: their drafts, their versions, what differs between two graphs, and who is being moved."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.journeys import results
from app.journeys.errors import VersionUnknown
from app.journeys.graph import node_kinds, trigger_kinds
from app.journeys.models import Journey, JourneyDraft, JourneyMove, JourneyVersion, VersionStatus
from app.journeys.rules import Rules

# What a node is, beside the settings of its kind.
_OF_A_NODE = ("kind", "label", "late")


def draft(session: Session, journey: Journey) -> JourneyDraft:
    """What is drawn of a journey; of one that nobody has drawn yet what it runs on, as revision 0."""
    found = session.get(JourneyDraft, journey.id)
    if found is not None:
        return found
    live = session.execute(select(JourneyVersion).filter_by(journey_id=journey.id, status=VersionStatus.published)).scalar_one_or_none()
    return JourneyDraft(journey_id=journey.id, revision=0, graph=live.graph if live else {}, saved_at=journey.updated_at)


def saved(session: Session, one: JourneyDraft) -> dict[str, Any]:
    """Which revision a draft is, who saved it, and when."""
    by = session.get(Staff, one.saved_by) if one.saved_by else None
    return {"revision": one.revision, "saved_by": by.name if by else None, "saved_at": one.saved_at}


def version(session: Session, journey: Journey, number: int) -> JourneyVersion:
    """A version of a journey by its number. Raises `VersionUnknown`."""
    found = session.execute(select(JourneyVersion).filter_by(journey_id=journey.id, number=number)).scalar_one_or_none()
    if found is None:
        raise VersionUnknown
    return found


def number_of(session: Session, journey: Journey, version_id: uuid.UUID) -> int:
    """The number of a version of a journey. Raises `VersionUnknown`."""
    number = session.execute(select(JourneyVersion.number).filter_by(journey_id=journey.id, id=version_id)).scalar_one_or_none()
    if number is None:
        raise VersionUnknown
    return number


def versions(session: Session, journey: Journey) -> list[dict[str, Any]]:
    """All versions, the newest first, each with who published it, when, and why, and how many people stand in it now."""
    inside = results.inside(session, journey)
    wanted = select(JourneyVersion, Staff.name).outerjoin(Staff, Staff.id == JourneyVersion.published_by)
    wanted = wanted.where(JourneyVersion.journey_id == journey.id).order_by(JourneyVersion.number.desc())
    return [
        {
            "id": str(one.id),
            "number": one.number,
            "is_live": one.status == VersionStatus.published,
            "inside": inside.get(one.id, 0),
            "note": one.note,
            "copy_of": one.copy_of,
            "published_by": name,
            "published_at": one.created_at,
        }
        for one, name in session.execute(wanted)
    ]


def moves(session: Session, journey: Journey, *, limit: int = 20) -> Sequence[JourneyMove]:
    """The last times that people inside a journey were moved, the newest first."""
    wanted = select(JourneyMove).filter_by(journey_id=journey.id).order_by(JourneyMove.created_at.desc(), JourneyMove.id.desc())
    return session.execute(wanted.limit(limit)).scalars().all()


def move_out(one: JourneyMove, numbers: Mapping[uuid.UUID, int]) -> dict[str, Any]:
    """How far a move is; `numbers` are those of versions by id."""
    told = ("kind", "status", "people", "moved", "ejected", "created_at", "ended_at")
    version_id = one.version_id
    return {"id": str(one.id), "version": numbers.get(version_id) if version_id else None} | {name: getattr(one, name) for name in told}


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What another graph would change: nodes and edges that come, go or differ, and every setting that is another, with its label."""
    old, new = _by_id(before), _by_id(after)
    return {
        "added": [_named(new[one]) for one in new if one not in old],
        "removed": [_named(old[one]) for one in old if one not in new],
        "changed": [
            _named(new[one]) | {"fields": fields} for one in new if one in old and (fields := _fields_of_nodes(old[one], new[one]))
        ],
        "edges": {"added": _edges(after, before), "removed": _edges(before, after)},
        "rules": _fields(before.get("rules") or {}, after.get("rules") or {}, _labels(Rules)),
        "triggers": {
            "added": [_trigger(one) for one in after.get("triggers", []) if one not in before.get("triggers", [])],
            "removed": [_trigger(one) for one in before.get("triggers", []) if one not in after.get("triggers", [])],
        },
        "start": None if before.get("start") == after.get("start") else {"old": before.get("start"), "new": after.get("start")},
    }


def _by_id(graph: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {node["id"]: node for node in graph.get("nodes", [])}


def _named(node: Mapping[str, Any]) -> dict[str, Any]:
    kind = node_kinds()[node["kind"]]
    return {"id": node["id"], "kind": node["kind"], "label": node.get("label") or kind.label}


def _trigger(one: Mapping[str, Any]) -> str:
    kind = trigger_kinds()[one["kind"]]
    return kind.summary(kind.Config().load(one.get("config", {})))


def _fields_of_nodes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, Any]]:
    own = [name for name in _OF_A_NODE if old.get(name) != new.get(name)]
    found = [{"field": name, "label": name, "old": old.get(name), "new": new.get(name)} for name in own]
    return found + _fields(old.get("config") or {}, new.get("config") or {}, _labels(node_kinds()[new["kind"]].Config))


def _fields(old: Mapping[str, Any], new: Mapping[str, Any], labels: Mapping[str, str]) -> list[dict[str, Any]]:
    names = [*new, *(name for name in old if name not in new)]
    return [
        {"field": name, "label": labels.get(name, name), "old": old.get(name), "new": new.get(name)}
        for name in names
        if old.get(name) != new.get(name)
    ]


def _labels(form: Any) -> dict[str, str]:
    return {name: field.metadata.get("label", name) for name, field in form().fields.items()}


def _edges(these: Mapping[str, Any], others: Mapping[str, Any]) -> list[dict[str, Any]]:
    known = [_ends(edge) for edge in others.get("edges", [])]
    return [edge for edge in map(_ends, these.get("edges", [])) if edge not in known]


def _ends(edge: Mapping[str, Any]) -> dict[str, Any]:
    return {name: edge[name] for name in ("from", "port", "to")}
