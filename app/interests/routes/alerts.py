"""Doors of alerts."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.interests import queries, schemas, view
from app.interests.service import alerts
from app.kit.web import Caller, blueprint, transactional

customer = blueprint("alerts", audience="customer")


@customer.get("/")
@customer.input(schemas.PageIn, location="query")
@customer.output(schemas.AlertsOut)
@transactional
def mine(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """What she was told of favourites and saved searches, the last first, with the cars as they are now."""
    page = queries.alerts(session, who.customer.id, cursor=query_data.get("cursor"), limit=query_data["limit"])
    names = queries.names_of(session, {told.saved_search_id for told, _ in page.rows if told.saved_search_id})
    items = [view.alert(told, vehicle, names.get(told.saved_search_id)) for told, vehicle in page.rows]  # type: ignore[arg-type]
    return {"items": items, "unread": queries.unread(session, who.customer.id), "next_cursor": page.next_cursor}


@customer.post("/read")
@customer.input(schemas.ReadIn)
@customer.output(schemas.UnreadOut)
@transactional
def mark_read(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """She has read some, or all up to one. Again changes nothing."""
    alerts.mark_read(session, who.customer, **json_data)
    return {"unread": queries.unread(session, who.customer.id)}
