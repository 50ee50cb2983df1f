"""Doors of the waiting list: a customer joins the line for a vehicle that somebody else holds, looks, and leaves it."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.kit import clock
from app.kit.idempotency import idempotent
from app.kit.settings import settings
from app.kit.web import Caller, blueprint, raises, transactional
from app.orders import waiting_queries, waiting_schemas
from app.orders.service import waiting
from app.orders.waiting_errors import HeldByYou, OnSale, WaitingLimit
from app.vehicles import queries as vehicles
from app.vehicles.errors import VehicleGone, VehicleUnknown
from app.vehicles.models import Status

visitor = blueprint("waiting-list", audience="visitor")
customer = blueprint("waiting-list", audience="customer")


@visitor.get("/<uuid:vehicle_id>")
@raises(VehicleUnknown, VehicleGone)
@visitor.output(waiting_schemas.WaitingLineOut)
@transactional
def line(session: Session, who: Caller, vehicle_id: uuid.UUID) -> Any:
    """Whether one can wait for this vehicle, and how many do."""
    assert who.brand_id is not None
    vehicle = vehicles.shown(session, who.brand_id, vehicle_id)
    return {
        "vehicle_id": str(vehicle_id),
        "is_open": vehicle.status == Status.reserved,
        "waiting": waiting_queries.waiting_for(session, vehicle_id),
        "offer_minutes": settings().waitlist_offer_minutes,
        "most_per_customer": settings().waitlist_cars_per_customer,
    }


@customer.get("/")
@customer.output(waiting_schemas.PlacesOut)
@transactional
def mine(session: Session, who: Caller) -> Any:
    """Her places in lines, and those that ended without the vehicle in the last days."""
    now = clock.now(session)
    return {"items": [waiting_schemas.place_out(place, now=now) for place in waiting_queries.places_of(session, who.customer.id)]}


@customer.post("/<uuid:vehicle_id>")
@idempotent
@raises(VehicleUnknown, VehicleGone, OnSale, HeldByYou, WaitingLimit)
@customer.output(waiting_schemas.PlaceOut, status_code=201)
@transactional
def join(session: Session, who: Caller, vehicle_id: uuid.UUID) -> Any:
    """Wait for a vehicle that somebody else holds. Joining again gives the same place."""
    entry = waiting.join(session, who.customer, vehicle_id)
    (place,) = waiting_queries.places_of(session, entry.customer_id, entry_id=entry.id)
    return waiting_schemas.place_out(place, now=clock.now(session))


@customer.delete("/<uuid:vehicle_id>")
@customer.output({}, status_code=204)
@transactional
def leave(session: Session, who: Caller, vehicle_id: uuid.UUID) -> Any:
    """No longer wait for it; an offer goes to the next in line. Without a place nothing changes."""
    waiting.leave(session, who.customer.id, vehicle_id)
    return "", 204
