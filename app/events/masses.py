"""Facts by the ten thousand, which the database itself records from a select: no row of them comes here and goes back."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.events.catalogue import NAMES
from app.events.models import EventSubscription
from app.events.service import Handler, handler_key, listeners
from app.kit import clock, queue

Note = Callable[..., None]

_in_sets: dict[str, Note] = {}

_HERSELF, _SUBJECT = "'customer', told.customer_id::text", "CAST(:subject_type AS text), CAST(:subject_id AS text)"
# The moment is asked for once: as a function it would be for each row.
_RECORD = """
    INSERT INTO events (id, recorded_at, brand_id, name, customer_id, subject_type, subject_id, actor_type, actor_id, data)
    SELECT marque_new_id(), :now, :brand_id, :name, told.customer_id, {subject}, :actor_type, :actor_id, told.data
    FROM ({source}) told
"""
_DELIVER = """
    WITH made AS ({record} RETURNING id), due AS (
        INSERT INTO event_deliveries (handler, event_id, recorded_at, due_at)
        SELECT hearing.handler, made.id, :now, :now FROM made CROSS JOIN unnest(CAST(:handlers AS text[])) AS hearing (handler)
    )
    SELECT count(*) FROM made
"""
_COUNT = "WITH made AS ({record} RETURNING 1) SELECT count(*) FROM made"


def in_sets(handler: Handler, note: Note) -> None:
    """Let a handler that looks at people, whatever the fact, hear of no fact that comes with thousands: `note` keeps whom to look at.

    `note(session, brand_id, name, source=, params=)` is called in the transaction that records the facts; `source` selects `customer_id`.
    """
    _in_sets[handler_key(handler)] = note


def record_selected(
    session: Session,
    name: str,
    source: str,
    *,
    brand_id: uuid.UUID,
    actor: tuple[str, Any] = ("system", None),
    params: Mapping[str, Any] | None = None,
    about_herself: bool = False,
    subject: tuple[str, Any] | None = None,
) -> int:
    """A fact of one name, as `service.record` writes it, for each row of `source`: SQL of the caller's own that selects customer_id and
    data (jsonb), with its `params`. Its subject is the customer where it is `about_herself`, else this one or none. How many there are.
    """
    if name not in NAMES:
        raise RuntimeError(f"not in the event catalogue: {name}")
    session.flush()
    subscribed = session.execute(select(EventSubscription.handler).filter_by(event_name=name)).scalars()
    hearing = listeners(name) | set(subscribed)
    handlers = sorted(hearing - _in_sets.keys())
    given: dict[str, Any] = {"brand_id": brand_id, "name": name, "actor_type": actor[0], "actor_id": str(actor[1]) if actor[1] else None}
    kind, subject_id = subject or (None, None)
    given |= {"subject_type": kind, "subject_id": str(subject_id) if subject_id else None}
    given |= {"now": clock.now(session), "handlers": handlers}
    record = _RECORD.format(source=source, subject=_HERSELF if about_herself else _SUBJECT)
    wanted = text((_DELIVER if handlers else _COUNT).format(record=record))
    recorded: int = session.execute(wanted, {**(params or {}), **given}).scalar_one()
    if recorded and handlers:
        queue.enqueue(session, "events.deliver")
    for key in sorted(hearing & _in_sets.keys()) if recorded else ():
        _in_sets[key](session, brand_id, name, source=source, params=params or {})
    return recorded
