"""When something happens that somebody waits for on a node, let the node look at once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import Uuid, any_, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.audience.queries import Living
from app.events.models import Event
from app.identity.models import Customer
from app.journeys.models import JourneyVersion, Walk, WalkStatus
from app.kit import queue

_WAKE = text("""
    UPDATE walks SET due_at = (SELECT marque_now())
    FROM unnest(CAST(:people AS uuid[]), CAST(:names AS text[])) AS told (customer_id, name)
    WHERE walks.id = ANY(:held) AND walks.customer_id = told.customer_id AND told.name = ANY(walks.awaits)
        AND walks.status = 'active' AND walks.due_at > (SELECT marque_now())
    RETURNING walks.id
""")


def wake(session: Session, happened: Sequence[Event], people: Mapping[uuid.UUID, Living]) -> int:
    """Make the walks due that await one of these events; how many. `people` are the living customers behind the events' ids.

    It is only a doorbell: the node looks for itself whether what it waits for has happened. May be called twice.
    """
    names = {event.name for event in happened if event.customer_id}
    awaiting = session.execute(select(JourneyVersion.id).where(JourneyVersion.awaits.overlap(sorted(names)))).scalars().all()
    if not awaiting:
        return 0
    told = _told(session, happened, people)
    # Whoever is being visited is waited for, and only then is it looked whether she was parked: a turn that has looked for the event in
    # vain, and parks her just now, would otherwise be overtaken. In one order, like all who wait for several walks.
    ids = sorted({customer_id for customer_id, _ in told})
    hers = select(Walk.id).where(Walk.customer_id == any_(literal(ids, ARRAY(Uuid))), Walk.version_id.in_(awaiting))
    held = session.execute(hers.where(Walk.status == WalkStatus.active).order_by(Walk.id).with_for_update()).scalars().all()
    if not held:
        return 0
    given = {"people": [one for one, _ in told], "names": [name for _, name in told], "held": held}
    woken = len(session.execute(_WAKE, given).all())
    if woken:
        queue.enqueue(session, "journeys.advance")
    return woken


def _told(session: Session, happened: Sequence[Event], people: Mapping[uuid.UUID, Living]) -> list[tuple[uuid.UUID, str]]:
    """Of whom which events are told: under each id that is hers, for a walk may still stand under a profile that was merged just now."""
    kept = {person.id for person in people.values()}
    twins: dict[uuid.UUID, list[uuid.UUID]] = {one: [one] for one in kept}
    merged = select(Customer.merged_into_id, Customer.id).where(Customer.merged_into_id == any_(literal(sorted(kept), ARRAY(Uuid))))
    for one, twin in session.execute(merged):
        if one:
            twins[one].append(twin)
    told = {(people[event.customer_id].id, event.name) for event in happened if event.customer_id and event.customer_id in people}
    return sorted({(twin, name) for one, name in told for twin in twins[one]})
