"""Let people out of journeys before their end: because of what happened, because of who they are now, or because their time is over."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from marshmallow import ValidationError
from sqlalchemy import Text, Uuid, any_, cast, literal, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DataError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from app.audience.conditions import Scope
from app.audience.queries import Living
from app.audience.queries.attributes import ATTRIBUTES
from app.audience.service.compiling import listens, moved_by_time
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
from app.kit.errors import AppError
from app.kit.logging import logger
from app.messaging import service as messaging

log = logger(__name__)

AT_A_TIME = 2000
# A step that is being taken holds its walks: locking waits for it, and what it planned is taken back afterwards.
_LOCK = "SELECT id FROM walks WHERE id = ANY(:ids) AND status IN ('active', 'stuck') ORDER BY id FOR UPDATE"
_END = """
    UPDATE walks w SET status = 'exited', exit_reason = r.reason, ended_at = :now, due_at = NULL, awaits = NULL
    FROM unnest(CAST(:ids AS uuid[]), CAST(:reasons AS text[])) AS r (id, reason)
    WHERE w.id = r.id AND w.status IN ('active', 'stuck')
    RETURNING w.id, w.brand_id, w.journey_id, w.version_id, w.node_id, w.exit_reason, w.problem IS NOT NULL AS stuck
"""
_EXITED = """
    SELECT customer_id, jsonb_build_object('walk_id', id, 'journey_id', journey_id, 'version_id', version_id, 'reason', exit_reason) AS data
    FROM walks WHERE id = ANY(:ids)
"""


def end(session: Session, reasons: Mapping[uuid.UUID, str], counts: Counter[Count] | None = None) -> int:
    """End walks, each with its reason, and take back the messages that they planned and nobody has claimed; how many were inside.

    In a number of statements that does not grow with theirs. May be called twice. Whoever gives `counts` counts them, last of all.
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
    told: Counter[Count] = Counter((row.version_id, row.node_id, "exited", row.exit_reason) for row in ended)
    told.update((row.version_id, row.node_id, "freed", "") for row in ended if row.stuck)
    if counts is None:
        count(session, told)
    else:
        counts.update(told)
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


def let_out(
    session: Session,
    happened: Sequence[Event],
    people: Mapping[uuid.UUID, Living],
    counts: Counter[Count],
    *,
    journey_id: uuid.UUID | None = None,
    each_alone: bool = False,
) -> set[uuid.UUID]:
    """End the walks that these events end, of one journey if it is given, and those of whom the rule `exit_if` speaks since. `people` is
    who each customer is now. With `each_alone` a version that cannot be asked holds up no other; of which journeys there is one.
    """
    names = {event.name for event in happened}
    versions = JourneyVersion.exit_on.overlap(list(names)) | JourneyVersion.watches.overlap(list(names))
    if journey_id is not None:
        versions = versions & (JourneyVersion.journey_id == journey_id)
    asked = {one.id: one for one in session.execute(select(JourneyVersion).where(versions)).scalars()}
    if not asked:
        return set()
    selves = _selves(session, people)
    inside: dict[uuid.UUID, list[Walk]] = defaultdict(list)
    wanted = select(Walk).where(Walk.customer_id == any_(literal(sorted(selves), ARRAY(Uuid))), Walk.version_id.in_(asked))
    for walk in session.execute(wanted.where(Walk.status.in_(INSIDE)).order_by(Walk.id)).scalars():
        inside[walk.version_id].append(walk)
    hers: dict[uuid.UUID, list[Event]] = defaultdict(list)
    for event in happened:
        if event.customer_id is not None and event.customer_id in people:
            hers[people[event.customer_id].id].append(event)
    reasons: dict[uuid.UUID, str] = {}
    failed: set[uuid.UUID] = set()
    for version_id, walks in inside.items():
        try:
            reasons |= _leaving(session, asked[version_id], walks, hers, selves, names)
        except (ValidationError, LookupError, TypeError, ValueError, ProgrammingError, DataError, AppError):
            if not each_alone:
                raise
            log.exception("a version cannot be asked who leaves it", version_id=str(version_id))
            failed.add(asked[version_id].journey_id)
    end(session, reasons, counts)
    return failed


def _selves(session: Session, people: Mapping[uuid.UUID, Living]) -> dict[uuid.UUID, uuid.UUID]:
    """Who is who: a walk may still stand under a profile that was merged just now, and an event may be recorded under either."""
    kept = {customer.id for customer in people.values()}
    selves = {customer_id: customer.id for customer_id, customer in people.items()} | {one: one for one in kept}
    merged = select(Customer.id, Customer.merged_into_id).where(Customer.merged_into_id == any_(literal(sorted(kept), ARRAY(Uuid))))
    return selves | {twin: into for twin, into in session.execute(merged) if into}


def _leaving(
    session: Session,
    version: JourneyVersion,
    walks: Sequence[Walk],
    hers: Mapping[uuid.UUID, Sequence[Event]],
    *who: Any,
) -> dict[uuid.UUID, str]:
    """Why walks of a version are over, of those that are. `who` is everybody's self, and the names of what happened."""
    selves, names = who
    rules, reasons = Graph(version.graph).rules, dict[uuid.UUID, str]()
    for walk in walks:
        if event_name := ending(session, walk, hers.get(selves[walk.customer_id], ()), rules["exit_on"]):
            reasons[walk.id] = event_name
    if rules["exit_if"] and names & set(version.watches):
        with session.begin_nested():
            found = of_rule(session, version, rules["exit_if"], {selves[walk.customer_id] for walk in walks})
        reasons = {walk.id: "exit_if" for walk in walks if selves[walk.customer_id] in found} | reasons
    return reasons


def of_rule(session: Session, version: JourneyVersion, exit_if: dict[str, Any], some: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Of these customers those for whom the rule `exit_if` of a version holds now."""
    scope = Scope(version.brand_id, clock.now(session))
    return set(session.execute(fulfilling(exit_if, scope, few(session, some))).scalars())


def let_out_before(
    session: Session, version: JourneyVersion, coming: Sequence[tuple[uuid.UUID, uuid.UUID]], counts: Counter[Count]
) -> None:
    """Those who come again to a journey in which they still stand leave it first where an event has ended that walk, heard or not.

    `coming` are who they are and under which id it was told of them. What ends walks is heard in another line than what begins them.
    """
    exits = Graph(version.graph).rules["exit_on"]
    if not exits:
        return
    ids = {one for pair in coming for one in pair}
    inside = select(Walk).where(Walk.customer_id == any_(literal(sorted(ids), ARRAY(Uuid))), Walk.journey_id == version.journey_id)
    walks = session.execute(inside.where(Walk.status.in_(INSIDE)).order_by(Walk.id)).scalars().all()
    if not walks:
        return
    since = min(walk.triggered_at for walk in walks) - OVERLAP
    theirs = {told_as for customer_id, told_as in coming} | ids
    happened = select(Event).where(Event.customer_id == any_(literal(sorted(theirs), ARRAY(Uuid))), Event.brand_id == version.brand_id)
    happened = happened.where(Event.name.in_({one["event"] for one in exits}), Event.recorded_at >= since)
    hers: dict[uuid.UUID, list[Event]] = defaultdict(list)
    selves = {told_as: customer_id for customer_id, told_as in coming} | {customer_id: customer_id for customer_id, _ in coming}
    for event in session.execute(happened.order_by(Event.recorded_at, Event.id)).scalars():
        if event.customer_id:
            hers[selves[event.customer_id]].append(event)
    told = ((walk.id, ending(session, walk, hers[selves[walk.customer_id]], exits)) for walk in walks)
    end(session, {walk_id: reason for walk_id, reason in told if reason}, counts)


def end_by_time() -> int:
    """Let out those for whom time alone made the rule `exit_if` of their version hold, how many: what happened too long ago, or long
    enough, is no event. Looked at is only for whom something may have changed since the last look.
    """
    with db.transaction() as session:
        ruled = select(JourneyVersion.id).where(JourneyVersion.graph["rules"]["exit_if"].astext.is_not(None))
        versions = session.execute(ruled.order_by(JourneyVersion.id)).scalars().all()
    ended = 0
    for version_id in versions:
        try:
            ended += _end_by_time(version_id)
        except OperationalError:
            raise
        except Exception:
            # Its journey pauses by itself as soon as something happens to somebody in it (`diagnosing.py`).
            log.exception("a version cannot be asked who leaves it", version_id=str(version_id))
    return ended


def _end_by_time(version_id: uuid.UUID) -> int:
    ended, after, until = 0, uuid.UUID(int=0), None
    while True:
        with db.transaction() as session:
            version = session.get_one(JourneyVersion, version_id)
            # One look is at one moment, however many pages it has.
            until = until or clock.now(session)
            scope, exit_if = Scope(version.brand_id, until), Graph(version.graph).rules["exit_if"]
            moved = moved_by_time(exit_if, scope, version.looked_at or version.created_at) if exit_if else None
            if moved is None:
                return ended
            hers = select(Walk.id, Walk.customer_id).where(Walk.version_id == version_id, Walk.journey_id == version.journey_id)
            hers = hers.where(Walk.status.in_(INSIDE), Walk.customer_id.in_(moved), Walk.id > after).order_by(Walk.id)
            page = session.execute(hers.limit(AT_A_TIME)).all()
            found = of_rule(session, version, exit_if, {customer_id for _, customer_id in page})
            ended += end(session, {walk_id: "exit_if" for walk_id, customer_id in page if customer_id in found})
            if len(page) < AT_A_TIME:
                looked = update(JourneyVersion).where(JourneyVersion.id == version_id).values(looked_at=until)
                session.execute(looked.execution_options(synchronize_session=False))
                return ended
            after = page[-1].id


def watched_by(exit_if: dict[str, Any] | None) -> set[str]:
    """The events that may make a rule `exit_if` hold."""
    if exit_if is None:
        return set()
    told = {name.removeprefix("attribute:") for name in listens(exit_if) if name.startswith("attribute:")}
    # Of what is computed nobody tells: it follows what it is computed from.
    computed = {name for one in told for name in ATTRIBUTES[one].listens}
    return {name for name in listens(exit_if) if not name.startswith("attribute:")} | computed


def ending(session: Session, walk: Walk, happened: Sequence[Event], exits: Sequence[dict[str, Any]]) -> str | None:
    """The name of the first of these events that ends a walk, by the rule `exit_on`."""
    for event in happened:
        named = any(one["event"] == event.name and filters.fits(one["where"], event.data) for one in exits)
        ends = named and _ends(event, since=walk.triggered_at, subject=(walk.subject_type, walk.subject_id))
        if ends and not _before_the_cause(session, event, walk):
            return event.name
    return None


def _ends(event: Event, *, since: datetime, subject: tuple[str | None, str | None]) -> bool:
    """Whether an event ends a walk that began for something at some time: the refund of another order does not."""
    if subject[0] and subject[0] == event.subject_type and subject[0] != "customer":
        return subject[1] == event.subject_id and event.recorded_at >= since - OVERLAP
    return event.recorded_at >= since


def _before_the_cause(session: Session, event: Event, walk: Walk) -> bool:
    """Whether an event is of the transaction that let her in, and older: a tag that was taken and given again ends nothing that began then.

    What one transaction records bears one time, and ids in the order of its events.
    """
    if event.recorded_at != walk.triggered_at or event.customer_id is None:
        return False
    cause = select(Event.id).where(Event.customer_id == event.customer_id, Event.recorded_at == event.recorded_at, Event.id > event.id)
    return session.execute(cause.where(cast(Event.id, Text) == walk.entry_key)).first() is not None


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
