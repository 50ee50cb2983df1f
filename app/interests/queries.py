"""Looks at favourites, views, saved searches and alerts: each list newest first, with the cars as they are now."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session, joinedload

from app.identity import queries as identity
from app.interests.errors import SearchUnknown
from app.interests.models import Alert, Favourite, SavedSearch, SavedSearchMatch, VehicleView
from app.kit import paging
from app.kit.geo import Place
from app.vehicles import queries as vehicles
from app.vehicles.errors import VehicleUnknown
from app.vehicles.models import Status, Vehicle
from app.vehicles.queries import Filters

Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows, each with its car, and where the next page begins."""

    rows: Sequence[tuple[Row, Vehicle]]
    next_cursor: str | None


def count_of(session: Session, table: type[Favourite] | type[VehicleView] | type[SavedSearch], customer_id: uuid.UUID) -> int:
    """How many of these a customer has."""
    return session.execute(select(func.count()).select_from(table).filter_by(customer_id=customer_id)).scalar_one()


def ever_on_sale(session: Session, brand_id: uuid.UUID, vehicle_id: uuid.UUID) -> Vehicle:
    """A car of the brand that consumers could see at some time. Raises `VehicleUnknown`."""
    vehicle = vehicles.get(session, brand_id, vehicle_id)
    if vehicle.status in (Status.draft, Status.in_preparation):
        raise VehicleUnknown
    return vehicle


def favourite_ids(session: Session, customer_id: uuid.UUID) -> Sequence[uuid.UUID]:
    """The cars she chose, newest first."""
    wanted = select(Favourite.vehicle_id).filter_by(customer_id=customer_id)
    return session.execute(wanted.order_by(Favourite.created_at.desc(), Favourite.id.desc())).scalars().all()


def favourites(session: Session, customer_id: uuid.UUID, *, cursor: str | None, limit: int) -> Page[Favourite]:
    wanted = select(Favourite, Vehicle).join(Vehicle, Vehicle.id == Favourite.vehicle_id).where(Favourite.customer_id == customer_id)
    return _page(session, wanted, (Favourite.created_at, Favourite.id), cursor=cursor, limit=limit)


def views(session: Session, customer_id: uuid.UUID, *, cursor: str | None, limit: int) -> Page[VehicleView]:
    wanted = select(VehicleView, Vehicle).join(Vehicle, Vehicle.id == VehicleView.vehicle_id).where(VehicleView.customer_id == customer_id)
    return _page(session, wanted, (VehicleView.viewed_at, VehicleView.vehicle_id), cursor=cursor, limit=limit)


def matches(session: Session, search_id: uuid.UUID, *, cursor: str | None, limit: int) -> Page[SavedSearchMatch]:
    wanted = select(SavedSearchMatch, Vehicle).join(Vehicle, Vehicle.id == SavedSearchMatch.vehicle_id)
    wanted = wanted.where(SavedSearchMatch.saved_search_id == search_id)
    return _page(session, wanted, (SavedSearchMatch.matched_at, SavedSearchMatch.vehicle_id), cursor=cursor, limit=limit)


def alerts(session: Session, customer_id: uuid.UUID, *, cursor: str | None, limit: int) -> Page[Alert]:
    wanted = select(Alert, Vehicle).join(Vehicle, Vehicle.id == Alert.vehicle_id).where(Alert.customer_id == customer_id)
    return _page(session, wanted, (Alert.created_at, Alert.id), cursor=cursor, limit=limit)


def _page(session: Session, wanted: Select[*tuple[Any, ...]], key: tuple[Any, Any], *, cursor: str | None, limit: int) -> Page[Any]:
    """A page in the descending order of (moment, id), continuing after a cursor. Raises `CursorInvalid`."""
    if cursor:
        wanted = wanted.where(tuple_(*key) < tuple_(*paging.moment_and_id(cursor)))
    wanted = wanted.options(joinedload(Vehicle.store), joinedload(Vehicle.series))
    found = session.execute(wanted.order_by(*(column.desc() for column in key)).limit(limit + 1)).all()
    rows = [(row[0], row[1]) for row in found[:limit]]
    last = rows[-1][0] if len(found) > limit else None
    return Page(rows, paging.encode(*(getattr(last, column.key) for column in key)) if last else None)


def unread(session: Session, customer_id: uuid.UUID) -> int:
    """How many alerts she has not read."""
    wanted = select(func.count()).select_from(Alert).where(Alert.customer_id == customer_id, Alert.read_at.is_(None))
    return session.execute(wanted).scalar_one()


def search_of(session: Session, customer_id: uuid.UUID, search_id: uuid.UUID, *, locked: bool = False) -> SavedSearch:
    """A saved search of hers. Raises `SearchUnknown`, also for another's."""
    wanted = select(SavedSearch).filter_by(id=search_id, customer_id=customer_id)
    found = session.execute(wanted.with_for_update(key_share=True) if locked else wanted).scalar_one_or_none()
    if found is None:
        raise SearchUnknown
    return found


def searches_of(session: Session, customer_id: uuid.UUID) -> Sequence[SavedSearch]:
    """Her saved searches, newest first."""
    wanted = select(SavedSearch).filter_by(customer_id=customer_id)
    return session.execute(wanted.order_by(SavedSearch.created_at.desc(), SavedSearch.id.desc())).scalars().all()


def new_of(session: Session, search_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many cars each search has found since she looked at it; those that found none are left out."""
    wanted = select(SavedSearch.id, func.count()).join(SavedSearchMatch, SavedSearchMatch.saved_search_id == SavedSearch.id)
    wanted = wanted.where(SavedSearch.id.in_(search_ids), SavedSearchMatch.matched_at > SavedSearch.looked_at)
    return dict(session.execute(wanted.group_by(SavedSearch.id)).all())


def asked(saved: SavedSearch) -> tuple[Filters, Place | None]:
    """What a saved search asks for, as the search takes it. Raises `Invalid` when its filters cannot be read any more."""
    place = None if saved.lat is None or saved.lng is None else Place(saved.lat, saved.lng)
    return vehicles.filters_of(saved.filters), place


def total(session: Session, saved: SavedSearch) -> int:
    """How many cars it finds now."""
    filters, place = asked(saved)
    return vehicles.search(session, saved.brand_id, filters, near=place, limit=1, with_facets=False).total


def names_of(session: Session, search_ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What these saved searches are called."""
    return dict(session.execute(select(SavedSearch.id, SavedSearch.name).where(SavedSearch.id.in_(search_ids))).all())


@identity.also_holds("interests")
def everything_about(session: Session, customer_ids: Sequence[uuid.UUID]) -> dict[str, Any]:
    """What she keeps an eye on, for herself to read."""

    def all_of(table: type[Any], *columns: str) -> list[dict[str, Any]]:
        wanted = select(*(getattr(table, name) for name in columns)).where(table.customer_id.in_(customer_ids))
        return [dict(row._mapping) for row in session.execute(wanted.order_by(getattr(table, columns[-1])))]

    return {
        "favourites": all_of(Favourite, "vehicle_id", "price_fen", "created_at"),
        "recently_viewed": all_of(VehicleView, "vehicle_id", "viewed_at"),
        "saved_searches": all_of(SavedSearch, "name", "filters", "lat", "lng", "place_label", "frequency", "paused", "created_at"),
        "alerts": all_of(Alert, "kind", "vehicle_id", "saved_search_id", "old_price_fen", "new_price_fen", "read_at", "created_at"),
    }
