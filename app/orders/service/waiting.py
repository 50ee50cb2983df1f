"""The waiting list: a vehicle that is let go is offered to the first in line before it is on sale again."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from app.identity.models import Customer
from app.vehicles import service as vehicles
from app.vehicles.models import Vehicle


def hand_on(session: Session, vehicle_id: uuid.UUID) -> None:
    """Nobody holds the vehicle any more: the first in line is offered it, or it is on sale again."""
    vehicles.release(session, vehicle_id)


def take(session: Session, customer: Customer, vehicle_id: uuid.UUID) -> Vehicle:
    """The vehicle for this customer: it is on sale, or offered to her. Raises `vehicles.errors.NotOnSale`."""
    return vehicles.reserve(session, vehicle_id, actor=("customer", customer.id))
