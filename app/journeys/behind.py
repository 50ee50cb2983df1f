"""Who is behind the figures of a journey, one person's way through it, and why she is in it or not: from the log alone, by indexes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from app.events.models import Event
from app.identity import queries as identity
from app.identity.models import Customer
from app.journeys import reasons, results
from app.journeys.graph import TRIGGER, Graph
from app.journeys.messaged import messages
from app.journeys.models import Conversion, Journey, JourneyVersion, VersionStatus, Walk, WalkStatus, WalkStep
from app.journeys.stuck import walk as walk_of
from app.kit import paging, phone
from app.kit.texts import t
from app.messaging.models import Send

_STATUS = {
    "waiting": WalkStatus.active,
    "stuck": WalkStatus.stuck,
    "exited": WalkStatus.exited,
    "finished": WalkStatus.completed,
    "held_out": WalkStatus.held_out,
}
MOST_WALKS = 10
# The port of the step by which somebody was moved to another version.
MOVED = "moved"


def people(
    session: Session,
    journey: Journey,
    *,
    node: str,
    figure: str,
    detail: str | None,
    version: int | None,
    q: str | None,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """A page of those whom a figure of a node counts, in the order in which they entered, or of those among them who are called `q`.

    Raises `CursorInvalid`, `VersionUnknown`.
    """
    after = paging.row_id(cursor) if cursor else None
    found = page(session, journey, node=node, figure=figure, detail=detail, version=version, q=q, after=after, limit=limit + 1)
    return {
        "items": [_walker(one) for one in found[:limit]],
        "next_cursor": paging.encode(found[limit - 1].key) if len(found) > limit else None,
    }


@dataclass(frozen=True)
class Behind:
    """One whom a figure counts; `send` is the message that it counts, where it counts messages."""

    walk: Walk
    customer: Customer
    send: Send | None = None

    @property
    def key(self) -> uuid.UUID:
        """After which the next one comes."""
        return self.send.id if self.send else self.walk.id

    @property
    def why(self) -> str | None:
        """Why she left or is stuck, or why her message did not leave or arrive."""
        return reasons.of_message(self.send) if self.send else reasons.of_walk(self.walk)


def page(
    session: Session,
    journey: Journey,
    *,
    node: str,
    figure: str,
    detail: str | None,
    version: int | None,
    after: uuid.UUID | None,
    limit: int,
    q: str | None = None,
) -> Sequence[Behind]:
    """Those whom a figure of a node counts, in the order in which they entered, or in which their messages were planned: each message once.

    Raises `VersionUnknown`.
    """
    some = results.versions(session, journey, version)
    ids = [one.id for one in some]
    whom = identity.called(journey.brand_id, q) if q else None
    if figure in results.MESSAGES:
        of_node = [one.id for one in some if node in Graph(one.graph).node_ids()]
        found = messages(session, of_node, node=node, figure=figure, detail=detail, whom=whom, after=after, limit=limit)
        return [Behind(*row) for row in found]
    wanted = select(Walk, Customer).join(Customer, Customer.id == Walk.customer_id).where(Walk.journey_id == journey.id)
    if figure == "converted":
        reached = select(Conversion.walk_id).where(Conversion.version_id.in_(ids), ~Conversion.held_out)
        at_node = Conversion.node_id.is_(None) if node == TRIGGER else Conversion.node_id == node
        wanted = wanted.where(Walk.id.in_(reached.where(at_node)))
    else:
        # By the nodes' names, so that the index finds them among a million who are elsewhere.
        where = [one.graph["start"] for one in some] if figure == "held_out" else [node]
        wanted = wanted.where(Walk.node_id.in_(where), Walk.status == _STATUS[figure])
        if version is not None:
            wanted = wanted.where(Walk.version_id.in_(ids))
        if figure == "exited" and detail is not None:
            wanted = wanted.where(Walk.exit_reason == detail)
    if whom is not None:
        wanted = wanted.where(whom)
    if after is not None:
        wanted = wanted.where(Walk.id > after)
    return [Behind(*row) for row in session.execute(wanted.order_by(Walk.id).limit(limit))]


def _walker(one: Behind) -> dict[str, Any]:
    walk, customer = one.walk, one.customer
    told = {"walk_id": walk.id, "customer_id": customer.id, "nickname": customer.nickname, "phone_masked": phone.mask(customer.phone)}
    return told | {
        "status": walk.status,
        "node": walk.node_id,
        "entered_at": walk.created_at,
        "due_at": walk.due_at,
        "why": one.why,
        "message": _message(one.send) if one.send else None,
    }


def _message(send: Send) -> dict[str, Any]:
    return {"id": send.id, "status": send.status, "delivery": send.delivery, "error": send.error_code}


def timeline(session: Session, journey: Journey, walk_id: uuid.UUID) -> dict[str, Any]:
    """One person's way through a journey. Raises `WalkUnknown`, also for another journey's."""
    return _timelines(session, journey, [walk_of(session, journey, walk_id)])[0]


def _timelines(session: Session, journey: Journey, walks: Sequence[Walk]) -> list[dict[str, Any]]:
    by_id = {one.id: one for one in results.versions(session, journey)}
    graphs = {version_id: Graph(one.graph) for version_id, one in by_id.items()}
    ids = [one.id for one in walks]
    reached = dict(session.execute(select(Conversion.walk_id, Conversion.converted_at).where(Conversion.walk_id.in_(ids))).all())
    told: dict[uuid.UUID, list[dict[str, Any]]] = {one: [] for one in ids}
    steps = select(WalkStep).where(WalkStep.walk_id.in_(ids)).order_by(WalkStep.walk_id, WalkStep.visit_no)
    # The messages by their walk, not by the step: one that was planned while she waits on the node is one, too.
    sends = {one.id: one for one in session.execute(select(Send).where(Send.walk_id.in_(ids)).order_by(Send.id)).scalars()}
    shown: set[uuid.UUID] = set()
    for step in session.execute(steps).scalars():
        send = sends.get(step.send_id) if step.send_id else None
        if send is not None:
            shown.add(send.id)
        told[step.walk_id].append(_visit(graphs[step.version_id], step.node_id, step=step, send=send))
    for walk in walks:
        if walk.status in (WalkStatus.active, WalkStatus.stuck, WalkStatus.exited):
            here = [one for one in sends.values() if one.walk_id == walk.id and one.id not in shown]
            last = _visit(graphs[walk.version_id], walk.node_id, step=None, send=here[-1] if here else None)
            told[walk.id].append(last | {"arrived_at": walk.arrived_at, "left_at": walk.ended_at, "why": reasons.of_walk(walk)})
    return [
        {
            "walk_id": walk.id,
            "customer_id": walk.customer_id,
            "version": by_id[walk.version_id].number,
            "status": walk.status,
            "entered_at": walk.created_at,
            "ended_at": walk.ended_at,
            "due_at": walk.due_at,
            "why": reasons.of_walk(walk),
            "converted_at": reached.get(walk.id),
            "visits": told[walk.id],
        }
        for walk in walks
    ]


def _visit(graph: Graph, node_id: str, *, step: WalkStep | None, send: Send | None) -> dict[str, Any]:
    told: dict[str, Any] = {"node": node_id, "label": graph.label(node_id), "message": None}
    if send is not None:
        told["message"] = _message(send)
    if step is None:
        return told | {"port": None, "port_label": None}
    port = t("journeys.results.moved") if step.port == MOVED else graph.ports(node_id).get(step.port or "")
    why = reasons.in_words(step.skipped) if step.skipped else None
    return told | {"arrived_at": step.arrived_at, "left_at": step.left_at, "port": step.port, "port_label": port, "why": why}


def why(session: Session, journey: Journey, customer_id: uuid.UUID) -> dict[str, Any]:
    """Why a customer is in a journey, or is not: the walks that she has, else whether what may let her in ever happened to her."""
    selves = select(Customer.id).where(
        Customer.brand_id == journey.brand_id, or_(Customer.id == customer_id, Customer.merged_into_id == customer_id)
    )
    ids = list(session.execute(selves).scalars())
    hers = select(Walk).where(Walk.customer_id.in_(ids), Walk.journey_id == journey.id)
    walks = session.execute(hers.order_by(Walk.id.desc()).limit(MOST_WALKS)).scalars().all()
    triggered_at = session.execute(_last_cause(journey, ids)).scalar_one()
    if walks:
        answer = {"active": "inside"}.get(walks[0].status, walks[0].status)
    else:
        answer = "not_triggered" if triggered_at is None else "not_let_in"
    told = _timelines(session, journey, walks) if walks else []
    words = t(f"journeys.results.why.{answer}", node=told[0]["visits"][-1]["label"] if told and told[0]["visits"] else "")
    if told and told[0]["why"]:
        words = t("lists.says", who=words, what=told[0]["why"])
    return {"answer": answer, "words": words, "triggered_at": triggered_at, "walks": told}


def _last_cause(journey: Journey, ids: Sequence[uuid.UUID]) -> Any:
    published: ColumnElement[Any] = (
        select(func.unnest(JourneyVersion.hears)).where(
            JourneyVersion.journey_id == journey.id, JourneyVersion.status == VersionStatus.published
        )
    ).scalar_subquery()
    return select(func.max(Event.recorded_at)).where(Event.customer_id.in_(ids), Event.name.in_(published))
