"""When a journey cannot be heard for: whether it is the journey that is broken, which pauses by itself then, or what happened."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.events import service as events
from app.events.models import EventDelivery
from app.journeys.graph import Graph
from app.journeys.models import INSIDE, JourneyVersion, VersionStatus, Walk
from app.journeys.service import troubles
from app.journeys.service.entering import hear
from app.journeys.service.leaving import of_rule
from app.kit import db
from app.kit.logging import logger
from app.kit.settings import settings

log = logger(__name__)

# What a broken journey is to hear waits, and it is tried so often whether it can be heard again.
AGAIN = timedelta(minutes=5)


def hearing(whom: str, error: Exception) -> timedelta | None:
    """For how long nothing is told to a journey that failed: while it is broken. None: it is some of the events, each tried alone."""
    if not whom or isinstance(error, OperationalError):
        return None
    journey_id = uuid.UUID(whom)
    with db.transaction() as session:
        is_broken = _is_broken(session, journey_id) or _too_many(session, journey_id)
    if not is_broken:
        return None
    log.warning("a journey cannot be heard for", journey_id=whom)
    with db.transaction() as session:
        troubles.pause_unheard(session, journey_id)
    return AGAIN


def _is_broken(session: Session, journey_id: uuid.UUID) -> bool:
    """Whether one of its versions that lets in, or has somebody inside, cannot even be asked whom it lets in and out."""
    somebody = exists().where(Walk.journey_id == journey_id, Walk.version_id == JourneyVersion.id, Walk.status.in_(INSIDE))
    wanted = select(JourneyVersion).where(JourneyVersion.journey_id == journey_id)
    for version in session.execute(wanted.where((JourneyVersion.status == VersionStatus.published) | somebody)).scalars():
        try:
            graph = Graph(version.graph)
            assert graph.triggers
            if graph.rules["exit_if"]:
                with session.begin_nested():
                    of_rule(session, version, graph.rules["exit_if"], ())
        except OperationalError:
            raise
        except Exception:
            return True
    return False


def _too_many(session: Session, journey_id: uuid.UUID) -> bool:
    """Whether so many events failed, each alone, that it is hardly they."""
    failed = select(func.count()).select_from(EventDelivery).where(EventDelivery.handler == events.handler_key(hear, str(journey_id)))
    failed = failed.where(EventDelivery.delivered_at.is_(None), EventDelivery.attempts > 0)
    return session.execute(failed).scalar_one() >= settings().journey_errors_least
