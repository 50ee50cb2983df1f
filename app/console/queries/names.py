"""How customers, vehicles, dealers and staff are named in lists: one statement for a whole page of each."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.console.queries.scope import Scope
from app.dealers.models import Dealer
from app.identity.models import Customer
from app.kit import phone
from app.vehicles.models import Vehicle
from app.vehicles.queries import card_of

Ids = Iterable[uuid.UUID | None]


def person(customer: Customer) -> dict[str, Any]:
    """A customer; her phone number is masked, always."""
    return {"id": customer.id, "nickname": customer.nickname, "phone_masked": phone.mask(customer.phone)}


def people(session: Session, ids: Ids) -> dict[uuid.UUID, dict[str, Any]]:
    found = session.execute(select(Customer).where(Customer.id.in_(set(ids) - {None})))
    return {customer.id: person(customer) for customer in found.scalars()}


def vehicles(session: Session, ids: Ids) -> dict[uuid.UUID | None, dict[str, Any]]:
    """Vehicle cards by id."""
    found = session.execute(select(Vehicle).options(joinedload(Vehicle.store)).where(Vehicle.id.in_(set(ids) - {None})))
    return {vehicle.id: card_of(vehicle) for vehicle in found.scalars()}


def named(session: Session, model: Any, ids: Ids) -> dict[uuid.UUID | None, dict[str, Any]]:
    """{id, name} of dealers, stores, staff or journeys by id."""
    found = session.execute(select(model.id, model.name).where(model.id.in_(set(ids) - {None})))
    return {row_id: {"id": row_id, "name": name} for row_id, name in found}


def dealers_of(session: Session, scope: Scope) -> list[dict[str, Any]]:
    """The dealers that a scope reaches, by name, and whether each has a merchant number of its own."""
    found = select(Dealer).where(Dealer.brand_id == scope.brand_id).order_by(Dealer.name)
    if scope.dealer_id is not None:
        found = found.where(Dealer.id == scope.dealer_id)
    return [
        {"id": dealer.id, "name": dealer.name, "city": dealer.city, "takes_money": dealer.sub_mchid is not None}
        for dealer in session.execute(found).scalars()
    ]
