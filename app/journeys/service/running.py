"""Pause, resume, cancel and put away journeys."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.events import service as events
from app.journeys.errors import JourneyOver, NotArchivable, NotPaused, NotRunning
from app.journeys.holding import hold
from app.journeys.models import JOURNEY, Journey, JourneyMove, JourneyStatus
from app.journeys.service import moving, troubles
from app.journeys.service.enrolling import open_doors
from app.journeys.service.entering import hear
from app.kit import acting, clock, queue
from app.messaging import service as messaging
from app.messaging.models import Send

# So many messages of a journey that goes on are let go on in one transaction.
AT_A_TIME = 5_000


def pause(session: Session, journey: Journey) -> None:
    """No step is taken once this is committed, and no message claimed that one has planned. People still enter and leave; timers run on.

    Raises `NotRunning`.
    """
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
    queue.enqueue(session, "journeys.let_messages_go")


def let_messages_go(session: Session) -> bool:
    """What waited for journeys that run again leaves now, some of it; whether more may wait. May be called twice."""
    running = session.execute(select(Journey.brand_id, Journey.id).filter_by(status=JourneyStatus.active)).all()
    brand_ids, journey_ids = ({row[at] for row in running} for at in (0, 1))
    return messaging.go_on(session, brand_ids, journey_ids=journey_ids, most=AT_A_TIME) == AT_A_TIME


def resting(session: Session, sends: Sequence[Send]) -> Mapping[uuid.UUID, str]:
    """Which of these messages wait because their journey is paused."""
    planned_by = {send.id: uuid.UUID(send.context["journey_id"]) for send in sends if send.walk_id and "journey_id" in send.context}
    if not planned_by:
        return {}
    paused = select(Journey.id).where(Journey.id.in_(set(planned_by.values())), Journey.status == JourneyStatus.paused)
    resting = set(session.execute(paused).scalars())
    return {send_id: "journey_paused" for send_id, journey_id in planned_by.items() if journey_id in resting}


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
