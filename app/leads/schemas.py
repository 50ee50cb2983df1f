"""What the doors of leads take and give."""

from __future__ import annotations

from typing import Any

from apiflask import Schema
from apiflask.fields import UUID, Integer, Nested, String
from apiflask.validators import Length, Range
from sqlalchemy.orm import Session

from app.dealers import queries as dealers
from app.dealers.schemas import NamedOut
from app.leads.models import Lead


class FinanceWishIn(Schema):
    """A plan of the calculator, with the down payment that she chose there."""

    plan_id = UUID(required=True)
    down_payment_fen = Integer(required=True, validate=Range(0, 2**53))


class ContactIn(Schema):
    """About a vehicle, or else about a store; about a finance plan for the vehicle when she applies for one."""

    vehicle_id = UUID()
    store_id = UUID()
    message = String(validate=Length(1, 200), metadata={"description": "her own words to the adviser"})
    finance = Nested(FinanceWishIn)


class LeadOut(Schema):
    """What the customer learns of her lead."""

    id = String()
    status = String(metadata={"description": "new, assigned, accepted, callback_promised, test_drive_booked, won, defeated"})
    dealer = Nested(NamedOut, allow_none=True)
    adviser = Nested(NamedOut, allow_none=True)


def lead_out(session: Session, lead: Lead) -> dict[str, Any]:
    """A lead as its customer sees it."""
    dealer = dealers.dealer(session, lead.dealer_id) if lead.dealer_id else None
    adviser = dealers.staff(session, lead.owner_id) if lead.owner_id else None
    return {
        "id": str(lead.id),
        "status": lead.status,
        "dealer": dealer and {"id": str(dealer.id), "name": dealer.name},
        "adviser": adviser and {"id": str(adviser.id), "name": adviser.name},
    }
