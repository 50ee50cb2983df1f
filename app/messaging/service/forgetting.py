"""Let go of what only messages on their way need: which window each has used a place of, and which group it leaves with."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from app.kit import db

# No window is open, and no group is sent again, so long after; what was sent is told by the ledger.
KEPT = timedelta(days=30)
MOST = 10_000

_PLACES = """
    DELETE FROM reply_uses WHERE send_id IN (
        SELECT u.send_id FROM reply_uses u LEFT JOIN sends s ON s.id = u.send_id
        WHERE u.opened_at < marque_now() - CAST(:kept AS interval) AND s.status IS DISTINCT FROM 'planned'
            AND s.status IS DISTINCT FROM 'claimed'
        LIMIT :most)
"""
# A group is kept whole for as long as one of its letters may still leave.
_LETTERS = """
    DELETE FROM group_letters WHERE group_id IN (
        SELECT l.group_id FROM group_letters l JOIN sends s ON s.id = l.send_id GROUP BY l.group_id
        HAVING max(coalesce(s.claimed_at, s.created_at)) < marque_now() - CAST(:kept AS interval)
            AND bool_and(s.status NOT IN ('planned', 'claimed'))
        LIMIT :most)
"""


def forget_old() -> None:
    """Some thousands in a transaction, until there are none."""
    for statement in (_PLACES, _LETTERS):
        gone = 1
        while gone:
            with db.transaction() as session:
                gone = session.execute(text(statement), {"kept": KEPT, "most": MOST}).rowcount  # type: ignore[attr-defined]
