"""Doors: a customer asks to be contacted. What staff do with leads is in the console."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.dealers.errors import StoreUnknown
from app.kit.idempotency import idempotent
from app.kit.web import Caller, blueprint, raises, transactional
from app.leads import schemas, service
from app.leads.errors import ConsentNeeded, NothingToAskAbout, PhoneNeeded
from app.vehicles.errors import FinanceImpossible, PlanUnfit, PlanUnknown, VehicleUnknown

customer = blueprint("leads", audience="customer")


@customer.post("/")
@idempotent
@raises(NothingToAskAbout, PhoneNeeded, ConsentNeeded, VehicleUnknown, StoreUnknown, PlanUnknown, PlanUnfit, FinanceImpossible)
@customer.input(schemas.ContactIn)
@customer.output(schemas.LeadOut, status_code=201)
@transactional
def contact(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """Ask the dealer of a vehicle, or of a store, to get in touch; with `finance`, about this plan for this vehicle. Asking again before
    the adviser answered disturbs nobody.
    """
    return schemas.lead_out(session, service.contact(session, who.customer, **json_data))
