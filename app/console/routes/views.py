"""Doors: lists with their filters under names, one's own and shared ones."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.console import service, view_schemas
from app.console.errors import NotYourView, TooManyViews, ViewNameTaken, ViewUnknown
from app.console.models import SavedView
from app.console.queries import views
from app.dealers.models import Staff
from app.kit.idempotency import idempotent
from app.kit.web import Caller, blueprint, looking, raises, transactional

staff = blueprint("views", audience="staff")


@staff.get("/")
@staff.input(view_schemas.ViewsIn, location="query")
@staff.output(view_schemas.ViewsOut)
@looking
def listed(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """The views of one list that the caller may choose from."""
    return {"items": views.of_list(session, who.staff, query_data["list"])}


@staff.post("/")
@idempotent
@raises(TooManyViews, ViewNameTaken)
@staff.input(view_schemas.NewViewIn)
@staff.output(view_schemas.ViewOut)
@transactional
def keep(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """Keep a list as it is narrowed now under a name."""
    return _told(session, who, service.keep(session, who.staff, **json_data))


@staff.patch("/<uuid:view_id>")
@raises(ViewUnknown, NotYourView, ViewNameTaken)
@staff.input(view_schemas.ChangedViewIn)
@staff.output(view_schemas.ViewOut)
@transactional
def change(session: Session, who: Caller, view_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Another name, other filters, or shared or not."""
    view = views.seen(session, who.staff, view_id)
    service.change(session, who.staff, view, **json_data)
    return _told(session, who, view)


@staff.delete("/<uuid:view_id>")
@raises(ViewUnknown, NotYourView)
@staff.output({}, status_code=204)
@transactional
def remove(session: Session, who: Caller, view_id: uuid.UUID) -> str:
    service.remove(session, who.staff, views.seen(session, who.staff, view_id))
    return ""


def _told(session: Session, who: Caller, view: SavedView) -> dict[str, Any]:
    return views.told(who.staff, view, session.get_one(Staff, view.staff_id).name)
