"""Begin what the time has come for: triggers that are planned, and those that let people in when a journey is published."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.events import service as events
from app.journeys.arrivals import Planned
from app.journeys.graph import Graph, trigger_kinds
from app.journeys.models import Journey, JourneyVersion, VersionStatus
from app.journeys.models.entering import JourneyClock
from app.journeys.service import fanning_out, troubles
from app.journeys.service.entering import OPEN
from app.kit import clock, db
from app.kit.json import dumps
from app.kit.logging import logger

log = logger(__name__)

# A journey of which a trigger cannot be read is looked at again so often.
AGAIN = timedelta(minutes=5)


def at_publish(session: Session, journey: Journey, graph: Graph) -> None:
    """Let in whom a trigger wants at once. Publishing again does not do it again."""
    for kind, config in graph.triggers:
        if source := kind.at_publish(config):
            fanning_out.begin(session, journey, source, occasion=f"published:{_digest(source)}")


def keep_time(session: Session) -> int:
    """Begin the times that have come, of all journeys, each once, however many ask; how many there were.

    A journey whose new version has the same trigger goes on with it; the times of a new trigger count from its publication on.
    """
    return sum(_keep(session, journey_id) for journey_id in _due(session))


def sweep() -> int:
    """The same, each journey in a transaction of its own: one of which a trigger cannot be read any more pauses by itself, and holds up no
    other. How many times have come.
    """
    with db.transaction() as session:
        due = _due(session)
    begun = 0
    for journey_id in due:
        try:
            with db.transaction() as session:
                begun += _keep(session, journey_id)
        except OperationalError:
            raise
        except Exception as error:
            log.exception("a journey cannot keep time", journey_id=str(journey_id))
            with db.transaction() as session:
                # First of all, so that nobody looks again at once.
                events.rest(session, resting_key(journey_id), AGAIN, f"{type(error).__name__}: {error}"[:500])
            with db.transaction() as session:
                troubles.pause_unheard(session, journey_id)
    return begun


def resting_key(journey_id: uuid.UUID) -> str:
    """By what name a journey rests that cannot keep time."""
    return f"journeys.keep_time:{journey_id}"


def _due(session: Session) -> Sequence[uuid.UUID]:
    wanted = text("""
        SELECT DISTINCT c.journey_id FROM journey_clocks c
        WHERE c.next_at <= marque_now() AND NOT EXISTS (
            SELECT FROM event_rests r WHERE r.handler = 'journeys.keep_time:' || c.journey_id AND r.until > marque_now())
        ORDER BY c.journey_id
    """)
    return session.execute(wanted).scalars().all()


def _keep(session: Session, journey_id: uuid.UUID) -> int:
    wanted = select(JourneyVersion).join(Journey, Journey.id == JourneyVersion.journey_id)
    wanted = wanted.where(JourneyVersion.journey_id == journey_id, JourneyVersion.status == VersionStatus.published)
    version = session.execute(wanted.where(Journey.status.in_(OPEN))).scalar_one_or_none()
    ours = select(JourneyClock).filter_by(journey_id=journey_id).order_by(JourneyClock.trigger)
    # Whoever else asks at this moment finds nothing to do.
    kept = session.execute(ours.with_for_update(skip_locked=True).execution_options(populate_existing=True)).scalars().all()
    now, begun = clock.now(session), 0
    plans = {_digest(trigger): trigger for trigger in _planned(version)} if version else {}
    for one in kept:
        trigger = plans.get(one.trigger)
        if trigger is None or version is None:
            session.delete(one)
            continue
        times, one.next_at = _come(trigger, one.next_at, now)
        for at in times:
            source = {"kind": "planned", "trigger": trigger, "at": fanning_out.moment_of(at)}
            begun += fanning_out.begin(session, version.journey, source, occasion=f"{one.trigger}:{source['at']}") is not None
    session.flush()
    return begun


def set_clocks(session: Session, version: JourneyVersion) -> None:
    """Wind a clock for each planned trigger of a version that is just published; one that goes already goes on."""
    session.flush()
    # As whoever keeps time reads it: the database has an order of its own for the names in an object.
    session.refresh(version, ["graph"])
    plans = {_digest(trigger): trigger for trigger in _planned(version)}
    of_journey = JourneyClock.journey_id == version.journey_id
    session.execute(delete(JourneyClock).where(of_journey, JourneyClock.trigger.not_in(plans)))
    kept = set(session.execute(select(JourneyClock.trigger).where(of_journey)).scalars())
    for digest, trigger in plans.items():
        if digest not in kept:
            after = clock.now(session)
            session.add(JourneyClock(journey_id=version.journey_id, trigger=digest, next_at=_next(trigger, after)))
    session.flush()
    events.wake(session, resting_key(version.journey_id))


def _planned(version: JourneyVersion) -> list[dict[str, Any]]:
    return [one for one in version.graph["triggers"] if issubclass(trigger_kinds()[one["kind"]], Planned)]


def _come(trigger: dict[str, Any], at: datetime | None, now: datetime) -> tuple[list[datetime], datetime | None]:
    """The times from `at` on that have come and are to be made up for, and the first one that has not."""
    kind, times = trigger_kinds()[trigger["kind"]], list[datetime]()
    assert issubclass(kind, Planned)
    if at is not None and not kind.each_counts:
        at = _shortly_before(trigger, at, now)
    while at is not None and at <= now:
        times = [*times, at] if kind.each_counts else [at]
        at = _next(trigger, at)
    return times, at


def _shortly_before(trigger: dict[str, Any], at: datetime, now: datetime) -> datetime:
    """One of the last times from `at` on that have come: of every minute of an outage the last alone counts, and not each is looked at."""
    back = timedelta(minutes=15)
    while now - back > at:
        found = _next(trigger, now - back)
        if found is not None and found <= now:
            return found
        back *= 2
    return at


def _next(trigger: dict[str, Any], after: datetime) -> datetime | None:
    kind = trigger_kinds()[trigger["kind"]]
    assert issubclass(kind, Planned)
    return kind.next_at(kind.Config().load(trigger.get("config", {})), after)


def _digest(what: dict[str, Any]) -> str:
    return hashlib.sha256(dumps(dict(sorted(what.items())))).hexdigest()[:32]
