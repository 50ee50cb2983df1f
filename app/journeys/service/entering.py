"""Let customers into journeys and out of them, in whatever order the events behind it are heard."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.audience.queries import who_now
from app.events import service as events
from app.events.models import Event
from app.identity.models import Customer
from app.journeys.graph import Graph
from app.journeys.models import INSIDE, Journey, JourneyStatus, JourneyVersion, VersionStatus, Walk, WalkStatus
from app.journeys.triggers import Heard
from app.kit import clock, db, queue
from app.messaging import service as messaging

# Events bear the time at which their transaction began: of two transactions that waited for one another, the later fact may bear the
# earlier time. Facts about the same thing (one order) count as later within this much.
OVERLAP = timedelta(seconds=5)


@dataclass(frozen=True)
class _Entry:
    version: JourneyVersion
    event: Event
    customer: Customer
    since: datetime
    subject: tuple[str | None, str | None]


def hear(session: Session, happened: Sequence[Event]) -> None:
    """What the journeys do about these events: those whose walk is over leave, then those whom a trigger brings enter.

    An event that ends a walk and was recorded after the cause of the entry keeps the customer out even when it is heard first.
    """
    asked = {event.customer_id for event in happened if event.customer_id}
    people = who_now(session, asked)
    _let_out(session, happened, people)
    _let_in(session, happened, people)


def _ends(event: Event, *, since: datetime, subject: tuple[str | None, str | None]) -> bool:
    """Whether an event ends a walk that began for something at some time: the refund of another order does not."""
    if subject[0] and subject[0] == event.subject_type and subject[0] != "customer":
        return subject[1] == event.subject_id and event.recorded_at >= since - OVERLAP
    return event.recorded_at >= since


def _let_out(session: Session, happened: Sequence[Event], people: dict[uuid.UUID, Customer]) -> None:
    """End the walks that these events end."""
    # A walk may still stand under a profile that was merged just now, and the event may be recorded under either.
    kept = {customer.id for customer in people.values()}
    selves = {customer_id: customer.id for customer_id, customer in people.items()} | {one: one for one in kept}
    for twin in session.execute(select(Customer).where(Customer.merged_into_id.in_(kept))).scalars():
        selves[twin.id] = twin.merged_into_id or twin.id
    inside = session.execute(
        select(Walk, JourneyVersion.exit_on)
        .join(JourneyVersion, JourneyVersion.id == Walk.version_id)
        .where(
            Walk.customer_id.in_(selves), Walk.status.in_(INSIDE), JourneyVersion.exit_on.overlap(list({event.name for event in happened}))
        )
    ).all()
    reasons: dict[uuid.UUID, str] = {}
    for walk, exit_on in inside:
        for event in happened:
            herself = event.customer_id in people and people[event.customer_id].id == selves[walk.customer_id]
            ends = event.name in exit_on and _ends(event, since=walk.triggered_at, subject=(walk.subject_type, walk.subject_id))
            if herself and ends:
                reasons.setdefault(walk.id, event.name)
    _exit(session, reasons)


def leave(session: Session, customer_ids: Collection[uuid.UUID], *, reason: str) -> None:
    """These customers leave every journey at once."""
    inside = session.execute(select(Walk.id).where(Walk.customer_id.in_(customer_ids), Walk.status.in_(INSIDE))).scalars()
    _exit(session, dict.fromkeys(inside, reason))


def _exit(session: Session, reasons: dict[uuid.UUID, str]) -> None:
    """End walks, each with its reason, and take back the messages that they planned and nobody has claimed."""
    # A step that is being taken holds its walks: this waits for it, and then takes back what it planned.
    walks = (
        session.execute(
            select(Walk)
            .where(Walk.id.in_(reasons), Walk.status.in_(INSIDE))
            .order_by(Walk.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        .scalars()
        .all()
    )
    moment = clock.now(session)
    for walk in walks:
        walk.status, walk.exit_reason = WalkStatus.exited, reasons[walk.id]
        walk.ended_at, walk.due_at, walk.awaits = moment, None, None
        messaging.cancel_planned(session, walk_id=walk.id)
    record_walks(session, "journey.exited", walks)


def _let_in(session: Session, happened: Sequence[Event], people: dict[uuid.UUID, Customer]) -> None:
    entries = list(_entries(session, happened, people))
    if not entries:
        return
    entries = _without_those_who_left(session, entries)
    moment = clock.now(session)
    rows = [
        {
            "id": db.new_id(),
            "brand_id": entry.event.brand_id,
            "journey_id": entry.version.journey_id,
            "version_id": entry.version.id,
            "customer_id": entry.customer.id,
            "entry_key": "once" if entry.version.graph.get("rules", {}).get("reentry", {}).get("mode") == "once" else str(entry.event.id),
            "node_id": entry.version.graph["start"],
            "status": WalkStatus.active,
            "arrived_at": moment,
            "due_at": moment,
            "triggered_at": entry.since,
            "subject_type": entry.subject[0],
            "subject_id": entry.subject[1],
            "context": {key: value for key, value in entry.event.data.items() if key != "caused_at"},
        }
        for entry in entries
    ]
    if not rows:
        return
    entered = session.execute(insert(Walk).on_conflict_do_nothing().values(rows).returning(Walk)).scalars().all()
    if entered:
        record_walks(session, "journey.entered", entered)
        queue.enqueue(session, "journeys.advance")


def _entries(session: Session, happened: Sequence[Event], people: dict[uuid.UUID, Customer]) -> Iterable[_Entry]:
    versions = session.execute(
        select(JourneyVersion)
        .join(Journey, Journey.id == JourneyVersion.journey_id)
        .where(
            JourneyVersion.status == VersionStatus.published,
            JourneyVersion.hears.overlap(list({event.name for event in happened})),
            Journey.status.in_((JourneyStatus.active, JourneyStatus.paused)),
        )
    ).scalars()
    for version in versions:
        heard = [(kind, config) for kind, config in Graph(version.graph).triggers if issubclass(kind, Heard)]
        for event in happened:
            customer = people.get(event.customer_id) if event.customer_id else None
            fits = (event.name in kind.hears(config) and kind.fits(config, event) for kind, config in heard)
            if customer is None or event.brand_id != version.brand_id or not any(fits):
                continue
            since = datetime.fromisoformat(event.data["caused_at"]) if "caused_at" in event.data else event.recorded_at
            yield _Entry(version, event, customer, since, (event.subject_type, event.subject_id))


def _without_those_who_left(session: Session, entries: list[_Entry]) -> list[_Entry]:
    """Leave out those for whom something that ends the walk was recorded since its cause, whether it was delivered to us or not."""
    names = {name for entry in entries for name in entry.version.exit_on}
    ids = {customer_id for entry in entries for customer_id in (entry.event.customer_id, entry.customer.id)}
    since = min(entry.since for entry in entries) - OVERLAP
    left: dict[uuid.UUID, list[Event]] = {}
    if names:
        found = session.execute(select(Event).where(Event.customer_id.in_(ids), Event.name.in_(names), Event.recorded_at >= since))
        for event in found.scalars():
            if event.customer_id:
                left.setdefault(event.customer_id, []).append(event)

    def over(entry: _Entry) -> bool:
        own = left.get(entry.customer.id, []) + (left.get(entry.event.customer_id, []) if entry.event.customer_id else [])
        return any(event.name in entry.version.exit_on and _ends(event, since=entry.since, subject=entry.subject) for event in own)

    return [entry for entry in entries if not over(entry)]


def merge(session: Session, *, kept_id: uuid.UUID, merged_id: uuid.UUID) -> None:
    """Two profiles are one person: she goes on in each journey once, and what one of them walked the other has walked."""
    walks = (
        session.execute(select(Walk).where(Walk.customer_id.in_((kept_id, merged_id))).order_by(Walk.id).with_for_update()).scalars().all()
    )
    inside = {walk.journey_id for walk in walks if walk.customer_id == kept_id and walk.status in INSIDE}
    walked = {(walk.journey_id, walk.entry_key) for walk in walks if walk.customer_id == kept_id}
    theirs = [walk for walk in walks if walk.customer_id == merged_id]
    twice = [
        walk for walk in theirs if walk.status in INSIDE and (walk.journey_id in inside or (walk.journey_id, walk.entry_key) in walked)
    ]
    _exit(session, {walk.id: "customer.merged" for walk in twice})
    for walk in theirs:
        if (walk.journey_id, walk.entry_key) not in walked:
            walk.customer_id = kept_id
    session.flush()


def record_walks(session: Session, name: str, walks: Sequence[Walk]) -> None:
    """Record the same fact about many walks."""
    facts: list[dict[str, Any]] = [
        {
            "brand_id": walk.brand_id,
            "customer_id": walk.customer_id,
            "subject": ("journey", walk.journey_id),
            "data": {"walk_id": walk.id, "journey_id": walk.journey_id, "version_id": walk.version_id}
            | ({"reason": walk.exit_reason} if walk.exit_reason else {}),
        }
        for walk in walks
    ]
    if facts:
        events.record_all(session, name, facts)
