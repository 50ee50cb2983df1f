"""A customer asks a dealer to get in touch."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers import queries as dealers
from app.identity.models import Customer
from app.kit import db
from app.leads.errors import NothingToAskAbout, PhoneNeeded
from app.leads.models import Cause, Grade, Interest, Lead, LeadAssignment
from app.leads.service.assigning import assign
from app.leads.service.keeping import keep, note, raise_grade
from app.vehicles import queries as vehicles


def contact(
    session: Session,
    customer: Customer,
    *,
    vehicle_id: uuid.UUID | None = None,
    store_id: uuid.UUID | None = None,
    message: str | None = None,
) -> Lead:
    """Have an adviser call about a vehicle, else about a store. Asking again before he answered adds her words and disturbs nobody.

    Raises:
        NothingToAskAbout: neither a vehicle nor a store is named.
        PhoneNeeded: nobody could call her.
        VehicleUnknown, StoreUnknown: the brand has no such thing.
    """
    if vehicle_id is None and store_id is None:
        raise NothingToAskAbout(vehicle_id="missing", store_id="missing")
    if customer.phone is None:
        raise PhoneNeeded
    if vehicle_id is not None:
        vehicle = vehicles.get(session, customer.brand_id, vehicle_id)
        store_id, dealer_id = vehicle.store_id, vehicle.dealer_id
    else:
        assert store_id is not None
        dealer_id = dealers.store(session, customer.brand_id, store_id).dealer_id
    lead = keep(
        session,
        customer.brand_id,
        customer.id,
        interest=Interest.contact,
        vehicle_id=vehicle_id,
        store_id=store_id,
        message=message,
    )
    request_id = db.new_id()
    raise_grade(lead, Grade.A)
    note(session, lead, "contact", request_id, vehicle_id=vehicle_id, store_id=store_id)
    # Whoever has her deposit keeps her: a question elsewhere is his to pass on.
    if lead.grade == Grade.H and lead.dealer_id is not None:
        dealer_id = lead.dealer_id
    if not (lead.dealer_id == dealer_id and _is_waiting(session, lead)):
        about = {"vehicle_id": vehicle_id, "store_id": store_id}
        assign(session, lead, cause=Cause.contact, reference=request_id, dealer_id=dealer_id, about=about)
    return lead


def _is_waiting(session: Session, lead: Lead) -> bool:
    """Whether her adviser has been asked and has not answered yet."""
    asked = select(LeadAssignment.id).filter_by(lead_id=lead.id, staff_id=lead.owner_id, answer=None)
    return lead.owner_id is not None and session.execute(asked).first() is not None
