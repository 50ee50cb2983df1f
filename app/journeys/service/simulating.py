"""Look ahead: a real person walks a journey with the real engine and a clock that jumps, in a transaction that is always rolled back."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.audience.conditions import Scope
from app.audience.service.compiling import people
from app.audience.service.membership import few
from app.events import service as events
from app.events.models import Event
from app.identity import queries as identity
from app.identity.models import Customer
from app.journeys import reasons
from app.journeys.errors import GraphInvalid, InTheWay
from app.journeys.graph import Graph, problems
from app.journeys.holding import look_ahead
from app.journeys.models import INSIDE, Journey, JourneyVersion, VersionStatus, Walk, WalkStatus, WalkStep
from app.journeys.service.leaving import ending, watched_by
from app.journeys.service.walking import walk_alone
from app.kit import clock, db
from app.messaging.models import MessageTemplate, Send, SendStatus
from app.messaging.service.previewing import preview

# What steps change of hers. What they only add to is nobody else's row.
_SHADOWS = ("walks", "customer_tags")
# Somebody waits for the answer, and others for what is locked meanwhile.
MOST_STEPS, MOST_SECONDS, HORIZON = 200, 8.0, timedelta(days=400)
# A test that is open or decided is so for her as well.
_EXPERIMENTS = """
    INSERT INTO journey_experiments (version_id, node_id, began_at, people, decided_at, winner, figures, interval)
    SELECT :copy, node_id, began_at, people, decided_at, winner, figures, interval FROM journey_experiments WHERE version_id = :of
"""


@dataclass(frozen=True)
class Assumed:
    """An event that is taken to happen so long after she entered."""

    after: timedelta
    name: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class _Ahead:
    """One look ahead, from which everything is taken back."""

    session: Session
    journey: Journey
    customer: Customer
    graph: Graph
    walk: Walk
    began_at: datetime
    messages: list[dict[str, Any]] = field(default_factory=list)
    heard: set[uuid.UUID] = field(default_factory=set)


def simulate(
    journey_id: uuid.UUID,
    graph: dict[str, Any],
    customer_id: uuid.UUID,
    *,
    version: JourneyVersion | None = None,
    assumed: Sequence[Assumed] = (),
    context: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """How a customer would walk this graph if she entered now: `steps` with times, ways and reasons, `messages` as she would read them
    then and by which way, and how it ends. `version` is the one whose tests (A/B) are gone by. Writes nothing, calls nobody; what other
    domains would do about an assumed event is not foreseen.

    Raises:
        GraphInvalid: with everything that is wrong. CustomerUnknown: also for another brand's.
        InTheWay: somebody holds what is hers; ask again.
    """
    wrong = problems(graph)
    if wrong:
        raise GraphInvalid(problems=wrong)
    try:
        with _undone() as session:
            ahead = _enter(session, journey_id, graph, customer_id, version=version, context=dict(context or {}))
            return _go(ahead, sorted(assumed, key=lambda one: one.after))
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) in ("55P03", "57014", "40P01"):
            raise InTheWay from error
        raise


@contextmanager
def _undone() -> Iterator[Session]:
    session = db.new_session()
    try:
        session.execute(text("SELECT set_config('lock_timeout', '500ms', true), set_config('statement_timeout', '5s', true)"))
        look_ahead(session)
        yield session
    finally:
        session.rollback()
        session.close()


def _in_shadows(session: Session, customer_id: uuid.UUID) -> None:
    """From here on this transaction sees copies of the rows that are hers and that steps change: of the real ones none is locked.

    The path is set for the statements that the server has prepared already: they find the copies, too.
    """
    merged = select(Customer.id).where(Customer.merged_into_id == customer_id)
    ids = [customer_id, *session.execute(merged).scalars()]
    session.execute(text("SELECT set_config('search_path', 'pg_temp, ' || current_setting('search_path'), true)"))
    for name in _SHADOWS:
        session.execute(text(f"CREATE TEMPORARY TABLE {name} (LIKE public.{name} INCLUDING ALL) ON COMMIT DROP"))
        copied = f"INSERT INTO pg_temp.{name} SELECT * FROM public.{name} WHERE customer_id = ANY(:ids)"  # noqa: S608  # names of ours
        session.execute(text(copied), {"ids": ids})


def _enter(
    session: Session,
    journey_id: uuid.UUID,
    graph: dict[str, Any],
    customer_id: uuid.UUID,
    *,
    version: JourneyVersion | None,
    context: dict[str, Any],
) -> _Ahead:
    """She walks a copy of the version, so that nothing counted of the real one is locked; chance looks at the journey and at her."""
    journey = session.get_one(Journey, journey_id)
    customer = identity.get(session, journey.brand_id, customer_id)
    now, drawn, copy = clock.now(session), Graph(graph), db.new_id()
    _in_shadows(session, customer.id)
    inside = update(Walk).where(Walk.journey_id == journey_id, Walk.customer_id == customer.id, Walk.status.in_(INSIDE))
    session.execute(inside.values(status=WalkStatus.exited, due_at=None).execution_options(synchronize_session=False))
    session.add(
        JourneyVersion(
            id=copy,
            brand_id=journey.brand_id,
            journey_id=journey_id,
            number=-(copy.int % 2**31),
            status=VersionStatus.superseded,
            graph=graph,
            hears=[],
            exit_on=[],
        )
    )
    if version is not None:
        session.execute(text(_EXPERIMENTS), {"copy": copy, "of": version.id})
    days = drawn.rules["ttl_days"]
    walk = Walk(
        id=db.new_id(),
        brand_id=journey.brand_id,
        journey_id=journey_id,
        version_id=copy,
        customer_id=customer.id,
        entry_key=f"ahead:{copy}",
        node_id=graph["start"],
        created_at=now,
        arrived_at=now,
        due_at=now,
        triggered_at=now,
        context=context,
        ends_at=now + timedelta(days=days) if days else None,
    )
    session.add(walk)
    session.flush()
    return _Ahead(session, journey, customer, drawn, walk, now)


def _go(ahead: _Ahead, assumed: list[Assumed]) -> dict[str, Any]:
    """From moment to moment: whatever comes next, her turn, an assumed event, or the end of her time."""
    session, walk, cut, until = ahead.session, ahead.walk, False, time.monotonic() + MOST_SECONDS
    if _may_not_be_here(ahead):
        _exit(walk, "exit_if", ahead.began_at)
    while walk.status == WalkStatus.active and walk.due_at is not None:
        told = assumed[0] if assumed and ahead.began_at + assumed[0].after < walk.due_at else None
        at = ahead.began_at + told.after if told else walk.due_at
        cut = walk.visit_no > MOST_STEPS or at - ahead.began_at > HORIZON or time.monotonic() > until
        if cut:
            break
        if walk.ends_at is not None and walk.ends_at <= at:
            clock.look_ahead(session, walk.ends_at)
            _exit(walk, "ttl", walk.ends_at)
            break
        clock.look_ahead(session, at)
        if told:
            assumed.pop(0)
            _happen(ahead, told)
        else:
            walk_alone(session, walk.id)
        session.flush()
        session.expire_all()
        _overhear(ahead, at)
        _read_messages(ahead, at)
    return _told(ahead, is_cut=cut)


def _happen(ahead: _Ahead, told: Assumed) -> None:
    walk, by = ahead.walk, ("simulation", None)
    events.record(ahead.session, told.name, brand_id=walk.brand_id, customer_id=walk.customer_id, data=dict(told.data), actor=by)


def _overhear(ahead: _Ahead, at: datetime) -> None:
    """What was assumed or done just now may end her walk, or be what she waits for."""
    session, walk, rules = ahead.session, ahead.walk, ahead.graph.rules
    watched = watched_by(rules["exit_if"])
    names = ahead.graph.exits() | watched | {*(walk.awaits or ())}
    if walk.status != WalkStatus.active or not names:
        return
    hers = (Event.customer_id == walk.customer_id) & (Event.recorded_at >= ahead.began_at) & Event.name.in_(names)
    found = select(Event).where(hers, Event.id.not_in(ahead.heard)).order_by(Event.recorded_at, Event.id)
    fresh = session.execute(found).scalars().all()
    ahead.heard |= {event.id for event in fresh}
    if reason := ending(session, walk, fresh, rules["exit_on"]):
        _exit(walk, reason, at)
    elif watched & {event.name for event in fresh} and _may_not_be_here(ahead):
        _exit(walk, "exit_if", at)
    elif {event.name for event in fresh} & {*(walk.awaits or ())}:
        walk.due_at = at


def _may_not_be_here(ahead: _Ahead) -> bool:
    """Whether the rule `exit_if` speaks of her now."""
    rule, session, walk = ahead.graph.rules["exit_if"], ahead.session, ahead.walk
    if rule is None:
        return False
    now = Scope(walk.brand_id, clock.now(session))
    return session.execute(people(rule, now, few(session, {walk.customer_id}))).first() is not None


def _exit(walk: Walk, reason: str, at: datetime) -> None:
    walk.status, walk.exit_reason, walk.due_at, walk.ended_at = WalkStatus.exited, reason, None, at


def _read_messages(ahead: _Ahead, at: datetime) -> None:
    """What was planned for her just now, as she would read it; what has a way is taken as sent, the rest as never sent."""
    session, walk = ahead.session, ahead.walk
    planned = select(Send).where(Send.walk_id == walk.id, Send.status == SendStatus.planned).order_by(Send.id)
    for send in session.execute(planned).scalars().all():
        told: dict[str, Any] = {"send_id": send.id, "node_id": send.context.get("node_id"), "planned_at": at, "fields": [], "ways": []}
        ladder = send.ladder or [{"channel": send.channel, "template_key": send.template_key}]
        wanted = select(MessageTemplate).filter_by(brand_id=send.brand_id, channel=ladder[0]["channel"], key=ladder[0]["template_key"])
        template = session.execute(wanted).scalar_one_or_none()
        if template is not None and send.customer_id is not None:
            seen = preview(session, template, ahead.customer, context=send.context, ladder=ladder)
            told |= {"fields": seen["fields"], "ways": seen["ways"]}
        taken = next((way for way in told["ways"] if way["is_taken"]), None)
        told |= {"channel": send.channel, "template": send.template_key, "would_leave": taken is not None}
        ahead.messages.append(told)
        send.status = SendStatus.accepted if taken else SendStatus.skipped
        if walk.awaits and walk.status == WalkStatus.active:
            walk.due_at = at
    session.flush()


def _told(ahead: _Ahead, *, is_cut: bool) -> dict[str, Any]:
    session, walk, graph = ahead.session, ahead.walk, ahead.graph
    taken = select(WalkStep).where(WalkStep.walk_id == walk.id).order_by(WalkStep.visit_no)
    steps = [
        {
            **_node(graph, step.node_id),
            "arrived_at": step.arrived_at,
            "left_at": step.left_at,
            "port": step.port,
            "port_label": graph.ports(step.node_id).get(step.port or ""),
            "skipped": step.skipped,
            "send_id": step.send_id,
        }
        for step in session.execute(taken).scalars()
    ]
    return {
        "began_at": ahead.began_at,
        "status": walk.status,
        "reason": reasons.of_walk(walk),
        "is_cut": is_cut,
        "stands_on": None if walk.status == WalkStatus.completed else _node(graph, walk.node_id) | {"due_at": walk.due_at},
        "ended_at": walk.ended_at,
        "steps": steps,
        "messages": ahead.messages,
    }


def _node(graph: Graph, node_id: str) -> dict[str, Any]:
    kind = graph.kind(node_id)
    return {"node_id": node_id, "kind": kind.kind, "label": graph.label(node_id), "why": kind.summary(graph.config(node_id))}
