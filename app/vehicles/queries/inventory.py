"""Looks at the stock as those see it who keep it: every car in every state, with its trail."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload

from app.dealers.models import Dealer, Staff, Store
from app.dealers.queries import moves_in_words
from app.dealers.scope import Scope
from app.kit import paging
from app.kit.paging import CursorInvalid
from app.kit.settings import settings
from app.kit.states import Transition
from app.vehicles.labels import labelled
from app.vehicles.models import ModelSeries, Status, Vehicle, Withdrawn
from app.vehicles.queries.prices import price_history
from app.vehicles.queries.scope import of_staff
from app.vehicles.queries.stock import picture_url
from app.vehicles.vin import is_vin

LATEST = (Transition.created_at.desc(), Transition.id.desc())


@dataclass(frozen=True)
class Wanted:
    """What a list of the stock is narrowed by."""

    q: str | None = None
    status: str | None = None
    condition: str | None = None
    store_id: uuid.UUID | None = None
    dealer_id: uuid.UUID | None = None
    feed: str | None = None
    unconfirmed: bool = False

    def conditions(self) -> list[ColumnElement[bool]]:
        exactly = {name: getattr(self, name) for name in ("status", "condition", "store_id", "dealer_id", "feed")}
        found: list[ColumnElement[bool]] = [getattr(Vehicle, name) == value for name, value in exactly.items() if value is not None]
        if self.q and is_vin(self.q.upper()):
            found.append(Vehicle.vin == self.q.upper())
        elif self.q:
            found.append(or_(Vehicle.stock_number.startswith(self.q, autoescape=True), Vehicle.title.icontains(self.q, autoescape=True)))
        if self.unconfirmed:
            found.append(
                (Vehicle.status == Status.listed) & Vehicle.warned_at.is_not(None) | (Vehicle.withdrawn_for == Withdrawn.unconfirmed)
            )
        return found


def stock(session: Session, staff: Staff, wanted: Wanted, *, cursor: str | None, limit: int, counted: bool = True) -> dict[str, Any]:
    """Cars of this person's dealer or brand, the newest first; `total` is None where nobody asked for it. Raises `CursorInvalid`."""
    conditions = [Scope.of(staff).covers(Vehicle), *wanted.conditions()]
    total = session.scalar(select(func.count()).select_from(Vehicle).where(*conditions)) if counted else None
    page = select(Vehicle).options(joinedload(Vehicle.store).joinedload(Store.dealer)).where(*conditions)
    if cursor:
        page = page.where(Vehicle.number < _number_in(cursor))
    found = session.execute(page.order_by(Vehicle.number.desc()).limit(limit + 1)).scalars().all()
    shown = found[:limit]
    return {
        "items": [_row(car) for car in shown],
        "next_cursor": paging.encode(shown[-1].number) if len(found) > limit else None,
        "total": total,
    }


def stock_page(session: Session, staff: Staff, vehicle_id: uuid.UUID) -> dict[str, Any]:
    """One car with its trail and every price that it had, the latest first. Raises `VehicleUnknown`, also for another dealer's."""
    car = of_staff(session, staff, vehicle_id)
    names = {column.key for column in Vehicle.__table__.columns} - {"status", "condition", "withdrawn_for"}
    moves = select(Transition).filter_by(subject_type=Vehicle.__tablename__, subject_id=car.id).order_by(*LATEST)
    changes = price_history(session, car.id)
    return (
        {name: getattr(car, name) for name in names}
        | _row(car)
        | {
            "series": session.get_one(ModelSeries, car.series_id).name,
            "trail": moves_in_words(session, session.execute(moves).scalars().all()),
            "prices": [
                {"old_price_fen": one.old_price_fen, "new_price_fen": one.new_price_fen, "changed_at": one.created_at} for one in changes
            ],
        }
    )


def unlisted_at(car: Vehicle) -> datetime | None:
    """When a listed car whose dealer was told will be taken off sale unless he says that it is there."""
    days = settings().stock_confirm_days
    if car.status != Status.listed or car.warned_at is None or car.confirmed_at is None or days == 0:
        return None
    return car.confirmed_at + timedelta(days=days)


def _row(car: Vehicle) -> dict[str, Any]:
    dealer: Dealer = car.store.dealer
    return {
        "id": car.id,
        "stock_number": car.stock_number,
        "vin": car.vin,
        "title": car.title,
        "status": labelled("status", car.status),
        "withdrawn_for": labelled("withdrawn_for", car.withdrawn_for),
        "condition": labelled("condition", car.condition),
        "price_fen": car.price_fen,
        "photo": picture_url(car.photos[0]["url"]) if car.photos else None,
        "dealer": {"id": dealer.id, "name": dealer.name},
        "store": {"id": car.store_id, "name": car.store.name},
        "feed": car.feed,
        "missed_feeds": car.missed_feeds,
        "listed_at": car.listed_at,
        "confirmed_at": car.confirmed_at,
        "unlisted_at": unlisted_at(car),
        "version": car.version,
    }


def _number_in(cursor: str) -> int:
    (number,) = paging.decode(cursor, 1)
    if not isinstance(number, int):
        raise CursorInvalid(cursor="unreadable")
    return number
