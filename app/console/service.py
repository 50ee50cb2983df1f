"""Keep the console's lists with their filters under names."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.console.errors import NotYourView, TooManyViews, ViewNameTaken
from app.console.models import SavedView
from app.console.queries import views
from app.dealers.models import Staff

MOST = 100


def keep(session: Session, staff: Staff, *, list: str, name: str, query: str, is_shared: bool) -> SavedView:
    """Raises `TooManyViews`, `ViewNameTaken`."""
    _one_at_a_time(session, staff)
    if session.execute(select(func.count()).where(SavedView.staff_id == staff.id)).scalar_one() >= MOST:
        raise TooManyViews
    _is_free(session, staff, list, name)
    view = SavedView(
        brand_id=staff.brand_id, staff_id=staff.id, dealer_id=staff.dealer_id, list_key=list, name=name, query=query, is_shared=is_shared
    )
    session.add(view)
    session.flush()
    return view


def change(
    session: Session, staff: Staff, view: SavedView, *, name: str | None = None, query: str | None = None, is_shared: bool | None = None
) -> None:
    """`view` is one that she sees. What is None stays. Raises `NotYourView`, `ViewNameTaken`."""
    if view.staff_id != staff.id:
        raise NotYourView
    if name is not None and name != view.name:
        _one_at_a_time(session, staff)
        _is_free(session, staff, view.list_key, name)
        view.name = name
    if query is not None:
        view.query = query
    if is_shared is not None:
        view.is_shared = is_shared
    # She may have gone to another dealer since: what she makes of it now is for those whom she is among now.
    view.dealer_id = staff.dealer_id
    session.flush()


def remove(session: Session, staff: Staff, view: SavedView) -> None:
    """`view` is one that she sees. Raises `NotYourView`."""
    if not views.may_remove(staff, view):
        raise NotYourView
    session.delete(view)


def _one_at_a_time(session: Session, staff: Staff) -> None:
    """Two browsers of hers would else both find the name free, or the last place."""
    session.execute(select(Staff.id).where(Staff.id == staff.id).with_for_update())


def _is_free(session: Session, staff: Staff, list_key: str, name: str) -> None:
    if session.execute(select(SavedView.id).filter_by(staff_id=staff.id, list_key=list_key, name=name)).first():
        raise ViewNameTaken(name=name)
