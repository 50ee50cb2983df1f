"""What a dealer's manager does with single cars of the stock: write them down, change them, put them on sale and take them off."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, cast

import psycopg
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.dealers.errors import StoreUnknown
from app.dealers.models import Role, Staff, Store
from app.dealers.scope import Scope
from app.kit import clock
from app.kit.settings import settings
from app.kit.states import arrive
from app.vehicles.errors import (
    ChangedMeanwhile,
    HeldForSomebody,
    HistoryMissing,
    ManagersOnly,
    NotNow,
    StockNumberTaken,
    StoreNeeded,
    TooFewPhotos,
    VehicleUnknown,
    VinTaken,
)
from app.vehicles.labels import search_text
from app.vehicles.mapping import HISTORY, WITH_HISTORY
from app.vehicles.models import LIVE, ModelSeries, PriceChange, Status, Vehicle, Withdrawn
from app.vehicles.queries.scope import of_staff
from app.vehicles.service import catalogue, holding
from app.vehicles.service.plans import refresh_monthly

KEEPERS = (Role.dealer_manager, Role.admin)
# A car that was taken off sale by no person comes back when somebody says that it is there.
COMES_BACK = (Withdrawn.missing_in_feed, Withdrawn.unconfirmed)


def create(session: Session, staff: Staff, *, stock_number: str, status: str = Status.in_preparation, **values: Any) -> Vehicle:
    """A car of a store that this person keeps; `values` are columns of `Vehicle`, with `series` by its name.

    Raises:
        ManagersOnly, StoreNeeded, dealers.errors.StoreUnknown, HistoryMissing.
        StockNumberTaken: the dealer has one of this number. VinTaken.
    """
    must_keep(staff)
    store = _store(session, Scope.of(staff), values.pop("store_id", None))
    vehicle = Vehicle(brand_id=staff.brand_id, dealer_id=store.dealer_id, store_id=store.id, stock_number=stock_number, status=status)
    vehicle.listed_at = clock.now(session) if status == Status.listed else None
    _fill(session, vehicle, {"trim": ""} | values)
    with _one_of_its_kind(session, staff, vehicle.vin):
        session.add(vehicle)
        session.flush()
    arrive(session, vehicle, actor=_by(staff))
    _remember(session, vehicle)
    refresh_monthly(session, vehicle.brand_id, [vehicle.id])
    if status == Status.listed:
        holding.record(session, "vehicle.listed", vehicle, _by(staff))
    return vehicle


def change(session: Session, staff: Staff, vehicle_id: uuid.UUID, *, version: int, **values: Any) -> Vehicle:
    """Other values for a car, whose price is kept in its history, if it is still as this person read it (`version`).

    Raises:
        ManagersOnly, VehicleUnknown, ChangedMeanwhile, HistoryMissing, VinTaken, StoreNeeded, dealers.errors.StoreUnknown.
        NotNow: it is sold.
    """
    vehicle = reached(session, staff, vehicle_id)
    if vehicle.version != version:
        raise ChangedMeanwhile(version=vehicle.version)
    return _changed(session, staff, vehicle, values)


def put(session: Session, staff: Staff, stock_number: str, **values: Any) -> tuple[Vehicle, bool]:
    """The dealer's car of this stock number is on sale, and as it is said here; and whether it is new. The same again changes nothing.

    It also says that the car is there: one that was off sale for want of that comes back, one that a person took off does not. What is
    not said stays as it is. Raises what `create` and `change` raise.
    """
    must_keep(staff)
    store = _store(session, Scope.of(staff), values.pop("store_id", None))
    wanted = select(Vehicle).filter_by(dealer_id=store.dealer_id, stock_number=stock_number).with_for_update(key_share=True)
    vehicle = session.execute(wanted.execution_options(populate_existing=True)).scalar_one_or_none()
    if vehicle is None:
        return create(session, staff, stock_number=stock_number, status=Status.listed, store_id=store.id, **values), True
    vehicle = _changed(session, staff, vehicle, values | {"store_id": store.id})
    confirm(session, staff, [vehicle.id])
    session.refresh(vehicle)
    return vehicle, False


def ask_price(session: Session, staff: Staff, vehicle_id: uuid.UUID, *, price_fen: int, version: int | None = None) -> Vehicle:
    """Another price, the old one kept in the history. Raises ManagersOnly, VehicleUnknown, ChangedMeanwhile, NotNow."""
    vehicle = reached(session, staff, vehicle_id)
    if version is not None and vehicle.version != version:
        raise ChangedMeanwhile(version=vehicle.version)
    return _changed(session, staff, vehicle, {"price_fen": price_fen})


def confirm(session: Session, staff: Staff, vehicle_ids: Sequence[uuid.UUID]) -> tuple[int, list[uuid.UUID]]:
    """These cars are there: how many were confirmed, and which of them came back on sale. Sold ones stay as they are.

    Raises:
        ManagersOnly. VehicleUnknown: one of them is none of this person's; then none is confirmed.
        VinTaken: one that would come back has the VIN of a live one.
    """
    must_keep(staff)
    mine = Scope.of(staff).covers(Vehicle) & Vehicle.id.in_(vehicle_ids)
    found = session.execute(select(Vehicle).where(mine).order_by(Vehicle.id).with_for_update(key_share=True)).scalars().all()
    if len(found) != len(set(vehicle_ids)):
        raise VehicleUnknown
    there = [one for one in found if one.status in (Status.draft, *LIVE) or one.withdrawn_for in COMES_BACK]
    moment = clock.now(session)
    for vehicle in there:
        session.refresh(vehicle)
        vehicle.confirmed_at, vehicle.warned_at, vehicle.missed_feeds = moment, None, 0
    session.flush()
    back = [one for one in there if one.withdrawn_for in COMES_BACK]
    for vehicle in back:
        _put_on_sale(session, staff, vehicle, since=Status.withdrawn, reason="confirmed")
    return len(there), [one.id for one in back]


def prepare(session: Session, staff: Staff, vehicle_id: uuid.UUID) -> Vehicle:
    """A draft is a car that is being made ready. Raises ManagersOnly, VehicleUnknown, VinTaken, NotNow."""
    vehicle = reached(session, staff, vehicle_id)
    with _one_of_its_kind(session, staff, vehicle.vin):
        return _moved(session, staff, vehicle, since=[Status.draft], to=Status.in_preparation)


def put_on_sale(session: Session, staff: Staff, vehicle_id: uuid.UUID) -> Vehicle:
    """A car that is ready is listed. Raises ManagersOnly, VehicleUnknown, TooFewPhotos, NotNow."""
    return _put_on_sale(session, staff, reached(session, staff, vehicle_id), since=Status.in_preparation)


def relist(session: Session, staff: Staff, vehicle_id: uuid.UUID) -> Vehicle:
    """A car that was off sale is listed again, as old as it was. Raises ManagersOnly, VehicleUnknown, VinTaken, NotNow."""
    return _put_on_sale(session, staff, reached(session, staff, vehicle_id), since=Status.withdrawn)


def withdraw(session: Session, staff: Staff, vehicle_id: uuid.UUID, *, reason: str) -> Vehicle:
    """Take a car off sale, or give one up before it was; `reason` in this person's own words.

    Raises:
        ManagersOnly, VehicleUnknown, NotNow. HeldForSomebody: its order has to be ended first.
    """
    vehicle = reached(session, staff, vehicle_id)
    was_listed = vehicle.status == Status.listed
    since = [Status.draft, Status.in_preparation, Status.listed]
    _moved(session, staff, vehicle, since=since, to=Status.withdrawn, reason=reason, withdrawn_for=Withdrawn.by_dealer)
    if was_listed:
        holding.record(session, "vehicle.withdrawn", vehicle, _by(staff))
    return vehicle


def sold(session: Session, staff: Staff, vehicle_id: uuid.UUID) -> Vehicle:
    """A listed car was sold at the store. Raises ManagersOnly, VehicleUnknown, NotNow, HeldForSomebody."""
    vehicle = _moved(session, staff, reached(session, staff, vehicle_id), since=[Status.listed], to=Status.sold)
    holding.record(session, "vehicle.sold", vehicle, _by(staff))
    return vehicle


def delivered(session: Session, staff: Staff, vehicle_id: uuid.UUID) -> Vehicle:
    """A sold car was handed over. Raises ManagersOnly, VehicleUnknown, NotNow."""
    vehicle = _moved(session, staff, reached(session, staff, vehicle_id), since=[Status.sold], to=Status.delivered)
    holding.record(session, "vehicle.delivered", vehicle, _by(staff))
    return vehicle


def reached(session: Session, staff: Staff, vehicle_id: uuid.UUID) -> Vehicle:
    """A car that this person keeps, as it is now, locked until the end of the transaction. Raises `ManagersOnly`, `VehicleUnknown`."""
    must_keep(staff)
    return of_staff(session, staff, vehicle_id, lock=True)


def must_keep(staff: Staff) -> None:
    """Raises `ManagersOnly` for who only looks at the stock."""
    if staff.role not in KEEPERS:
        raise ManagersOnly


def _by(staff: Staff) -> holding.Actor:
    return "staff", str(staff.id)


def _store(session: Session, scope: Scope, store_id: uuid.UUID | None) -> Store:
    """The store of this id within the scope, or the dealer's one."""
    stores = select(Store).where(scope.covers(Store))
    if store_id is not None:
        found = session.execute(stores.where(Store.id == store_id)).scalar_one_or_none()
        if found is None:
            raise StoreUnknown
        return found
    only = session.execute(stores.limit(2)).scalars().all()
    if scope.dealer_id is None or len(only) != 1:
        raise StoreNeeded(store_id="missing")
    return only[0]


def _fill(session: Session, vehicle: Vehicle, values: dict[str, Any]) -> None:
    """Set columns and what follows from them. Raises `HistoryMissing`."""
    if name := values.pop("series", None):
        key = "".join(name.lower().split())
        vehicle.series_id = catalogue.series(session, vehicle.brand_id, {key: name})[key]
    for column, value in values.items():
        setattr(vehicle, column, value)
    if vehicle.condition in WITH_HISTORY and (absent := [name for name in HISTORY if getattr(vehicle, name) is None]):
        raise HistoryMissing(**dict.fromkeys(absent, "missing"))
    said = {column.key: getattr(vehicle, column.key) for column in Vehicle.__table__.columns}
    vehicle.search_text = search_text(session.get_one(ModelSeries, vehicle.series_id).name, said)


def _changed(session: Session, staff: Staff, vehicle: Vehicle, values: dict[str, Any]) -> Vehicle:
    if vehicle.status in (Status.sold, Status.delivered):
        raise NotNow(status=vehicle.status)
    price_fen = values.pop("price_fen", vehicle.price_fen)
    if store_id := values.get("store_id"):
        _store(session, Scope(vehicle.brand_id, vehicle.dealer_id), store_id)
    with _one_of_its_kind(session, staff, values.get("vin")):
        _fill(session, vehicle, values)
        if session.is_modified(vehicle):
            vehicle.version += 1
        session.flush()
    if values.get("vin"):
        _remember(session, vehicle)
    refresh_monthly(session, vehicle.brand_id, [vehicle.id])
    return holding.change_price(session, vehicle.id, price_fen, actor=_by(staff))


def _moved(session: Session, staff: Staff, vehicle: Vehicle, *, since: Sequence[Status], to: Status, **values: Any) -> Vehicle:
    if vehicle.status == Status.reserved:
        raise HeldForSomebody
    moved = holding.move(session, vehicle.id, since=since, to=to, actor=_by(staff), **values)
    if moved is None:
        raise NotNow(status=vehicle.status)
    return moved


def _put_on_sale(session: Session, staff: Staff, vehicle: Vehicle, *, since: Status, reason: str | None = None) -> Vehicle:
    if len(vehicle.photos) < settings().photos_before_listing:
        raise TooFewPhotos(least=settings().photos_before_listing)
    moment = clock.now(session)
    fresh = {"listed_at": vehicle.listed_at or moment, "confirmed_at": moment, "warned_at": None, "withdrawn_for": None, "missed_feeds": 0}
    with _one_of_its_kind(session, staff, vehicle.vin):
        _moved(session, staff, vehicle, since=[since], to=Status.listed, reason=reason, **fresh)
    holding.record(session, "vehicle.listed", vehicle, _by(staff))
    if since == Status.withdrawn:
        holding.record(session, "vehicle.relisted", vehicle, _by(staff))
    return vehicle


@contextmanager
def _one_of_its_kind(session: Session, staff: Staff, vin: str | None) -> Iterator[None]:
    """What the block writes has the stock number and, while it is live, the VIN of no other. Raises `StockNumberTaken`, `VinTaken`."""
    try:
        with session.begin_nested():
            yield
    except IntegrityError as error:
        broken = cast(psycopg.Error, error.orig).diag.constraint_name
        if broken == "uq_vehicles_dealer_id_stock_number":
            raise StockNumberTaken from error
        if broken != "ix_vehicles_one_live_vin":
            raise
    else:
        return
    other = select(Vehicle.id, Vehicle.stock_number).where(Scope.of(staff).covers(Vehicle), Vehicle.vin == vin, Vehicle.status.in_(LIVE))
    found = session.execute(other).first()
    raise VinTaken(**({"vehicle_id": str(found.id), "stock_number": found.stock_number} if found else {}))


def _remember(session: Session, vehicle: Vehicle) -> None:
    """A car that was off sale under another number is as old as it was then, and what it was offered for last is its earlier price."""
    of_the_brand = (Vehicle.brand_id == vehicle.brand_id) & (Vehicle.vin == vehicle.vin) & (Vehicle.id != vehicle.id)
    before = session.execute(
        select(Vehicle.listed_at, Vehicle.price_fen).where(of_the_brand, Vehicle.status == Status.withdrawn).order_by(Vehicle.number)
    ).all()
    since: list[datetime] = [moment for moment in [*(one.listed_at for one in before), vehicle.listed_at] if moment]
    vehicle.listed_at = min(since, default=None)
    has_history = select(PriceChange.id).filter_by(vehicle_id=vehicle.id).limit(1)
    if before and before[-1].price_fen != vehicle.price_fen and session.execute(has_history).first() is None:
        session.add(PriceChange(vehicle_id=vehicle.id, old_price_fen=before[-1].price_fen, new_price_fen=vehicle.price_fen))
    session.flush()
