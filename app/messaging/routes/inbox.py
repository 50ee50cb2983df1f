"""Doors: a customer reads the messages that wait for her in the mini-program."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.kit import paging
from app.kit.paging import CursorInvalid
from app.kit.web import Caller, blueprint, raises, transactional
from app.messaging import schemas_templates as schemas
from app.messaging.queries import inbox as queries
from app.messaging.service import reading

customer = blueprint("inbox", audience="customer")


@customer.get("/")
@raises(CursorInvalid)
@customer.input(schemas.InboxIn, location="query")
@customer.output(schemas.InboxOut)
@transactional
def listed(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Her messages, newest first, and how many she has not read."""
    cursor, limit = query_data.get("cursor"), query_data["limit"]
    before = paging.moment_and_id(cursor) if cursor else None
    found = queries.messages(session, who.customer.id, before=before, limit=limit + 1)
    shown, more = found[:limit], len(found) > limit
    return {
        "items": shown,
        "next_cursor": paging.encode(shown[-1].created_at, shown[-1].id) if more else None,
        "unread": queries.unread(session, who.customer.id),
    }


@customer.get("/unread")
@customer.output(schemas.UnreadOut)
@transactional
def unread(session: Session, who: Caller) -> Any:
    """How many messages she has not read, for the red dot."""
    return {"unread": queries.unread(session, who.customer.id)}


@customer.post("/read")
@customer.input(schemas.ReadIn)
@customer.output(schemas.UnreadOut)
@transactional
def read(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """She has read some messages, or all; what is not hers is passed over."""
    reading.read(session, who.customer, json_data.get("ids"))
    return {"unread": queries.unread(session, who.customer.id)}
