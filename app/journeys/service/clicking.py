"""Notice which messages of journeys were clicked: she opened the mini-program from one, or read it in her inbox. Each counts once."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.journeys.models import JourneyClickMark
from app.journeys.service.counting import Count, count
from app.kit import clock

# A fact is written with the moment at which its transaction began: one that took so long is still found.
OVERLAP, MOST_AT_ONCE = timedelta(minutes=2), timedelta(hours=1)
# An opening is owed to the last message that could have brought her, of any sender of ours, if it is not older than this.
OWED_FOR = timedelta(days=3)
# The scenes are WeChat's (see `trying.py`): 1043 is the service account's template message, 1014 and 1107 a subscribe message.
_CLICKED = text(
    """
    INSERT INTO journey_clicks (send_id, version_id, node_id, clicked_at)
    SELECT got.id, (got.context ->> 'version_id')::uuid, got.context ->> 'node_id', min(got.at)
    FROM (
        SELECT s.id, s.walk_id, s.context, e.recorded_at AS at
        FROM brands b
        CROSS JOIN unnest(ARRAY['app.launched', 'app.shown']) AS named (name)
        JOIN events e ON e.brand_id = b.id AND e.name = named.name AND e.recorded_at > :since AND e.recorded_at <= :until
        CROSS JOIN LATERAL (
            SELECT s.id, s.walk_id, s.context FROM sends s
            WHERE s.customer_id IN (SELECT c.id FROM customers c WHERE c.id = e.customer_id OR c.merged_into_id = e.customer_id)
                AND s.channel = CASE WHEN e.data ->> 'scene' = '1043' THEN 'service_template' ELSE 'subscribe_message' END
                AND s.status = 'accepted' AND s.claimed_at <= e.recorded_at AND s.claimed_at > e.recorded_at - CAST(:owed_for AS interval)
            ORDER BY s.claimed_at DESC, s.id DESC LIMIT 1
        ) s
        WHERE e.data ->> 'scene' IN ('1014', '1043', '1107')
        UNION ALL
        SELECT s.id, s.walk_id, s.context, m.read_at
        FROM inbox_messages m JOIN sends s ON s.id = m.send_id
        WHERE m.read_at > :since AND m.read_at <= :until
    ) got
    WHERE got.walk_id IS NOT NULL AND got.context ? 'version_id'
    GROUP BY got.id, got.context
    ON CONFLICT (send_id) DO NOTHING
    RETURNING version_id, node_id
    """
)


def notice(session: Session) -> bool:
    """What was clicked since somebody has looked last; whether there may be more. Only one looks at a time."""
    now = clock.now(session)
    session.execute(insert(JourneyClickMark).values(id=1, seen_until=now - OVERLAP).on_conflict_do_nothing())
    mark = session.execute(select(JourneyClickMark).with_for_update(skip_locked=True)).scalar_one_or_none()
    if mark is None:
        return False
    until = min(now, mark.seen_until + MOST_AT_ONCE)
    found = session.execute(_CLICKED, {"since": mark.seen_until - OVERLAP, "until": until, "owed_for": OWED_FOR})
    counts: Counter[Count] = Counter((row.version_id, row.node_id, "clicked", "") for row in found)
    mark.seen_until = until
    session.flush()
    count(session, counts)
    return until < now
