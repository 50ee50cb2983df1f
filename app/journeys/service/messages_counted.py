"""What became of the messages of journeys: changes are added up, and a count of all messages finds what went astray."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from app.journeys.models import Journey, JourneyMessageChange
from app.journeys.service.counting import Count, count
from app.kit import db
from app.kit.logging import logger

log = logger(__name__)

MOST_AT_ONCE = 10_000
# Counts and changes are read in the snapshot in which the messages are: whoever sends meanwhile is in neither.
_DRIFT = text(
    """
    INSERT INTO journey_message_changes (version_id, node_id, what, detail, times)
    SELECT version_id, node_id, what, detail, sum(times) FROM (
        SELECT (s.context ->> 'version_id')::uuid AS version_id, s.context ->> 'node_id' AS node_id, f.what, f.detail, 1 AS times
        FROM walks w JOIN sends s ON s.walk_id = w.id, journey_message_figures(s.status, s.delivery, s.error_code) f
        WHERE w.journey_id = :journey_id AND s.context ? 'version_id'
        UNION ALL
        SELECT k.version_id, k.node_id, 'clicked', '', 1 FROM journey_clicks k JOIN journey_versions v ON v.id = k.version_id
        WHERE v.journey_id = :journey_id
        UNION ALL
        SELECT c.version_id, c.node_id, c.what, c.detail, -c.times FROM journey_counts c JOIN journey_versions v ON v.id = c.version_id
        WHERE v.journey_id = :journey_id AND c.what IN ('sent', 'delivered', 'failed', 'not_sent', 'clicked')
        UNION ALL
        SELECT c.version_id, c.node_id, c.what, c.detail, -c.times
        FROM journey_message_changes c JOIN journey_versions v ON v.id = c.version_id WHERE v.journey_id = :journey_id
    ) told
    GROUP BY version_id, node_id, what, detail
    HAVING sum(times) <> 0
    RETURNING version_id, node_id, what, detail, times
    """
)


def add_up(session: Session) -> int:
    """Add what has changed to the counts; how many changes that were. Many may do this at once: each change is taken by one."""
    change = JourneyMessageChange
    some = select(change.id).order_by(change.id).limit(MOST_AT_ONCE).with_for_update(skip_locked=True)
    taken = (
        delete(change)
        .where(change.id == db.one_of(some))
        .returning(change.version_id, change.node_id, change.what, change.detail, change.times)
    )
    rows = session.execute(taken).all()
    counts: Counter[Count] = Counter()
    for version_id, node_id, what, detail, times in rows:
        counts[version_id, node_id, what, detail] += times
    count(session, {key: times for key, times in counts.items() if times})
    return len(rows)


def recount(session: Session, journey: Journey) -> dict[Count, int]:
    """Count all messages of a journey and mend what was counted otherwise; what was missing (or, negative, too much)."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 2))"), {"key": f"recount {journey.id}"})
    return {(row[0], row[1], row[2], row[3]): int(row[4]) for row in session.execute(_DRIFT, {"journey_id": journey.id})}


def recount_all() -> int:
    """Every journey in a transaction of its own; how many figures had gone astray, each of which is logged."""
    with db.transaction() as session:
        ids = session.execute(select(Journey.id).order_by(Journey.id)).scalars().all()
    astray = 0
    for journey_id in ids:
        with db.transaction() as session:
            found = recount(session, session.get_one(Journey, journey_id))
        for (version_id, node_id, what, detail), times in found.items():
            log.error("a figure was astray", version_id=str(version_id), node=node_id, what=what, detail=detail, times=times)
        astray += len(found)
    return astray
