"""Let thousands of people into a journey at once: whoever arrives stands in the temporary table `arriving`, and a few statements say of
each whether she enters, is held out, or is left out, and why.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
    and_,
    any_,
    case,
    cast,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, array
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from app.audience.conditions import Scope
from app.audience.service.compiling import people
from app.audience.service.membership import few
from app.events.masses import record_selected
from app.events.models import Event
from app.journeys import filters
from app.journeys.chance import draw
from app.journeys.graph import TRIGGER, Graph
from app.journeys.holding import is_looking_ahead
from app.journeys.models import JourneyVersion
from app.journeys.rules import PER
from app.journeys.service.counting import Count, count
from app.kit import clock, db, queue
from app.kit.json import dumps

# Events bear the time at which their transaction began: of two transactions that waited for one another, the later fact may bear the
# earlier time. Facts about the same thing (one order) count as later within this much.
OVERLAP = timedelta(seconds=5)

# `told_as` is the id under which her arrival was told of. `why` is the reason for which she is left out, `held` that she is held out.
arriving = Table(
    "arriving",
    MetaData(),
    Column("walk_id", Uuid),
    Column("customer_id", Uuid),
    Column("told_as", Uuid),
    Column("entry_key", String),
    Column("triggered_at", DateTime(timezone=True)),
    Column("subject_type", String),
    Column("subject_id", String),
    Column("context", JSONB),
    Column("why", String),
    Column("held", Boolean),
    Column("parent_id", Uuid),
)
TABLE = """
    CREATE TEMPORARY TABLE IF NOT EXISTS arriving (
        walk_id uuid DEFAULT marque_new_id(), customer_id uuid, told_as uuid, entry_key text, triggered_at timestamptz,
        subject_type text, subject_id text, context jsonb, why text, held boolean DEFAULT false, parent_id uuid
    ) ON COMMIT DELETE ROWS
"""
_GONE = """
    UPDATE arriving a SET why = 'gone' WHERE NOT EXISTS (
        SELECT FROM customers c
        WHERE c.id = a.customer_id AND c.brand_id = :brand_id AND c.merged_into_id IS NULL AND c.erased_at IS NULL)
"""
# A walk may still stand under a profile that was merged just now, of which journeys have not heard yet. OFFSET and the pair keep the
# planner from reading all walks of the journey, once for each page or each person, which it does as long as it has not heard how many
# those are: only the index that begins with the customer knows such pairs in order.
_WALKED = """
    WITH selves AS (
        SELECT walk_id, entry_key, customer_id FROM arriving WHERE why IS NULL
        UNION ALL
        SELECT a.walk_id, a.entry_key, c.id FROM arriving a JOIN customers c ON c.merged_into_id = a.customer_id WHERE a.why IS NULL
    ), known AS (
        SELECT a.walk_id, bool_or(:once OR w.entry_key = a.entry_key) AS walked, bool_or(w.status = 'held_out') AS held_out,
            bool_or(w.status IN ('active', 'stuck')) AS inside, max(w.created_at) AS last_at
        FROM selves a CROSS JOIN LATERAL (
            SELECT * FROM walks WHERE customer_id = a.customer_id
                AND (customer_id, journey_id) >= (a.customer_id, :journey_id) AND (customer_id, journey_id) <= (a.customer_id, :journey_id)
            OFFSET 0
        ) w
        GROUP BY a.walk_id
    )
    UPDATE arriving a SET why = CASE WHEN known.walked THEN 'walked' WHEN known.held_out THEN 'held_out' WHEN known.inside THEN 'inside'
        WHEN known.last_at > CAST(:not_since AS timestamptz) THEN 'too_soon' END
    FROM known WHERE known.walk_id = a.walk_id
"""
# Of several causes of one person the first lets her in.
_TWICE = """
    UPDATE arriving a SET why = 'inside'
    FROM (SELECT walk_id, row_number() OVER (PARTITION BY customer_id ORDER BY triggered_at, walk_id) AS nth
          FROM arriving WHERE why IS NULL) every
    WHERE every.walk_id = a.walk_id AND every.nth > 1
"""
# Who waits for her turn arrives when it comes: a wait on the first node counts from then.
# In one order, so that two who let in the same people wait for each other, and never in a circle.
_ENTER = """
    WITH coming AS (
        SELECT *, row_number() OVER (PARTITION BY held ORDER BY walk_id) - 1 AS nth FROM arriving WHERE why IS NULL
    ), made AS (
        INSERT INTO walks (id, brand_id, created_at, journey_id, version_id, customer_id, entry_key, status, node_id, visit_no, arrived_at,
            due_at, triggered_at, subject_type, subject_id, context, ends_at, parent_id)
        SELECT walk_id, :brand_id, :now, :journey_id, :version_id, customer_id, entry_key,
            CASE WHEN held THEN 'held_out' ELSE 'active' END, :start, 1,
            CASE WHEN held THEN :now ELSE CAST(:begins AS timestamptz) + nth * CAST(:apart AS interval) END,
            CASE WHEN NOT held THEN CAST(:begins AS timestamptz) + nth * CAST(:apart AS interval) END,
            triggered_at, subject_type, subject_id, context,
            CASE WHEN NOT held THEN CAST(:begins AS timestamptz) + nth * CAST(:apart AS interval) + CAST(:lives AS interval) END, parent_id
        FROM coming ORDER BY customer_id
        {unless} RETURNING status
    )
    SELECT count(*) FILTER (WHERE status = 'active'), count(*) FILTER (WHERE status = 'held_out') FROM made
"""
# To look into each of its indexes beforehand is a fourth of what a row costs.
_UNLESS_RACED = "ON CONFLICT DO NOTHING"
_RACED = """
    UPDATE arriving a SET why = 'inside' WHERE why IS NULL AND NOT EXISTS (SELECT FROM walks w WHERE w.id = a.walk_id)
"""
_ENTERED = """
    SELECT customer_id, jsonb_build_object('walk_id', walk_id, 'journey_id', CAST(:journey_id AS text),
        'version_id', CAST(:version_id AS text)) AS data
    FROM arriving WHERE why IS NULL AND NOT held
"""
_LEFT_OUT = "SELECT why, count(*) FROM arriving WHERE why IS NOT NULL GROUP BY why"
_PACE = """
    INSERT INTO journey_paces AS p (journey_id, next_at) VALUES (:journey_id, :now)
    ON CONFLICT (journey_id) DO UPDATE SET next_at = greatest(p.next_at, excluded.next_at) RETURNING next_at
"""


@dataclass(frozen=True)
class Arrival:
    """One person who may enter, known now as `customer_id`; `told_as` is the id under which it was told."""

    customer_id: uuid.UUID
    told_as: uuid.UUID
    entry_key: str
    triggered_at: datetime
    subject: tuple[str | None, str | None] = (None, None)
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Enrolled:
    """What became of those who arrived: how many entered, are held out, and were left out, by the key of a reason."""

    entered: int = 0
    held_out: int = 0
    left_out: dict[str, int] = field(default_factory=dict)


def open_doors(session: Session, *, exits_of: Collection[uuid.UUID] = (), entries_of: Collection[uuid.UUID] = ()) -> None:
    """Before anybody is let into journeys, or out of them because of what happened; before anything about it is read.

    Whoever is just being let in cannot be seen by those who let her out, so these wait for the others, and the others for them. A merge
    waits for all (`close_doors`). The locks end with the transaction.
    """
    modes = dict.fromkeys(entries_of, "_shared") | dict.fromkeys(exits_of, "")
    wanted = "SELECT pg_advisory_xact_lock_shared(hashtext('journeys entering'))"
    session.execute(text(wanted))
    for one in sorted(modes):
        session.execute(text(f"SELECT pg_advisory_xact_lock{modes[one]}(hashtextextended(:key, 1))"), {"key": f"entering {one}"})


def close_doors(session: Session) -> None:
    """Wait for all who are being let in, and let nobody in before this transaction ends."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('journeys entering'))"))


def clear(session: Session) -> None:
    """Make `arriving`, with nobody in it."""
    session.execute(text(TABLE))
    session.execute(text("DELETE FROM arriving"))


def fill(session: Session, arrivals: Iterable[Arrival]) -> None:
    """These arrive, and nobody else."""
    clear(session)
    names = ("walk_id", "customer_id", "told_as", "entry_key", "triggered_at", "subject_type", "subject_id", "context")
    rows = (
        (db.new_id(), one.customer_id, one.told_as, one.entry_key, one.triggered_at, *one.subject, dumps(one.context).decode())
        for one in arrivals
    )
    db.copy_rows(session, "arriving", names, rows)


def enrol(session: Session, version: JourneyVersion, counts: Counter[Count] | None = None) -> Enrolled:
    """Those who stand in `arriving` enter this version by the rules of its journey; the doors are open (`open_doors`). In a number of
    statements that does not grow with theirs. May be called twice: whoever walked for the same `entry_key` is left out.

    Whoever gives `counts` counts them, last of all.
    """
    now, graph = clock.now(session), Graph(version.graph)
    rules = graph.rules
    if (rules["starts_at"] and now < rules["starts_at"]) or (rules["ends_at"] and now >= rules["ends_at"]):
        session.execute(text("UPDATE arriving SET why = 'not_open'"))
    else:
        _leave_out(session, version, rules, now)
    if rules["holdout_percent"]:
        drawn = draw(arriving.c.customer_id, version.journey_id, below=100) < rules["holdout_percent"]
        session.execute(update(arriving).where(arriving.c.why.is_(None), drawn).values(held=True))
    entered, held_out = _enter(session, version, graph, now)
    left_out: dict[str, int] = dict(session.execute(text(_LEFT_OUT)).all())
    told: Counter[Count] = Counter({(version.id, TRIGGER, "left_out", why): times for why, times in left_out.items()})
    if held_out:
        told[version.id, TRIGGER, "held_out", ""] = held_out
    if entered:
        params = {"journey_id": str(version.journey_id), "version_id": str(version.id)}
        about = ("journey", version.journey_id)
        record_selected(session, "journey.entered", _ENTERED, brand_id=version.brand_id, params=params, subject=about)
        queue.enqueue(session, "journeys.advance")
        told[version.id, TRIGGER, "let_in", ""] = entered
        told[version.id, graph.raw["start"], "entered", ""] = entered
    if counts is None:
        count(session, told)
    else:
        counts.update(told)
    return Enrolled(entered, held_out, left_out)


def _leave_out(session: Session, version: JourneyVersion, rules: dict[str, Any], now: datetime) -> None:
    session.execute(text(_GONE), {"brand_id": version.brand_id})
    hours = rules["reentry"]["after_hours"]
    asked = {
        "journey_id": version.journey_id,
        "once": rules["reentry"]["mode"] == "once",
        "not_since": now - timedelta(hours=hours) if hours else None,
    }
    session.execute(text(_WALKED), asked)
    if rules["exit_on"]:
        _leave_out_those_who_left(session, version, rules["exit_on"])
    if rules["exit_if"]:
        ids = session.execute(select(arriving.c.customer_id).where(arriving.c.why.is_(None))).scalars().all()
        found = people(rules["exit_if"], Scope(version.brand_id, now), few(session, set(ids)))
        hers = arriving.c.customer_id.in_(found)
        session.execute(update(arriving).where(arriving.c.why.is_(None), hers).values(why="exit_if"))
    session.execute(text(_TWICE))


def _leave_out_those_who_left(session: Session, version: JourneyVersion, exits: Sequence[dict[str, Any]]) -> None:
    """Leave out those for whom something that ends the walk was recorded since its cause, whether it was delivered to us or not."""
    since = session.execute(select(func.min(arriving.c.triggered_at)).where(arriving.c.why.is_(None))).scalar_one()
    if since is None:
        return
    ends = or_(*(and_(Event.name == one["event"], filters.holds(one["where"], Event.data)) for one in exits))
    lately = and_(Event.brand_id == version.brand_id, Event.name.in_({one["event"] for one in exits}), Event.recorded_at >= since - OVERLAP)
    # Mostly there is no such event at all, and then nobody is looked up.
    if session.execute(select(Event.id).where(lately).limit(1)).first() is None:
        return
    is_about_the_same = and_(
        arriving.c.subject_type.is_not(None), arriving.c.subject_type != "customer", Event.subject_type == arriving.c.subject_type
    )
    later = case(
        (is_about_the_same, and_(Event.subject_id == arriving.c.subject_id, Event.recorded_at >= arriving.c.triggered_at - OVERLAP)),
        else_=Event.recorded_at >= arriving.c.triggered_at,
    )
    herself = Event.customer_id == any_(array([arriving.c.customer_id, arriving.c.told_as]))
    # What one transaction records bears one time: ids are in the order of its events. As in `leaving._before_the_cause`.
    cause = aliased(Event)
    is_hers = and_(cause.customer_id == Event.customer_id, cast(cause.id, Text) == arriving.c.entry_key)
    in_order = and_(Event.recorded_at == arriving.c.triggered_at, cause.recorded_at == Event.recorded_at, cause.id > Event.id)
    before_the_cause = exists().where(is_hers, in_order).correlate(arriving, Event)
    left = exists().where(lately, herself, ends, later, ~before_the_cause).correlate(arriving)
    session.execute(update(arriving).where(arriving.c.why.is_(None), left).values(why="left"))


def _enter(session: Session, version: JourneyVersion, graph: Graph, now: datetime) -> tuple[int, int]:
    """How many entered, and how many are held out."""
    expected = session.execute(text("SELECT count(*) FROM arriving WHERE why IS NULL")).scalar_one()
    if not expected:
        return 0, 0
    rules, begins, apart = graph.rules, now, timedelta(0)
    if rules["throttle"] and not is_looking_ahead(session):
        # The row is locked until those who take these places are in.
        begins = session.execute(text(_PACE), {"journey_id": version.journey_id, "now": now}).scalar_one()
        apart = PER[rules["throttle"]["per"]] / rules["throttle"]["people"]
    given = {
        "brand_id": version.brand_id,
        "now": now,
        "journey_id": version.journey_id,
        "version_id": version.id,
        "start": graph.raw["start"],
        "begins": begins,
        "apart": apart,
        "lives": timedelta(days=rules["ttl_days"]) if rules["ttl_days"] else None,
    }
    try:
        with session.begin_nested():
            entered, held_out = session.execute(text(_ENTER.format(unless="")), given).one()
    except IntegrityError:
        entered, held_out = session.execute(text(_ENTER.format(unless=_UNLESS_RACED)), given).one()
    if entered + held_out < expected:
        session.execute(text(_RACED))
    if apart:
        taken = {"journey_id": version.journey_id, "next_at": begins + entered * apart}
        session.execute(text("UPDATE journey_paces SET next_at = :next_at WHERE journey_id = :journey_id"), taken)
    return entered, held_out
