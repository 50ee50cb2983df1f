"""No more people begin than the throttle of their journey lets, also when many come due at once because nobody worked for hours."""

from __future__ import annotations

import math
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.journeys.models import JourneyVersion, VersionStatus
from app.journeys.models.entering import JourneyBegin, JourneyPace
from app.journeys.rules import PER
from app.journeys.visits import standing

# Begins are counted in so many parts of the throttle's time, each as if all had been at its end.
PARTS = 100
# Who has not begun is due when she arrives; whoever was visited once is due later than that.
HAS_NOT_BEGUN = standing.c.was_due_at == standing.c.arrived_at
_ALONE = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:key, 0))")
_LATER = text("""
    WITH waiting AS (
        SELECT walk_id, row_number() OVER (ORDER BY was_due_at, walk_id) - CAST(:room AS bigint) AS nth FROM standing
        WHERE was_due_at = arrived_at
    ), out AS (
        DELETE FROM standing s USING waiting w WHERE w.walk_id = s.walk_id AND w.nth > 0 RETURNING s.walk_id, w.nth
    )
    UPDATE walks SET due_at = behind.at, arrived_at = behind.at, ends_at = walks.ends_at + (behind.at - walks.due_at)
    FROM (SELECT walk_id, CAST(:begins AS timestamptz) + nth * CAST(:apart AS interval) AS at FROM out) behind
    WHERE walks.id = behind.walk_id
""")


def hold_back(session: Session, journey_id: uuid.UUID, now: datetime) -> int:
    """Of those whom a turn has claimed, let no more begin than may: the others arrive later, and stand in `standing` no more; how many.

    In any length of time for which the throttle speaks no more than its people begin. Of two turns at once one lets people begin.
    """
    if session.execute(select(JourneyPace.journey_id).filter_by(journey_id=journey_id)).first() is None:
        return 0
    published = select(JourneyVersion.graph["rules"]["throttle"]).filter_by(journey_id=journey_id, status=VersionStatus.published)
    throttle: dict[str, Any] | None = session.execute(published).scalar()
    coming: int = session.execute(select(func.count()).select_from(standing).where(HAS_NOT_BEGUN)).scalar_one()
    if not throttle or not coming:
        return 0
    if not session.execute(_ALONE, {"key": f"beginning {journey_id}"}).scalar_one():
        session.execute(standing.delete().where(HAS_NOT_BEGUN))
        return coming
    per = PER[throttle["per"]]
    begun = session.get(JourneyBegin, journey_id, populate_existing=True)
    recent = [(until, people) for until, people in (begun.recent if begun else ()) if until > (now - per).timestamp()]
    room = max(0, throttle["people"] - sum(people for _, people in recent))
    held_back, behind = max(0, coming - room), begun.behind_at if begun else None
    if held_back:
        apart = per / throttle["people"]
        begins = max(now, behind or now)
        session.execute(_LATER, {"room": room, "begins": begins, "apart": apart})
        behind = begins + held_back * apart
    if coming - held_back:
        part = (per / PARTS).total_seconds()
        recent = _added(recent, math.ceil(now.timestamp() / part) * part, coming - held_back)
    values = {"recent": recent, "behind_at": behind}
    kept = insert(JourneyBegin).values(journey_id=journey_id, **values)
    session.execute(kept.on_conflict_do_update(index_elements=["journey_id"], set_=values))
    return held_back


def _added(recent: list[tuple[float, int]], until: float, people: int) -> list[tuple[float, int]]:
    known = dict(recent)
    return sorted((known | {until: known.get(until, 0) + people}).items())
