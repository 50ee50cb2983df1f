"""Let people out of journeys before their end: because of what happened, because of who they are now, or because their time is over."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Uuid, any_, literal, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.audience.conditions import Scope
from app.audience.queries.attributes import ATTRIBUTES
from app.audience.service.compiling import listens
from app.audience.service.compiling import people as fulfilling
from app.audience.service.membership import few
from app.events.masses import record_selected
from app.events.models import Event
from app.identity.models import Customer
from app.journeys import filters
from app.journeys.graph import Graph
from app.journeys.models import INSIDE, JourneyVersion, Walk
from app.journeys.service.counting import Count, count
from app.journeys.service.enrolling import OVERLAP, close_doors
from app.kit import clock, db
from app.messaging import service as messaging

AT_A_TIME = 2000
# A step that is being taken holds its walks: locking waits for it, and what it planned is taken back afterwards.
_LOCK = "SELECT id FROM walks WHERE id = ANY(:ids) AND status IN ('active', 'stuck') ORDER BY id FOR UPDATE"
_END = """
    UPDATE walks w SET status = 'exited', exit_reason = r.reason, ended_at = :now, due_at = NULL, awaits = NULL
    FROM unnest(CAST(:ids AS uuid[]), CAST(:reasons AS text[])) AS r (id, reason)
    WHERE w.id = r.id AND w.status IN ('active', 'stuck')
    RETURNING w.id, w.brand_id, w.journey_id, w.version_id, w.node_id, w.exit_reason
"""
_EXITED = """
    SELECT customer_id, jsonb_build_object('walk_id', id, 'journey_id', journey_id, 'version_id', version_id, 'reason', exit_reason) AS data
    FROM walks WHERE id = ANY(:ids)
"""


def end(session: Session, reasons: Mapping[uuid.UUID, str]) -> int:
    """End walks, each with its reason, and take back the messages that they planned and nobody has claimed; how many were inside.

    In a number of statements that does not grow with theirs. May be called twice.
    """
    if not reasons:
        return 0
    session.flush()
    ids = sorted(reasons)
    session.execute(text(_LOCK), {"ids": ids})
    given = {"ids": ids, "reasons": [reasons[one] for one in ids], "now": clock.now(session)}
    ended = session.execute(text(_END), given).all()
    session.expire_all()
    if not ended:
        return 0
    messaging.cancel_planned(session, walk_ids=[row.id for row in ended])
    journeys: dict[tuple[uuid.UUID, uuid.UUID], list[uuid.UUID]] = defaultdict(list)
    for row in ended:
        journeys[row.brand_id, row.journey_id].append(row.id)
    for (brand_id, journey_id), some in sorted(journeys.items()):
        record_selected(session, "journey.exited", _EXITED, brand_id=brand_id, params={"ids": some}, subject=("journey", journey_id))
    counts: Counter[Count] = Counter((row.version_id, row.node_id, "exited", row.exit_reason) for row in ended)
    count(session, counts)
    return len(ended)


def leave(session: Session, customer_ids: Collection[uuid.UUID], *, reason: str) -> None:
    """These customers, who are forgotten, leave every journey at once, those into which they are just being let as well. Nothing is kept of
    what was told of them. May be called twice.
    """
    close_doors(session)
    theirs = Walk.customer_id.in_(customer_ids)
    # A step for which `end` had to wait may have let one of them into another journey.
    while found := session.execute(select(Walk.id).where(theirs, Walk.status.in_(INSIDE))).scalars().all():
        end(session, dict.fromkeys(found, reason))
    told = update(Walk).where(theirs, Walk.context != {}).values(context={})
    session.execute(told.execution_options(synchronize_session=False))


def let_out(session: Session, happened: Sequence[Event], people: Mapping[uuid.UUID, Customer]) -> None:
    """End the walks that these events end, and those of whom the rule `exit_if` speaks since. `people` is who each customer is now."""
    names = {event.name for event in happened}
    # A walk may still stand under a profile that was merged just now, and the event may be recorded under either.
    kept = {customer.id for customer in people.values()}
    selves = {customer_id: customer.id for customer_id, customer in people.items()} | {one: one for one in kept}
    for twin in session.execute(select(Customer).where(Customer.merged_into_id.in_(kept))).scalars():
        selves[twin.id] = twin.merged_into_id or twin.id
    versions = JourneyVersion.exit_on.overlap(list(names)) | JourneyVersion.watches.overlap(list(names))
    inside: dict[uuid.UUID, list[Walk]] = defaultdict(list)
    wanted = select(Walk).join(JourneyVersion, JourneyVersion.id == Walk.version_id)
    wanted = wanted.where(Walk.customer_id == any_(literal(sorted(selves), ARRAY(Uuid))), Walk.status.in_(INSIDE), versions)
    for walk in session.execute(wanted.order_by(Walk.id)).scalars():
        inside[walk.version_id].append(walk)
    hers: dict[uuid.UUID, list[Event]] = defaultdict(list)
    for event in happened:
        if event.customer_id is not None and event.customer_id in people:
            hers[people[event.customer_id].id].append(event)
    reasons: dict[uuid.UUID, str] = {}
    for version_id, walks in inside.items():
        version = session.get_one(JourneyVersion, version_id)
        rules = Graph(version.graph).rules
        for walk in walks:
            if event_name := ending(walk, hers[selves[walk.customer_id]], rules["exit_on"]):
                reasons[walk.id] = event_name
        if rules["exit_if"] and names & set(version.watches):
            some = {selves[walk.customer_id] for walk in walks}
            found = set(
                session.execute(fulfilling(rules["exit_if"], Scope(version.brand_id, clock.now(session)), few(session, some))).scalars()
            )
            reasons = {walk.id: "exit_if" for walk in walks if selves[walk.customer_id] in found} | reasons
    end(session, reasons)


def watched_by(exit_if: dict[str, Any] | None) -> set[str]:
    """The events that may make a rule `exit_if` hold."""
    if exit_if is None:
        return set()
    told = {name.removeprefix("attribute:") for name in listens(exit_if) if name.startswith("attribute:")}
    # Of what is computed nobody tells: it follows what it is computed from.
    computed = {name for one in told for name in ATTRIBUTES[one].listens}
    return {name for name in listens(exit_if) if not name.startswith("attribute:")} | computed


def ending(walk: Walk, happened: Sequence[Event], exits: Sequence[dict[str, Any]]) -> str | None:
    """The name of the first of these events that ends a walk, by the rule `exit_on`."""
    for event in happened:
        named = any(one["event"] == event.name and filters.fits(one["where"], event.data) for one in exits)
        if named and _ends(event, since=walk.triggered_at, subject=(walk.subject_type, walk.subject_id)):
            return event.name
    return None


def _ends(event: Event, *, since: datetime, subject: tuple[str | None, str | None]) -> bool:
    """Whether an event ends a walk that began for something at some time: the refund of another order does not."""
    if subject[0] and subject[0] == event.subject_type and subject[0] != "customer":
        return subject[1] == event.subject_id and event.recorded_at >= since - OVERLAP
    return event.recorded_at >= since


def end_expired() -> int:
    """Let out whose time in a journey is over, how many."""
    ended = 0
    while True:
        with db.transaction() as session:
            due = select(Walk.id).where(Walk.ends_at <= clock.now(session), Walk.status.in_(INSIDE))
            ids = session.execute(due.order_by(Walk.ends_at).limit(AT_A_TIME).with_for_update(skip_locked=True)).scalars().all()
            ended += end(session, dict.fromkeys(ids, "ttl"))
        if len(ids) < AT_A_TIME:
            return ended
