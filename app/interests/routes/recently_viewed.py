"""Doors of the cars that a customer looked at."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.interests import queries, schemas, view
from app.interests.models import VehicleView
from app.interests.service import views
from app.kit.limits import limited
from app.kit.web import Caller, blueprint, transactional

customer = blueprint("recently-viewed", audience="customer")


@customer.get("/")
@customer.input(schemas.PageIn, location="query")
@customer.output(schemas.ViewsOut)
@transactional
def mine(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """The cars she looked at, each once, the last first, as they are now."""
    page = queries.views(session, who.customer.id, cursor=query_data.get("cursor"), limit=query_data["limit"])
    return {"items": [view.view(*row) for row in page.rows], "next_cursor": page.next_cursor}


@customer.post("/")
@limited("interests_per_minute")
@customer.input(schemas.ViewsIn)
@customer.output(schemas.KeptOut)
@transactional
def bring(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """What a phone remembered before she signed in on it becomes hers. Bringing it again changes nothing."""
    views.keep(session, [views.View(who.customer.id, one["vehicle_id"], one["viewed_at"]) for one in json_data["items"]])
    return {"kept": queries.count_of(session, VehicleView, who.customer.id)}


@customer.delete("/")
@customer.output({}, status_code=204)
@transactional
def clear(session: Session, who: Caller) -> Any:
    """Forget every car she looked at."""
    views.clear(session, who.customer)
    return "", 204
