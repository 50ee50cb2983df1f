"""A customer asks a dealer to get in touch."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers import queries as dealers
from app.identity import queries as identity
from app.identity.models import Customer, Purpose
from app.kit import db, money, texts
from app.leads.errors import ConsentNeeded, NothingToAskAbout, PhoneNeeded
from app.leads.models import Cause, Grade, Interest, Lead, LeadAssignment
from app.leads.service.assigning import assign
from app.leads.service.keeping import keep, note, raise_grade
from app.vehicles import queries as vehicles
from app.vehicles.finance import Offer


def contact(
    session: Session,
    customer: Customer,
    *,
    vehicle_id: uuid.UUID | None = None,
    store_id: uuid.UUID | None = None,
    message: str | None = None,
    finance: dict[str, Any] | None = None,
    source: dict[str, Any] | None = None,
) -> Lead:
    """Have an adviser call about a vehicle, else about a store. Asking again before he answered adds her words and disturbs nobody.

    `finance` names a plan for the vehicle and a down payment ({plan_id, down_payment_fen}): he reads what it comes to beside her words.
    `source` is the ids of what brought her to ask, such as a campaign's, for the lead's log.

    Raises:
        NothingToAskAbout: neither a vehicle nor a store is named, or a plan without a vehicle.
        PhoneNeeded: nobody could call her.
        ConsentNeeded: she applies for a plan, but has not agreed that the dealer is told.
        VehicleUnknown, StoreUnknown: the brand has no such thing.
        PlanUnknown, PlanUnfit, FinanceImpossible: the plan is not for this vehicle, or not with this down payment.
    """
    if vehicle_id is None and (store_id is None or finance):
        raise NothingToAskAbout(vehicle_id="missing", store_id="missing")
    if customer.phone is None:
        raise PhoneNeeded
    interest = Interest.finance if finance else Interest.contact
    if finance and not identity.consented(session, customer.id, Purpose.dealer_sharing):
        raise ConsentNeeded(purpose=Purpose.dealer_sharing.value)
    if vehicle_id is not None:
        vehicle = vehicles.get(session, customer.brand_id, vehicle_id)
        store_id, dealer_id = vehicle.store_id, vehicle.dealer_id
        if finance:
            message = "\n".join(filter(None, (_in_words(vehicles.offer(session, vehicle, **finance)), message)))
    else:
        assert store_id is not None
        dealer_id = dealers.store(session, customer.brand_id, store_id).dealer_id
    lead = keep(
        session,
        customer.brand_id,
        customer.id,
        interest=interest,
        vehicle_id=vehicle_id,
        store_id=store_id,
        message=message,
    )
    request_id = db.new_id()
    raise_grade(lead, Grade.A)
    note(session, lead, interest.value, request_id, vehicle_id=vehicle_id, store_id=store_id, **(source or {}))
    # Whoever has her deposit keeps her: a question elsewhere is his to pass on.
    if lead.grade == Grade.H and lead.dealer_id is not None:
        dealer_id = lead.dealer_id
    if not (lead.dealer_id == dealer_id and _is_waiting(session, lead)):
        about = {"vehicle_id": vehicle_id, "store_id": store_id}
        assign(session, lead, cause=Cause.contact, reference=request_id, dealer_id=dealer_id, about=about)
    return lead


def _in_words(offer: Offer) -> str:
    figures = {"down": offer.down_payment_fen, "monthly": offer.schedule.monthly_fen}
    yuan = {name: money.yuan(fen) for name, fen in figures.items()}
    return texts.t("leads.finance_wish", plan=offer.plan.name, term=offer.plan.term_months, **yuan)


def _is_waiting(session: Session, lead: Lead) -> bool:
    """Whether her adviser has been asked and has not answered yet."""
    asked = select(LeadAssignment.id).filter_by(lead_id=lead.id, staff_id=lead.owner_id, answer=None)
    return lead.owner_id is not None and session.execute(asked).first() is not None
