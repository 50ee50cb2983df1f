"""Facts by the ten thousand, which the database itself records from a select: no row of them comes here and goes back."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.events.catalogue import NAMES
from app.events.models import EventSubscription
from app.events.service import listeners
from app.kit import queue

_RECORD = """
    WITH told AS MATERIALIZED ({source}), made AS (
        INSERT INTO events (id, recorded_at, brand_id, name, customer_id, subject_type, subject_id, actor_type, actor_id, data)
        SELECT marque_new_id(), marque_now(), :brand_id, :name, told.customer_id, 'customer', told.customer_id::text,
            :actor_type, :actor_id, told.data
        FROM told RETURNING id, recorded_at
    ), due AS (
        INSERT INTO event_deliveries (handler, event_id, recorded_at, due_at)
        SELECT hearing.handler, made.id, made.recorded_at, made.recorded_at
        FROM made CROSS JOIN unnest(CAST(:handlers AS text[])) AS hearing (handler)
    )
    SELECT count(*) FROM made
"""


def record_selected(
    session: Session,
    name: str,
    source: str,
    *,
    brand_id: uuid.UUID,
    actor: tuple[str, Any] = ("system", None),
    params: Mapping[str, Any] | None = None,
) -> int:
    """A fact of one name, as `service.record` writes it, for each row of `source`: SQL of the caller's own that selects customer_id and
    data (jsonb), with its `params`. The fact is about the customer. How many there are.
    """
    if name not in NAMES:
        raise RuntimeError(f"not in the event catalogue: {name}")
    session.flush()
    subscribed = session.execute(select(EventSubscription.handler).filter_by(event_name=name)).scalars()
    handlers = sorted(listeners(name) | set(subscribed))
    given = {"brand_id": brand_id, "name": name, "actor_type": actor[0], "actor_id": str(actor[1]) if actor[1] else None}
    recorded: int = session.execute(text(_RECORD.format(source=source)), {**(params or {}), **given, "handlers": handlers}).scalar_one()
    if recorded and handlers:
        queue.enqueue(session, "events.deliver")
    return recorded
