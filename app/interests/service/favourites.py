"""Choose a car as a favourite, and no longer."""

from __future__ import annotations

import uuid

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.events import service as events
from app.identity.models import Customer
from app.interests import queries
from app.interests.errors import FavouriteLimit
from app.interests.models import Favourite
from app.interests.service.people import standing_still
from app.kit import db
from app.kit.settings import settings
from app.vehicles import queries as vehicles
from app.vehicles.models import Vehicle


def add(session: Session, customer: Customer, vehicle_id: uuid.UUID) -> None:
    """Keep an eye on a car, from its price of now on; one that is a favourite already stays as it is.

    Raises:
        VehicleUnknown: there is none, or it was never on sale.
        FavouriteLimit: she keeps as many as one person may.
    """
    customer = standing_still(session, customer)
    vehicle = queries.ever_on_sale(session, customer.brand_id, vehicle_id)
    if session.execute(select(Favourite.id).filter_by(customer_id=customer.id, vehicle_id=vehicle_id)).first():
        return
    if queries.count_of(session, Favourite, customer.id) >= (most := settings().favourites_per_customer):
        raise FavouriteLimit(most=most)
    row = {"id": db.new_id(), "brand_id": customer.brand_id, "customer_id": customer.id, "vehicle_id": vehicle_id}
    session.execute(insert(Favourite).values(row | {"price_fen": vehicle.price_fen, "told_price_fen": vehicle.price_fen}))
    _record(session, "vehicle.favourited", customer, vehicle)


def remove(session: Session, customer: Customer, vehicle_id: uuid.UUID) -> None:
    """No longer keep an eye on it; what is no favourite stays none."""
    customer = standing_still(session, customer)
    gone = delete(Favourite).filter_by(customer_id=customer.id, vehicle_id=vehicle_id).returning(Favourite.id)
    if session.execute(gone).first():
        _record(session, "vehicle.unfavourited", customer, vehicles.get(session, customer.brand_id, vehicle_id))


def _record(session: Session, name: str, customer: Customer, vehicle: Vehicle) -> None:
    events.record(
        session,
        name,
        brand_id=customer.brand_id,
        customer_id=customer.id,
        subject=("vehicle", vehicle.id),
        data={"vehicle_id": vehicle.id, "dealer_id": vehicle.dealer_id, "store_id": vehicle.store_id, "price_fen": vehicle.price_fen},
        actor=("customer", customer.id),
    )
