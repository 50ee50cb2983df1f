"""Take back what a run of tags changed: exactly that, and only where nobody has changed it since."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.audience.models import PeopleRun, Source
from app.audience.service import deciding_many

BATCH = 5_000
# What there was nothing before of stays as a tag that was taken away: a late event does not bring it back.
_UNDO = """
    WITH page AS MATERIALIZED (
        DELETE FROM people_changes p USING (
            SELECT customer_id, tag_id FROM people_changes WHERE run_id = :run_id ORDER BY customer_id, tag_id LIMIT :batch FOR UPDATE
        ) first WHERE p.run_id = :run_id AND p.customer_id = first.customer_id AND p.tag_id = first.tag_id RETURNING p.*
    ), old AS MATERIALIZED (
        SELECT c.customer_id, c.tag_id, c.active, c.value, p.was_active, p.was_value, p.was_source, p.was_expires_at
        FROM page p JOIN customer_tags c USING (customer_id, tag_id)
        WHERE c.decided_at = p.decided_at AND c.active = p.active ORDER BY c.customer_id, c.tag_id FOR UPDATE OF c
    ), undone AS (
        UPDATE customer_tags c SET active = coalesce(old.was_active, false), value = old.was_value, decided_at = marque_now(),
            source = coalesce(old.was_source, c.source), expires_at = CASE WHEN old.was_active THEN old.was_expires_at END
        FROM old WHERE c.customer_id = old.customer_id AND c.tag_id = old.tag_id
        RETURNING c.customer_id, c.tag_id, CASE WHEN old.active <> c.active THEN CASE WHEN c.active THEN 'tag.added' ELSE 'tag.removed' END
            WHEN old.value IS DISTINCT FROM c.value THEN 'tag.changed' END AS fact
    ), told AS (
        INSERT INTO decided (customer_id, tag_id, fact) SELECT customer_id, tag_id, fact FROM undone
    )
    SELECT (SELECT count(*) FROM page), (SELECT count(*) FROM undone)
"""


def undo_some(session: Session, run: PeopleRun) -> bool:
    """Take back some of the changes; whether any are left. The locked run counts those taken back, and those that were changed since."""
    deciding_many.begin(session)
    looked_at, undone = session.execute(text(_UNDO), {"run_id": run.id, "batch": BATCH}).one()
    actor: tuple[str, Any] = ("staff", run.staff_id) if run.staff_id else ("system", None)
    deciding_many.record_decided(session, run.brand_id, {"source": Source.import_.value, "cause": "undone"}, actor=actor)
    run.taken_back += undone
    run.kept += looked_at - undone
    session.flush()
    return bool(looked_at == BATCH)
