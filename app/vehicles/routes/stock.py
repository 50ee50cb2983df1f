"""Doors: the stock of a dealer or of the brand. Everybody of the dealer looks; his manager, or an administrator, changes it."""

from __future__ import annotations

import uuid
from dataclasses import fields
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.dealers.errors import StoreUnknown
from app.dealers.scope import Scope
from app.kit import clock
from app.kit.errors import Invalid
from app.kit.idempotency import idempotent
from app.kit.paging import CursorInvalid
from app.kit.web import Caller, blueprint, raises, transactional
from app.vehicles import schemas_stock as schemas
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
from app.vehicles.models import Vehicle
from app.vehicles.queries import ageing as ageing_queries
from app.vehicles.queries import inventory
from app.vehicles.service import keeping

staff = blueprint("stock", audience="staff")

# So much trail is read at a time, in days.
LONGEST_AGEING = 400


@staff.get("/vehicles/")
@raises(CursorInvalid)
@staff.input(schemas.StockIn, location="query")
@staff.output(schemas.StockListOut)
@transactional
def search(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Cars in every state, the newest first."""
    wanted = inventory.Wanted(**{one.name: query_data[one.name] for one in fields(inventory.Wanted) if one.name in query_data})
    return inventory.stock(session, who.staff, wanted, cursor=query_data.get("cursor"), limit=query_data["limit"])


@staff.get("/vehicles/<uuid:vehicle_id>")
@raises(VehicleUnknown)
@staff.output(schemas.StockPageOut)
@transactional
def show(session: Session, who: Caller, vehicle_id: uuid.UUID) -> Any:
    """One car with its trail and every price that it had."""
    return inventory.stock_page(session, who.staff, vehicle_id)


@staff.post("/vehicles/")
@idempotent
@raises(ManagersOnly, StoreNeeded, StoreUnknown, HistoryMissing, StockNumberTaken, VinTaken)
@staff.input(schemas.NewCarIn)
@staff.output(schemas.StockPageOut, status_code=201)
@transactional
def create(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """Write a car down that is not on sale yet."""
    return _shown(session, who, keeping.create(session, who.staff, **json_data))


@staff.put("/vehicles/<stock_number>")
@raises(ManagersOnly, StoreNeeded, StoreUnknown, HistoryMissing, VinTaken, NotNow)
@staff.input(schemas.WholeCarIn)
@staff.output(schemas.StockPageOut)
@transactional
def put(session: Session, who: Caller, stock_number: str, json_data: dict[str, Any]) -> Any:
    """The car of this stock number is there, on sale, and as it is said here: made (201) or changed (200). For the systems of dealers."""
    if len(stock_number) > schemas.LONGEST or "\x00" in stock_number:
        raise Invalid(stock_number="too_long")
    vehicle, is_new = keeping.put(session, who.staff, stock_number, **json_data)
    return _shown(session, who, vehicle), 201 if is_new else 200


@staff.patch("/vehicles/<uuid:vehicle_id>")
@raises(ManagersOnly, VehicleUnknown, ChangedMeanwhile, StoreUnknown, HistoryMissing, VinTaken, NotNow)
@staff.input(schemas.ChangedCarIn)
@staff.output(schemas.StockPageOut)
@transactional
def change(session: Session, who: Caller, vehicle_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Other values, if the car is still as it was read; what a feed fills, the feed says again."""
    return _shown(session, who, keeping.change(session, who.staff, vehicle_id, **json_data))


@staff.post("/vehicles/<uuid:vehicle_id>/price")
@raises(ManagersOnly, VehicleUnknown, ChangedMeanwhile, NotNow)
@staff.input(schemas.PriceIn)
@staff.output(schemas.StockPageOut)
@transactional
def price(session: Session, who: Caller, vehicle_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Another price; the old one stays in the history."""
    return _shown(session, who, keeping.ask_price(session, who.staff, vehicle_id, **json_data))


@staff.post("/vehicles/confirm")
@raises(ManagersOnly, VehicleUnknown, VinTaken)
@staff.input(schemas.ConfirmIn)
@staff.output(schemas.ConfirmedOut)
@transactional
def confirm(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """These cars are there; those that were off sale for want of that are listed again."""
    confirmed, back = keeping.confirm(session, who.staff, json_data["vehicle_ids"])
    return {"confirmed": confirmed, "listed_again": back}


@staff.post("/vehicles/<uuid:vehicle_id>/prepare")
@idempotent
@raises(ManagersOnly, VehicleUnknown, VinTaken, NotNow, HeldForSomebody)
@staff.output(schemas.StockPageOut)
@transactional
def prepare(session: Session, who: Caller, vehicle_id: uuid.UUID) -> Any:
    """A draft becomes a car that is made ready."""
    return _shown(session, who, keeping.prepare(session, who.staff, vehicle_id))


@staff.post("/vehicles/<uuid:vehicle_id>/list")
@idempotent
@raises(ManagersOnly, VehicleUnknown, TooFewPhotos, NotNow, HeldForSomebody)
@staff.output(schemas.StockPageOut)
@transactional
def put_on_sale(session: Session, who: Caller, vehicle_id: uuid.UUID) -> Any:
    """A car that is ready is on sale."""
    return _shown(session, who, keeping.put_on_sale(session, who.staff, vehicle_id))


@staff.post("/vehicles/<uuid:vehicle_id>/withdraw")
@idempotent
@raises(ManagersOnly, VehicleUnknown, NotNow, HeldForSomebody)
@staff.input(schemas.WithdrawIn)
@staff.output(schemas.StockPageOut)
@transactional
def withdraw(session: Session, who: Caller, vehicle_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Take a car off sale; no feed brings it back."""
    return _shown(session, who, keeping.withdraw(session, who.staff, vehicle_id, **json_data))


@staff.post("/vehicles/<uuid:vehicle_id>/relist")
@idempotent
@raises(ManagersOnly, VehicleUnknown, VinTaken, TooFewPhotos, NotNow, HeldForSomebody)
@staff.output(schemas.StockPageOut)
@transactional
def relist(session: Session, who: Caller, vehicle_id: uuid.UUID) -> Any:
    """A car that was taken off is on sale again, and as old as it was."""
    return _shown(session, who, keeping.relist(session, who.staff, vehicle_id))


@staff.post("/vehicles/<uuid:vehicle_id>/sold")
@idempotent
@raises(ManagersOnly, VehicleUnknown, NotNow, HeldForSomebody)
@staff.output(schemas.StockPageOut)
@transactional
def sold(session: Session, who: Caller, vehicle_id: uuid.UUID) -> Any:
    """A listed car was sold at the store; one that a customer has reserved is sold through its order."""
    return _shown(session, who, keeping.sold(session, who.staff, vehicle_id))


@staff.post("/vehicles/<uuid:vehicle_id>/delivered")
@idempotent
@raises(ManagersOnly, VehicleUnknown, NotNow, HeldForSomebody)
@staff.output(schemas.StockPageOut)
@transactional
def delivered(session: Session, who: Caller, vehicle_id: uuid.UUID) -> Any:
    """A sold car was handed over."""
    return _shown(session, who, keeping.delivered(session, who.staff, vehicle_id))


@staff.get("/ageing")
@staff.input(schemas.AgeingIn, location="query")
@staff.output(schemas.AgeingOut)
@transactional
def ageing(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """How many cars came, were sold and went between two days, how long they stand, and how long they took to sell."""
    until = query_data.get("until") or clock.now(session).astimezone(ageing_queries.CHINA).date()
    since = query_data.get("since") or until - timedelta(days=29)
    if not 0 <= (until - since).days <= LONGEST_AGEING:
        raise Invalid(until=f"0 to {LONGEST_AGEING} days after since")
    scope = Scope.of(who.staff)
    return ageing_queries.ageing(session, scope.brand_id, scope.dealer_id, since=since, until=until, by=query_data["by"])


def _shown(session: Session, who: Caller, vehicle: Vehicle) -> Any:
    session.refresh(vehicle)
    return inventory.stock_page(session, who.staff, vehicle.id)
