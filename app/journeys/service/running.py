"""Pause, resume, cancel and put away journeys."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import Session

from app.events import service as events
from app.journeys.errors import JourneyOver, NotArchivable, NotPaused, NotRunning
from app.journeys.holding import hold
from app.journeys.models import JOURNEY, Journey, JourneyMove, JourneyStatus
from app.journeys.service import moving, troubles
from app.journeys.service.enrolling import open_doors
from app.journeys.service.entering import hear
from app.kit import acting, clock, queue


def pause(session: Session, journey: Journey) -> None:
    """No step is taken once this is committed. People still enter and leave; timers run on. Raises `NotRunning`."""
    lock(session, journey)
    if journey.status != JourneyStatus.active:
        raise NotRunning(status=journey.status)
    _step(session, journey, JourneyStatus.paused)


def resume(session: Session, journey: Journey) -> None:
    """Steps are taken again; what came due meanwhile is due now. Raises `NotPaused`."""
    lock(session, journey)
    if journey.status != JourneyStatus.paused:
        raise NotPaused(status=journey.status)
    _step(session, journey, JourneyStatus.active, event="journey.resumed")
    troubles.forget(session, journey.id)
    for line in (events.handler_key(hear, str(journey.id)), f"journeys.keep_time:{journey.id}"):
        events.wake(session, line)
    queue.enqueue(session, "journeys.advance")


def cancel(session: Session, journey: Journey, *, reason: str | None = None) -> JourneyMove | None:
    """It is over for good: nobody enters, everybody inside leaves, page by page, and what it planned is taken back. Raises `JourneyOver`.

    None: it never ran.
    """
    lock(session, journey)
    if journey.status == JourneyStatus.cancelled:
        raise JourneyOver
    # Who is just being let in is in before she is looked for.
    open_doors(session, exits_of=[journey.id])
    events.subscribe_for(session, hear, str(journey.id), [])
    never_ran = journey.status == JourneyStatus.draft
    _step(session, journey, JourneyStatus.cancelled, reason=reason)
    return None if never_ran else moving.begin_ending(session, journey)


def archive(session: Session, journey: Journey) -> None:
    """Show it no longer among the others. Again changes nothing. Raises `NotArchivable`."""
    lock(session, journey)
    if journey.archived_at is not None:
        return
    if journey.status in (JourneyStatus.active, JourneyStatus.paused):
        raise NotArchivable(status=journey.status)
    journey.archived_at = clock.now(session)
    told(session, journey, "journey.archived")


def restore(session: Session, journey: Journey) -> None:
    """Show it among the others again. Again changes nothing."""
    lock(session, journey)
    if journey.archived_at is not None:
        journey.archived_at = None
        told(session, journey, "journey.restored")


def lock(session: Session, journey: Journey) -> None:
    """The journey as it is when nobody else changes it and no step of it is being taken, until this transaction ends."""
    # This waits for the steps that are being taken, and no later one finds the journey running.
    hold(session, journey.id)
    # Whoever lets people in may name it for the first time meanwhile, and is waited for (`open_doors`).
    session.refresh(journey, with_for_update={"key_share": True})


def told(session: Session, journey: Journey, name: str, **data: Any) -> None:
    """A fact about a journey, by whoever acts now."""
    facts = {"journey_id": journey.id} | data
    events.record(session, name, brand_id=journey.brand_id, subject=("journey", journey.id), data=facts, actor=acting.now().actor)


def _step(session: Session, journey: Journey, to: JourneyStatus, *, event: str | None = None, reason: str | None = None) -> None:
    JOURNEY.move(session, journey, to, reason=reason, updated_at=func.marque_now())
    told(session, journey, event or f"journey.{to.value}")
