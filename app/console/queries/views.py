"""Looks at saved views: one's own, and those that are shared with people who see as much."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from app.console.errors import ViewUnknown
from app.console.models import SavedView
from app.dealers.models import Role, Staff

# One's own and the shared ones of one list: more are not drawn, and `service.MOST` keeps each person's few.
MOST_SHOWN = 200


def _seen_by(staff: Staff) -> ColumnElement[bool]:
    shared = and_(SavedView.is_shared, SavedView.dealer_id.is_not_distinct_from(staff.dealer_id))
    return and_(SavedView.brand_id == staff.brand_id, or_(SavedView.staff_id == staff.id, shared))


def of_list(session: Session, staff: Staff, list_key: str) -> list[dict[str, Any]]:
    """What she may choose from: her own first, each by name."""
    wanted = select(SavedView, Staff.name).join(Staff, Staff.id == SavedView.staff_id)
    wanted = wanted.where(_seen_by(staff), SavedView.list_key == list_key)
    wanted = wanted.order_by(SavedView.staff_id != staff.id, SavedView.name, SavedView.id).limit(MOST_SHOWN)
    return [told(staff, view, owner) for view, owner in session.execute(wanted).all()]


def seen(session: Session, staff: Staff, view_id: uuid.UUID) -> SavedView:
    """Locked. Raises `ViewUnknown`, also for what is not shared with her."""
    wanted = select(SavedView).where(SavedView.id == view_id, _seen_by(staff)).with_for_update()
    found = session.execute(wanted).scalar_one_or_none()
    if found is None:
        raise ViewUnknown
    return found


def may_remove(staff: Staff, view: SavedView) -> bool:
    """Whose it is; and where it is shared, whoever answers for those who see it."""
    return view.staff_id == staff.id or (view.is_shared and staff.role in (Role.admin, Role.dealer_manager))


def told(staff: Staff, view: SavedView, owner: str) -> dict[str, Any]:
    names = ("id", "list_key", "name", "query", "is_shared", "created_at")
    is_yours = view.staff_id == staff.id
    return {name: getattr(view, name) for name in names} | {"is_yours": is_yours, "may_remove": may_remove(staff, view), "owner": owner}
