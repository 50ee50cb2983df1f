"""Notice that the goal of a journey was reached, by whoever walks it and by the control group, once for each walk."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.audience.queries import who_now
from app.events.models import Event
from app.journeys import filters
from app.journeys.graph import TRIGGER, Graph
from app.journeys.models import Conversion, JourneyVersion
from app.journeys.owing import OWED
from app.journeys.service.counting import Count, count

# What walks of the version begun before the event, and not too long before, owe to the last message that had left by then: it is counted
# where that was sent, also when she has been moved to another version since, which may not even have such a step.
_CONVERT = f"""
    INSERT INTO journey_conversions (walk_id, version_id, held_out, converted_at, send_id, node_id)
    SELECT DISTINCT ON (w.id) w.id, coalesce(got.version_id, w.version_id), w.status = 'held_out', told.at, got.send_id, got.node_id
    FROM unnest(CAST(:customers AS uuid[]), CAST(:times AS timestamptz[])) AS told (customer_id, at)
    JOIN walks w ON w.customer_id = told.customer_id AND w.journey_id = :journey_id AND w.version_id = :version_id
        AND w.created_at <= told.at AND told.at <= w.created_at + CAST(:within AS interval)
        AND w.exit_reason IS DISTINCT FROM 'customer.merged'
    {OWED}
    ORDER BY w.id, told.at
    ON CONFLICT (walk_id) DO NOTHING
    RETURNING version_id, node_id, held_out
"""  # noqa: S608  # a part of this domain's own


def convert(session: Session, happened: Sequence[Event]) -> None:
    """Write down whom these events bring to the goal of her journey. May be called twice; two merged profiles are one person."""
    people = who_now(session, {event.customer_id for event in happened if event.customer_id})
    named = JourneyVersion.graph["rules"]["goal"]["event"].astext
    wanted = select(JourneyVersion).where(named.in_({event.name for event in happened})).order_by(JourneyVersion.id)
    counts: Counter[Count] = Counter()
    for version in session.execute(wanted).scalars():
        goal = Graph(version.graph).rules["goal"]
        fitting = [
            event
            for event in happened
            if event.name == goal["event"] and event.brand_id == version.brand_id and filters.fits(goal["where"], event.data)
        ]
        # A walk may still stand under a profile that was merged just now.
        told = {(one, event.recorded_at) for event in fitting if event.customer_id in people for one in (event.customer_id,)}
        told |= {(people[event.customer_id].id, event.recorded_at) for event in fitting if event.customer_id in people}
        if not told:
            continue
        given = {
            "customers": [customer_id for customer_id, _ in told],
            "times": [at for _, at in told],
            "journey_id": version.journey_id,
            "version_id": version.id,
            "within": timedelta(days=goal["within_days"]),
        }
        for version_id, node_id, held_out in session.execute(text(_CONVERT), given):
            counts[version_id, node_id or TRIGGER, "converted", "held_out" if held_out else ""] += 1
    count(session, counts)


def follow_merge(session: Session, retired: Mapping[uuid.UUID, uuid.UUID | None], counts: Counter[Count]) -> None:
    """What walks led to that were given up because two profiles are one person is owed to the walk that is left, once; to none where a
    person of the control group turned out to walk. `retired` says which walk is left. Whoever gives `counts` counts them, last of all.
    """
    ids = {*retired, *(left for left in retired.values() if left)}
    found = select(Conversion).where(Conversion.walk_id.in_(ids)).order_by(Conversion.walk_id).with_for_update()
    known = {one.walk_id: one for one in session.execute(found).scalars()}
    for walk_id, left in retired.items():
        gone = known.get(walk_id)
        if gone is None:
            continue
        session.delete(gone)
        session.flush()
        if left is None or left in known or gone.held_out:
            counts[gone.version_id, gone.node_id or TRIGGER, "converted", "held_out" if gone.held_out else ""] -= 1
        else:
            same = {name: getattr(gone, name) for name in ("version_id", "node_id", "send_id", "held_out", "converted_at")}
            known[left] = Conversion(walk_id=left, **same)
            session.add(known[left])
    session.flush()
