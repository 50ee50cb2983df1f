"""Let in people whom somebody names: one by one, or as a list."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audience.queries import people_by_phone, who_now
from app.identity.models import Customer
from app.journeys.errors import JourneyUnknown, NotCalledFor, NothingPublished
from app.journeys.graph import Graph
from app.journeys.models import Journey, JourneyVersion
from app.journeys.queries import published
from app.journeys.service.enrolling import Arrival, Enrolled, enrol, fill, open_doors
from app.journeys.service.entering import OPEN, entry_key
from app.journeys.triggers.api import CalledFor
from app.kit import clock, db


@dataclass(frozen=True)
class Listed:
    """What became of a list; `unknown` are those of whom nobody knows who they are, as they were given."""

    enrolled: Enrolled
    unknown: Sequence[str]


def let_in(session: Session, journey: Journey, customer_id: uuid.UUID, *, key: str, data: dict[str, Any] | None = None) -> Enrolled:
    """Another system lets one customer in, with what it has to tell; the same key again lets nobody in again.

    Raises:
        NothingPublished: nobody can enter. NotCalledFor: nothing published lets other systems do that.
    """
    version = _open(session, journey)
    if not any(issubclass(kind, CalledFor) for kind, _ in Graph(version.graph).triggers):
        raise NotCalledFor
    return _enter(session, version, [customer_id], key=f"api:{key}", data=data)


def let_in_listed(session: Session, journey: Journey, *, phones: Iterable[str], customer_ids: Iterable[uuid.UUID]) -> Listed:
    """Let in people, by their phone numbers and ids; each once. Raises `NothingPublished`."""
    version = _open(session, journey)
    by_phone = people_by_phone(session, journey.brand_id, phones)
    unknown = [phone for phone, one in by_phone.items() if one is None]
    given = list(dict.fromkeys(customer_ids))
    ours = select(Customer.id).where(Customer.brand_id == journey.brand_id, db.among(Customer.id, given))
    known = set(session.execute(ours).scalars())
    unknown += [str(one) for one in given if one not in known]
    wanted = dict.fromkeys([*(one for one in by_phone.values() if one), *(one for one in given if one in known)])
    return Listed(_enter(session, version, list(wanted), key=f"list:{db.new_id()}"), unknown)


def called(session: Session, brand_id: uuid.UUID, key: str) -> Journey:
    """The journey that others know by this key. Raises `JourneyUnknown`."""
    found = session.execute(select(Journey).filter_by(brand_id=brand_id, key=key, test_of=None)).scalar_one_or_none()
    if found is None:
        raise JourneyUnknown
    return found


def _open(session: Session, journey: Journey) -> JourneyVersion:
    open_doors(session, entries_of=[journey.id])
    session.refresh(journey)
    version = published(session, journey.id)
    if version is None or journey.status not in OPEN:
        raise NothingPublished
    return version


def _enter(
    session: Session, version: JourneyVersion, ids: Sequence[uuid.UUID], *, key: str, data: dict[str, Any] | None = None
) -> Enrolled:
    now, graph = clock.now(session), Graph(version.graph)
    # Of a list of thousands hardly anybody was merged, and only these are looked up with all that is known of them.
    merged = select(Customer.id).where(db.among(Customer.id, ids), Customer.merged_into_id.is_not(None))
    people = who_now(session, session.execute(merged).scalars().all())
    hers = {people[one].id if one in people else one: one for one in ids}
    fill(session, [Arrival(one, told_as, entry_key(graph, key), now, context=data or {}) for one, told_as in hers.items()])
    return enrol(session, version)
