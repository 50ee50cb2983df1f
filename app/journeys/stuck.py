"""Looks at walks that cannot go on, sorted by what is wrong, and at why a journey rests."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.events import queries
from app.journeys import reasons
from app.journeys.errors import WalkUnknown
from app.journeys.graph import Graph
from app.journeys.models import Journey, JourneyStatus, JourneyVersion, Walk, WalkStatus
from app.journeys.models.counts import JourneyTrouble
from app.kit.states import Transition
from app.kit.texts import t

MOST_GROUPS = 200
TOO_MANY = "too_many_stuck"
UNHEARD = "cannot_be_heard"


def of_problem(problem: str | None) -> ColumnElement[Any]:
    """What a problem is called: a key of `journeys.reasons`, or the name of the error that a step raised."""
    name: ColumnElement[Any] = func.split_part(Walk.problem, ":", 1)
    return name if problem is None else name == problem


def groups(session: Session, journey: Journey) -> list[dict[str, Any]]:
    """Who is stuck, by node and problem, the most first; `example` is what the last of them was told in full."""
    versions = session.execute(select(JourneyVersion).filter_by(journey_id=journey.id).order_by(JourneyVersion.number)).scalars().all()
    labels = {node_id: graph.label(node_id) for graph in map(_graph, versions) for node_id in graph.node_ids()}
    name, people = of_problem(None).label("problem"), func.count().label("people")
    wanted = select(Walk.node_id, name, people, func.min(Walk.arrived_at), func.max(Walk.problem))
    # By the nodes' names, so that the index finds them among a million who are not stuck.
    wanted = wanted.where(Walk.journey_id == journey.id, Walk.node_id.in_(labels), Walk.status == WalkStatus.stuck)
    wanted = wanted.group_by(Walk.node_id, name).order_by(people.desc(), Walk.node_id, name).limit(MOST_GROUPS)
    return [
        {
            "node": node_id,
            "label": labels[node_id],
            "problem": problem,
            "words": reasons.in_words(problem),
            "people": count,
            "since": since,
            "example": example,
        }
        for node_id, problem, count, since, example in session.execute(wanted)
    ]


def _graph(version: JourneyVersion) -> Graph:
    return Graph(version.graph)


def walks(
    session: Session, journey: Journey, *, node: str | None, problem: str | None, after: uuid.UUID | None, limit: int
) -> Sequence[Walk]:
    """The stuck walks of a journey in the order in which they began, of one node or one problem where they are given."""
    wanted = select(Walk).where(Walk.journey_id == journey.id, Walk.status == WalkStatus.stuck)
    if node is not None:
        wanted = wanted.where(Walk.node_id == node)
    if problem is not None:
        wanted = wanted.where(of_problem(problem))
    if after is not None:
        wanted = wanted.where(Walk.id > after)
    return session.execute(wanted.order_by(Walk.id).limit(limit)).scalars().all()


def walk(session: Session, journey: Journey, walk_id: uuid.UUID) -> Walk:
    """A walk of a journey. Raises `WalkUnknown`, also for another journey's."""
    found = session.execute(select(Walk).filter_by(id=walk_id, journey_id=journey.id)).scalar_one_or_none()
    if found is None:
        raise WalkUnknown
    return found


def walk_out(one: Walk) -> dict[str, Any]:
    """A walk that is or was stuck, for a door."""
    problem = reasons.problem_of(one)
    told = {"id": one.id, "customer_id": one.customer_id, "node": one.node_id, "status": one.status, "arrived_at": one.arrived_at}
    return told | {"problem": problem, "words": reasons.in_words(problem) if problem else None, "told": one.problem}


def pause(session: Session, journey: Journey) -> dict[str, Any] | None:
    """Why a paused journey rests: since when, by whom or by itself, and then after how many steps and how many who got stuck."""
    if journey.status != JourneyStatus.paused:
        return None
    moves = select(Transition).filter_by(subject_type=Journey.__tablename__, subject_id=journey.id, after=JourneyStatus.paused)
    last = session.execute(moves.order_by(Transition.created_at.desc(), Transition.id.desc()).limit(1)).scalar_one_or_none()
    if last is None:
        return None
    itself, unheard = last.reason in (TOO_MANY, UNHEARD), last.reason == UNHEARD
    trouble = session.get(JourneyTrouble, journey.id) if itself else None
    staff = session.get(Staff, uuid.UUID(last.actor_id)) if last.actor_type == "staff" and last.actor_id else None
    return {
        "at": last.created_at,
        "by_itself": itself,
        "by": staff.name if staff and not itself else None,
        "reason": last.reason,
        "words": t(f"journeys.paused.{'unheard' if unheard else 'itself' if itself else 'by_hand'}"),
        "problem": queries.why_at_rest(session, (f"journeys.hear:{journey.id}", f"journeys.keep_time:{journey.id}")) if unheard else None,
        "stuck": trouble.stuck if trouble else None,
        "steps": trouble.steps if trouble else None,
        "since": trouble.since if trouble else None,
    }
