"""Begin what the time has come for: triggers that are planned, and those that let people in when a journey is published."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, text, tuple_
from sqlalchemy.orm import Session

from app.journeys.arrivals import Planned
from app.journeys.graph import Graph, trigger_kinds
from app.journeys.models import Journey, JourneyVersion, VersionStatus
from app.journeys.models.entering import JourneyClock
from app.journeys.service import fanning_out
from app.journeys.service.entering import OPEN
from app.kit import clock
from app.kit.json import dumps

Plan = tuple[Journey, JourneyVersion, dict[str, Any]]


def at_publish(session: Session, journey: Journey, graph: Graph) -> None:
    """Let in whom a trigger wants at once. Publishing again does not do it again."""
    for kind, config in graph.triggers:
        if source := kind.at_publish(config):
            fanning_out.begin(session, journey, source, occasion=f"published:{_digest(source)}")


def keep_time(session: Session) -> int:
    """Begin the times that have come, each once, however many ask; how many there were.

    A journey whose new version has the same trigger goes on with it; the times of a new trigger count from its publication on.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('journeys clocks'))"))
    now, begun = clock.now(session), 0
    plans = {(journey.id, _digest(trigger)): (journey, version, trigger) for journey, version, trigger in _plans(session)}
    kept = {(one.journey_id, one.trigger): one for one in session.execute(select(JourneyClock)).scalars()}
    if gone := kept.keys() - plans.keys():
        session.execute(delete(JourneyClock).where(tuple_(JourneyClock.journey_id, JourneyClock.trigger).in_(gone)))
    for key, (journey, version, trigger) in plans.items():
        one = kept.get(key)
        if one is None:
            one = JourneyClock(journey_id=key[0], trigger=key[1], next_at=_next(trigger, version.created_at))
            session.add(one)
        times, one.next_at = _come(trigger, one.next_at, now)
        for at in times:
            source = {"kind": "planned", "trigger": trigger, "at": fanning_out.moment_of(at)}
            begun += fanning_out.begin(session, journey, source, occasion=f"{key[1]}:{source['at']}") is not None
    session.flush()
    return begun


def _plans(session: Session) -> Iterator[Plan]:
    planned = sorted(name for name, kind in trigger_kinds().items() if issubclass(kind, Planned))
    has_one = or_(*(JourneyVersion.graph.contains({"triggers": [{"kind": name}]}) for name in planned))
    wanted = select(Journey, JourneyVersion).join(JourneyVersion, JourneyVersion.journey_id == Journey.id)
    wanted = wanted.where(JourneyVersion.status == VersionStatus.published, Journey.status.in_(OPEN), has_one)
    for journey, version in session.execute(wanted.order_by(Journey.id)):
        for trigger in version.graph["triggers"]:
            if trigger["kind"] in planned:
                yield journey, version, trigger


def _come(trigger: dict[str, Any], at: datetime | None, now: datetime) -> tuple[list[datetime], datetime | None]:
    """The times from `at` on that have come and are to be made up for, and the first one that has not."""
    kind, times = trigger_kinds()[trigger["kind"]], list[datetime]()
    assert issubclass(kind, Planned)
    while at is not None and at <= now:
        times = [*times, at] if kind.each_counts else [at]
        at = _next(trigger, at)
    return times, at


def _next(trigger: dict[str, Any], after: datetime) -> datetime | None:
    kind = trigger_kinds()[trigger["kind"]]
    assert issubclass(kind, Planned)
    return kind.next_at(kind.Config().load(trigger.get("config", {})), after)


def _digest(what: dict[str, Any]) -> str:
    return hashlib.sha256(dumps(dict(sorted(what.items())))).hexdigest()[:32]
