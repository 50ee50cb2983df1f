"""Looks at journeys: their list, their graph in plain words, and the numbers at each node."""

from __future__ import annotations

import uuid
from collections import defaultdict
from typing import Any

from sqlalchemy import and_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.orm import Session

from app.audience.models import Tag
from app.audience.queries import stands_on_tags
from app.journeys.errors import JourneyUnknown
from app.journeys.graph import TRIGGER, Graph
from app.journeys.models import Journey, JourneyVersion, VersionStatus, Walk, WalkStatus, WalkStep
from app.journeys.visits import event_label
from app.kit.texts import has, t
from app.messaging.models import Delivery, Send, SendStatus


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
    names_it = func.jsonb_path_exists(
        JourneyVersion.graph, cast("$.**.tag ? (@ == $key)", JSONPATH), func.jsonb_build_object("key", tag.key)
    )
    wanted = select(Journey.name).join(JourneyVersion, JourneyVersion.journey_id == Journey.id)
    wanted = wanted.where(
        Journey.test_of.is_(None), Journey.brand_id == tag.brand_id, JourneyVersion.status == VersionStatus.published, names_it
    )
    return list(session.execute(wanted.order_by(Journey.name)).scalars())


def listing(session: Session, brand_id: uuid.UUID) -> list[dict[str, Any]]:
    """Every journey of the brand, by name, with how many people entered, are inside, and how they left."""
    rows = session.execute(
        select(Journey, JourneyVersion)
        .outerjoin(JourneyVersion, and_(JourneyVersion.journey_id == Journey.id, JourneyVersion.status == VersionStatus.published))
        .where(Journey.brand_id == brand_id, Journey.test_of.is_(None))
        .order_by(Journey.name, Journey.id)
    ).all()
    counts: dict[uuid.UUID, dict[str, int]] = defaultdict(dict)
    of_brand = select(Journey.id).where(Journey.brand_id == brand_id)
    for journey_id, status, count in session.execute(
        select(Walk.journey_id, Walk.status, func.count()).where(Walk.journey_id.in_(of_brand)).group_by(Walk.journey_id, Walk.status)
    ):
        counts[journey_id][status] = count
    return [
        {
            "id": str(one.id),
            "key": one.key,
            "name": one.name,
            "status": one.status,
            "version": version.number if version else 0,
            "trigger_label": trigger_label(version) if version else "",
            "entered": sum(counts[one.id].values()),
            **{status.value: counts[one.id].get(status, 0) for status in WalkStatus},
            "updated_at": one.updated_at,
        }
        for one, version in rows
    ]


def trigger_label(version: JourneyVersion) -> str:
    """What starts a journey, in words: 打上标签：已付意向金."""
    return t("journeys.or").join(kind.summary(config) for kind, config in Graph(version.graph).triggers)


def described(session: Session, one: Journey) -> dict[str, Any]:
    """The published graph of a journey in words, with its trigger as the first node, and the numbers at each node."""
    version = published(session, one.id)
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

    sent: the channel took it; delivered: it reached her; failed: refused, undelivered or unknown; skipped: taken back before it left.
    """
    found: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_FIGURES, 0))
    standing = (
        select(Walk.node_id, Walk.status, func.count())
        .where(Walk.journey_id == journey_id, Walk.status != WalkStatus.completed)
        .group_by(Walk.node_id, Walk.status)
    )
    for node_id, status, count in session.execute(standing):
        found[node_id]["entered"] += count
        if status in (WalkStatus.active, WalkStatus.stuck):
            found[node_id]["waiting" if status == WalkStatus.active else "stuck"] += count
    undelivered = Send.delivery == Delivery.failed
    taken = (
        select(
            WalkStep.node_id,
            func.count(),
            func.count(Send.id).filter(Send.status == SendStatus.accepted),
            func.count(Send.id).filter(Send.delivery == Delivery.success),
            func.count(Send.id).filter(or_(Send.status.in_((SendStatus.rejected, SendStatus.unknown)), undelivered)),
            func.count(Send.id).filter(Send.status == SendStatus.cancelled),
        )
        .outerjoin(Send, Send.id == WalkStep.send_id)
        .where(WalkStep.journey_id == journey_id)
        .group_by(WalkStep.node_id)
    )
    for node_id, passed, sent, delivered, failed, skipped in session.execute(taken):
        figures = found[node_id]
        figures["entered"] += passed
        figures |= {"passed": passed, "sent": sent, "delivered": delivered, "failed": failed, "skipped": skipped}
    entered = session.execute(select(func.count()).where(Walk.journey_id == journey_id)).scalar_one()
    found[TRIGGER] |= {"entered": entered, "passed": entered}
    return dict(found)


_FIGURES = ("entered", "waiting", "passed", "stuck", "sent", "delivered", "failed", "skipped")


def reason_label(one: Walk) -> str | None:
    """Why a walk ended early or is stuck, in words."""
    reason = one.exit_reason or one.problem
    if reason and has(f"journeys.reasons.{reason}"):
        return t(f"journeys.reasons.{reason}")
    return one.problem or (event_label(one.exit_reason) if one.exit_reason else None)
