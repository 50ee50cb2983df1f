"""How far a staff member sees: headquarters the whole brand, a dealer's people their dealer."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Uuid, and_, or_, select, true

from app.dealers.models import Staff
from app.identity.models import Customer
from app.journeys.models import Walk
from app.leads.models import Lead
from app.orders.models import Order

# What began a walk names its dealer, when it was about one.
DEALER_OF_WALK = Walk.context["dealer_id"].astext.cast(Uuid)


@dataclass(frozen=True)
class Scope:
    """A brand, and one dealer of it or None for all."""

    brand_id: uuid.UUID
    dealer_id: uuid.UUID | None

    @classmethod
    def of(cls, staff: Staff) -> Scope:
        return cls(staff.brand_id, None if staff.sees_the_brand else staff.dealer_id)

    def covers(self, model: Any) -> ColumnElement[bool]:
        """The condition on a model with brand_id and dealer_id."""
        return and_(model.brand_id == self.brand_id, true() if self.dealer_id is None else model.dealer_id == self.dealer_id)

    def covers_customer(self) -> ColumnElement[bool]:
        """The condition on `Customer`: a dealer knows those who became its lead or ordered from it."""
        if self.dealer_id is None:
            return Customer.brand_id == self.brand_id
        led = select(Lead.customer_id).where(Lead.dealer_id == self.dealer_id)
        ordered = select(Order.customer_id).where(Order.dealer_id == self.dealer_id)
        return and_(Customer.brand_id == self.brand_id, or_(Customer.id.in_(led), Customer.id.in_(ordered)))
