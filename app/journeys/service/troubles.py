"""Walks that cannot go on: they try again when somebody says so, and a journey in which too many fail pauses by itself."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, func, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.events import service as events
from app.journeys.errors import NotInside, NotStuck
from app.journeys.holding import hold
from app.journeys.models import JOURNEY, Journey, JourneyCount, JourneyStatus, JourneyVersion, Walk, WalkStatus
from app.journeys.models.counts import JourneyTrouble
from app.journeys.service.counting import WENT_WELL, count
from app.journeys.service.leaving import end
from app.journeys.stuck import TOO_MANY, UNHEARD, of_problem
from app.kit import clock, db, queue
from app.kit.logging import logger
from app.kit.settings import settings

log = logger(__name__)

# Errors are held against the steps of so long: what was before is another story.
WINDOW = timedelta(minutes=10)


def retry(session: Session, walk: Walk) -> None:
    """Let a stuck walk try its step again. Raises `NotStuck`."""
    session.refresh(walk, with_for_update=True)
    if walk.status != WalkStatus.stuck:
        raise NotStuck(status=walk.status)
    _go_on(session, walk.journey_id, Walk.id == walk.id)
    session.refresh(walk)


def retry_all(session: Session, journey: Journey, node: str | None = None, *, problem: str | None = None) -> int:
    """Let all who are stuck try again, at a node or by a problem alone where they are given; how many. May be called twice: who goes on is
    not stuck.
    """
    at_node = true() if node is None else Walk.node_id == node
    return _go_on(session, journey.id, at_node & (true() if problem is None else of_problem(problem)))


def let_out(session: Session, walk: Walk) -> None:
    """Somebody lets her leave the journey, stuck or not. Raises `NotInside`."""
    if not end(session, {walk.id: "by_hand"}):
        raise NotInside(status=walk.status)
    session.refresh(walk)


def _go_on(session: Session, journey_id: uuid.UUID, who: ColumnElement[bool]) -> int:
    stuck = update(Walk).where(Walk.journey_id == journey_id, who, Walk.status == WalkStatus.stuck)
    again = stuck.values(status=WalkStatus.active, problem=None, due_at=func.marque_now())
    places = again.returning(Walk.version_id, Walk.node_id).execution_options(synchronize_session=False)
    freed = Counter((version_id, node_id, "freed", "") for version_id, node_id in session.execute(places))
    queue.enqueue(session, "journeys.advance")
    count(session, freed)
    return freed.total()


def note(journey_id: uuid.UUID, *, stuck: int, steps: int = 0) -> None:
    """So many walks got stuck just now, in a turn that took so many steps; where they are too many the journey pauses by itself.

    In transactions of its own, after those of the steps: a process that dies between forgets these errors, and nothing else.
    """
    with db.transaction() as session:
        too_many = _too_many(session, journey_id, stuck=stuck, steps=steps)
    if too_many:
        with db.transaction() as session:
            _pause(session, journey_id)


def _too_many(session: Session, journey_id: uuid.UUID, *, stuck: int, steps: int) -> bool:
    moment, taken = clock.now(session), _steps_of(session, journey_id)
    fresh = {"since": moment, "steps_before": taken - steps, "steps": 0, "stuck": 0, "paused_at": None}
    session.execute(insert(JourneyTrouble).values(journey_id=journey_id, **fresh).on_conflict_do_nothing())
    trouble = session.get_one(JourneyTrouble, journey_id, with_for_update=True)
    if trouble.since < moment - WINDOW:
        for name, value in fresh.items():
            setattr(trouble, name, value)
    trouble.stuck += stuck
    trouble.steps = max(0, taken - trouble.steps_before)
    least, percent = settings().journey_errors_least, settings().journey_error_percent
    return trouble.stuck >= least and trouble.stuck * 100 >= percent * (trouble.stuck + trouble.steps)


def _steps_of(session: Session, journey_id: uuid.UUID) -> int:
    versions = select(JourneyVersion.id).where(JourneyVersion.journey_id == journey_id)
    taken = select(func.coalesce(func.sum(JourneyCount.times), 0))
    taken = taken.where(JourneyCount.version_id.in_(versions), JourneyCount.what.in_(WENT_WELL))
    return int(session.execute(taken).scalar_one())


def _pause(session: Session, journey_id: uuid.UUID) -> None:
    hold(session, journey_id)
    journey = session.get_one(Journey, journey_id, with_for_update=True)
    trouble = session.get(JourneyTrouble, journey_id, with_for_update=True)
    # Somebody may have paused it meanwhile, or resumed it, which begins anew.
    if journey.status != JourneyStatus.active or trouble is None:
        return
    trouble.paused_at = clock.now(session)
    JOURNEY.move(session, journey, JourneyStatus.paused, reason=TOO_MANY, updated_at=func.marque_now())
    told = {"stuck": trouble.stuck, "steps": trouble.steps}
    events.record(session, "journey.paused_itself", brand_id=journey.brand_id, subject=("journey", journey_id), data=told)
    log.warning("a journey paused itself", journey_id=str(journey_id), **told)


def pause_unheard(session: Session, journey_id: uuid.UUID) -> None:
    """It cannot be heard for what happens to people: it rests until somebody has looked. What happens meanwhile is kept for it."""
    hold(session, journey_id)
    journey = session.get_one(Journey, journey_id, with_for_update=True)
    if journey.status != JourneyStatus.active:
        return
    JOURNEY.move(session, journey, JourneyStatus.paused, reason=UNHEARD, updated_at=func.marque_now())
    told = {"stuck": 0, "steps": 0}
    events.record(session, "journey.paused_itself", brand_id=journey.brand_id, subject=("journey", journey_id), data=told)


def forget(session: Session, journey_id: uuid.UUID) -> None:
    """Begin anew: what went wrong until now is not held against the journey any more. For who resumes it."""
    session.execute(delete(JourneyTrouble).filter_by(journey_id=journey_id))
