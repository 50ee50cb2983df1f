"""Segments look at people who come, or get a tag, by the ten thousand: in sets of them, and not fact by fact."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from app.audience.models import SegmentCrowd
from app.audience.service.membership import Heard, look_again
from app.identity.models import Customer
from app.kit import db, queue

# Looked at in one transaction, in which each segment that listens is held.
AT_ONCE = 2_500
# Then whoever took a crowd was killed, or failed, and another looks; the other crowds do not wait for it.
LEASE = timedelta(minutes=1)
_NOTE = """
    INSERT INTO segment_crowds (id, brand_id, name, customer_ids, due_at)
    SELECT marque_new_id(), :brand_id, CAST(:name AS text), array_agg(customer_id), marque_now()
    FROM (SELECT customer_id, row_number() OVER () / :at_once AS part FROM ({source}) told) told
    WHERE EXISTS (SELECT FROM segments s WHERE s.brand_id = :brand_id AND s.archived_at IS NULL AND CAST(:name AS text) = ANY (s.listens))
    GROUP BY part RETURNING id
"""


def note(session: Session, brand_id: uuid.UUID, name: str, *, source: str, params: Mapping[str, Any]) -> None:
    """Keep for the segments that listen to `name` to whom it happened: `source`, a select of customer_id with its parameters."""
    asked = {**params, "brand_id": brand_id, "name": name, "at_once": AT_ONCE}
    if session.execute(text(_NOTE.format(source=source)), asked).first():
        queue.enqueue(session, "audience.look_at_crowds")


def look() -> bool:
    """Let the segments look at the crowd that waits longest; whether there was one. Two at once take different ones."""
    with db.transaction() as session:
        due = (
            select(SegmentCrowd.id).where(SegmentCrowd.due_at <= func.marque_now()).order_by(SegmentCrowd.due_at, SegmentCrowd.id).limit(1)
        )
        claimed = update(SegmentCrowd).where(SegmentCrowd.id == db.one_of(due.with_for_update(skip_locked=True)))
        crowd_id = session.execute(claimed.values(due_at=func.marque_now() + LEASE).returning(SegmentCrowd.id)).scalar_one_or_none()
    if crowd_id is None:
        return False
    with db.transaction() as session:
        taken = delete(SegmentCrowd).where(SegmentCrowd.id == crowd_id)
        crowd = session.execute(taken.returning(SegmentCrowd.brand_id, SegmentCrowd.name, SegmentCrowd.customer_ids)).one_or_none()
        if crowd is not None:
            living = select(Customer.id).where(Customer.merged_into_id.is_(None), Customer.erased_at.is_(None))
            ids = session.execute(living.where(Customer.id.in_(crowd.customer_ids))).scalars().all()
            look_again(session, {Heard(crowd.brand_id, crowd.name): ids})
    return True
