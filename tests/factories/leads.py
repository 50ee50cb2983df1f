"""Leads for tests."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.identity.models import Customer
from app.leads.models import Lead


def lead(session: Session, of: Customer, owner: Staff | None = None, **fields: Any) -> Lead:
    """An open lead of a customer; with an owner it waits for his answer."""
    given = {"brand_id": of.brand_id, "customer_id": of.id, "business_line": "vehicle_sales", "grade": "B", "version": 1, "status": "new"}
    if owner is not None:
        given |= {"status": "assigned", "dealer_id": owner.dealer_id, "owner_id": owner.id}
    made = Lead(**given | fields)
    session.add(made)
    session.flush()
    return made
