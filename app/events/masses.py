"""Facts by the ten thousand, which the database itself records from a select: no row of them comes here and goes back."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.events.catalogue import NAMES
from app.events.listening import ears, handler_key
from app.events.service import Handler, listeners
from app.kit import clock, db, queue
from app.kit.json import dumps

Note = Callable[..., None]

_in_sets: dict[str, Note] = {}

_HERSELF, _SUBJECT = "'customer', told.customer_id::text", "CAST(:subject_type AS text), CAST(:subject_id AS text)"
# The moment is asked for once: as a function it would be for each row.
_RECORD = """
    INSERT INTO events (id, recorded_at, brand_id, name, customer_id, subject_type, subject_id, actor_type, actor_id, data)
    SELECT {new_id}, :now, :brand_id, :name, told.customer_id, {subject}, :actor_type, :actor_id, told.data
    FROM ({source}) told
"""
_DELIVER = """
    WITH made AS ({record} RETURNING id{data}), due AS (
        INSERT INTO event_deliveries (handler, event_id, recorded_at, due_at)
        SELECT hearing.handler, made.id, :now, :now FROM made CROSS JOIN unnest(CAST(:handlers AS text[])) AS hearing (handler)
        {particular}
    )
    SELECT count(*) FROM made
"""
# One handler may ask for several things, and hears of what is all of them once.
_PARTICULAR = """
    UNION SELECT hearing.handler, made.id, :now, :now
    FROM made JOIN unnest(CAST(:keys AS text[]), CAST(:abouts AS jsonb[])) AS hearing (handler, about) ON made.data @> hearing.about
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
    subscribed = ears(session, [name], brand_id=brand_id)[name]
    hearing = listeners(name) | {one.handler for one in subscribed if not one.about}
    handlers = sorted(hearing - _in_sets.keys())
    particular = [one for one in subscribed if one.about and one.handler not in hearing]
    given: dict[str, Any] = {"brand_id": brand_id, "name": name, "actor_type": actor[0], "actor_id": str(actor[1]) if actor[1] else None}
    kind, subject_id = subject or (None, None)
    given |= {"subject_type": kind, "subject_id": str(subject_id) if subject_id else None}
    given |= {"now": clock.now(session), "handlers": handlers, "seed": db.new_id()}
    if particular:
        given |= {"keys": [one.handler for one in particular], "abouts": [dumps(one.about).decode() for one in particular]}
    record = _RECORD.format(new_id=db.NUMBERED_ID, source=source, subject=_HERSELF if about_herself else _SUBJECT)
    told = _DELIVER if handlers or particular else _COUNT
    how = {"particular": _PARTICULAR if particular else "", "data": ", data" if particular else ""}
    wanted = text(told.format(record=record, **how))
    recorded: int = session.execute(wanted, {**(params or {}), **given}).scalar_one()
    if recorded and (handlers or particular):
        queue.enqueue(session, "events.deliver")
    for key in sorted(hearing & _in_sets.keys()) if recorded else ():
        _in_sets[key](session, brand_id, name, source=source, params=params or {})
    return recorded
