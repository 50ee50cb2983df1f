"""Looks at journeys: their list, their graph in plain words, and the numbers at each node."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import and_, cast, func, select, tuple_
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.orm import Session

from app.audience.models import Segment, Tag
from app.audience.queries import stands_on_tags
from app.audience.queries.segments import stands_on_segments
from app.dealers.models import Role, Staff
from app.journeys import results
from app.journeys.errors import JourneyUnknown, MarketersOnly
from app.journeys.graph import TRIGGER, Graph
from app.journeys.models import Journey, JourneyVersion, VersionStatus
from app.journeys.visits import event_label
from app.kit import paging
from app.kit.texts import t


def marketer(staff: Staff) -> Staff:
    """Who draws and runs journeys, and sees what they led to. Raises `MarketersOnly` for everybody else."""
    if staff.role not in (Role.admin, Role.marketer):
        raise MarketersOnly
    return staff


def journey(session: Session, brand_id: uuid.UUID, journey_id: uuid.UUID) -> Journey:
    """A journey of the brand. Raises `JourneyUnknown`, also for another brand's."""
    found = session.execute(select(Journey).filter_by(id=journey_id, brand_id=brand_id, test_of=None)).scalar_one_or_none()
    if found is None:
        raise JourneyUnknown
    return found


def published(session: Session, journey_id: uuid.UUID) -> JourneyVersion | None:
    """The version that those walk who enter now."""
    return session.execute(select(JourneyVersion).filter_by(journey_id=journey_id, status=VersionStatus.published)).scalar_one_or_none()


@stands_on_tags("journey")
def standing_on(session: Session, tag: Tag) -> list[str]:
    """The names of the journeys that a tag starts, or that ask for one on their way."""
    return _naming(session, tag.brand_id, "$.**.tag ? (@ == $key)", tag.key)


@stands_on_segments("journey")
def standing_on_segment(session: Session, segment: Segment) -> list[str]:
    """The names of the journeys that a segment starts, or that ask whether somebody is in it."""
    return _naming(session, segment.brand_id, "$.**.segment_id ? (@ == $key)", str(segment.id))


def _naming(session: Session, brand_id: uuid.UUID, path: str, key: str) -> list[str]:
    names_it = func.jsonb_path_exists(JourneyVersion.graph, cast(path, JSONPATH), func.jsonb_build_object("key", key))
    wanted = select(Journey.name).join(JourneyVersion, JourneyVersion.journey_id == Journey.id)
    wanted = wanted.where(
        Journey.test_of.is_(None), Journey.brand_id == brand_id, JourneyVersion.status == VersionStatus.published, names_it
    )
    return list(session.execute(wanted.order_by(Journey.name)).scalars())


SORTS = ("name", "updated", "entered", "active", "converted")


def listing(
    session: Session,
    brand_id: uuid.UUID,
    *,
    search: str | None = None,
    status: str | None = None,
    archived: bool = False,
    sort: str = "name",
    cursor: str | None = None,
    limit: int | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """The journeys of a brand with how many people entered, are inside, and how they left, and the cursor of the next page.

    By name, or by one of `SORTS`, the most or latest first; `archived` tells of those that were put away instead. Raises `CursorInvalid`.
    """
    counted = results.people_of_brand(session, brand_id)
    by = {"name": Journey.name, "updated": Journey.updated_at}.get(sort)
    key = func.coalesce(counted.c[sort], 0) if by is None else by
    wanted = (
        select(Journey, JourneyVersion, *(func.coalesce(column, 0).label(column.name) for column in counted.c if column.name in _COUNTED))
        .outerjoin(JourneyVersion, and_(JourneyVersion.journey_id == Journey.id, JourneyVersion.status == VersionStatus.published))
        .outerjoin(counted, counted.c.journey_id == Journey.id)
        .where(Journey.brand_id == brand_id, Journey.test_of.is_(None))
        .where(Journey.archived_at.is_not(None) if archived else Journey.archived_at.is_(None))
    )
    if search:
        wanted = wanted.where(Journey.name.icontains(search, autoescape=True))
    if status:
        wanted = wanted.where(Journey.status == status)
    if cursor:
        value, last = _after(cursor, sort)
        wanted = wanted.where(tuple_(key, Journey.id) > (value, last) if sort == "name" else tuple_(key, Journey.id) < (value, last))
    order = (key, Journey.id) if sort == "name" else (key.desc(), Journey.id.desc())
    found = session.execute(wanted.order_by(*order).limit(None if limit is None else limit + 1)).all()
    shown = found if limit is None else found[:limit]
    rows = [_row(row.Journey, row.JourneyVersion, {name: int(getattr(row, name)) for name in _COUNTED}) for row in shown]
    if len(found) == len(shown):
        return rows, None
    return rows, paging.encode(sort, rows[-1]["updated_at" if sort == "updated" else sort], rows[-1]["id"])


_COUNTED = ("entered", "active", "completed", "exited", "stuck", "held_out", "converted")


def _after(cursor: str, sort: str) -> tuple[Any, uuid.UUID]:
    by, value, last = paging.decode(cursor, 3)
    if by != sort:
        raise paging.CursorInvalid(cursor="of another list")
    read: dict[str, Callable[[str], Any]] = {"name": str, "updated": datetime.fromisoformat}
    try:
        return read.get(sort, int)(value), uuid.UUID(last)
    except (TypeError, ValueError, AttributeError) as error:
        raise paging.CursorInvalid(cursor="of another list") from error


def _row(one: Journey, version: JourneyVersion | None, counted: dict[str, int]) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "key": one.key,
        "name": one.name,
        "status": one.status,
        "version": version.number if version else 0,
        "trigger_label": trigger_label(version) if version else "",
        **counted,
        "updated_at": one.updated_at,
        "archived_at": one.archived_at,
    }


def trigger_label(version: JourneyVersion) -> str:
    """What starts a journey, in words: 打上标签：已付意向金."""
    return t("journeys.or").join(kind.summary(config) for kind, config in Graph(version.graph).triggers)


def described(session: Session, one: Journey, number: int | None = None) -> dict[str, Any]:
    """The published graph of a journey, or that of a version, in words, with its trigger as the first node; and the numbers at each node.

    Raises `VersionUnknown`.
    """
    version = published(session, one.id) if number is None else results.versions(session, one, number)[0]
    drawn: dict[str, Any] = {"nodes": [], "edges": []}
    if version is not None:
        graph = Graph(version.graph)
        drawn["nodes"].append({"id": TRIGGER, "kind": TRIGGER, "label": t("journeys.trigger"), "summary": trigger_label(version)})
        drawn["edges"].append({"from": TRIGGER, "port": "start", "port_label": "", "to": version.graph["start"]})
        for node in version.graph["nodes"]:
            kind, node_id = graph.kind(node["id"]), node["id"]
            drawn["nodes"].append(
                {"id": node_id, "kind": kind.kind, "label": graph.label(node_id), "summary": kind.summary(graph.config(node_id))}
            )
            # A single way out needs no name on the canvas.
            ports = graph.ports(node_id)
            names = ports if len(ports) > 1 else {}
            drawn["edges"] += [
                {"from": node_id, "port": port, "port_label": names.get(port, ""), "to": graph.next(node_id, port)} for port in ports
            ]
    return {
        "id": str(one.id),
        "key": one.key,
        "name": one.name,
        "status": one.status,
        "version": version.number if version else 0,
        "trigger": {"label": trigger_label(version) if version else ""},
        "exit_on": [event_label(name) for name in version.exit_on] if version else [],
        "graph": drawn,
        "numbers": numbers(session, one.id),
        "updated_at": one.updated_at,
    }


def numbers(session: Session, journey_id: uuid.UUID) -> dict[str, dict[str, int]]:
    """For each node, over all versions: entered, waiting (there now), passed, stuck, and what became of the messages planned there.

    sent: the channel took it; delivered: it reached her; failed: refused, undelivered or unknown; skipped: it never left.
    """
    versions = session.execute(select(JourneyVersion.id).where(JourneyVersion.journey_id == journey_id)).scalars().all()
    found: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_FIGURES, 0))
    for node_id, told in results.figures(session, versions).items():
        # Whoever finished has passed the last node, too; who was moved on has left it otherwise.
        passed = told["passed"] + told["finished"] + told["moved"]
        found[node_id] |= {"entered": told["entered"], "waiting": told["waiting"], "passed": passed, "stuck": told["stuck"]}
        found[node_id] |= {"sent": told["sent"], "delivered": told["delivered"], "failed": told["failed"], "skipped": told["not_sent"]}
    found.setdefault(TRIGGER, dict.fromkeys(_FIGURES, 0))
    return dict(found)


_FIGURES = ("entered", "waiting", "passed", "stuck", "sent", "delivered", "failed", "skipped")
