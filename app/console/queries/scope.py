"""How far a staff member sees: headquarters the whole brand, a dealer's people their dealer."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Uuid, and_, or_, select

from app.dealers import scope as dealers
from app.identity.models import Customer
from app.journeys.models import Walk
from app.leads.models import Lead
from app.orders.models import Order

# What began a walk names its dealer, when it was about one.
DEALER_OF_WALK = Walk.context["dealer_id"].astext.cast(Uuid)


class Scope(dealers.Scope):
    """That of every staff member, and whom of the customers it shows."""

    def covers_customer(self) -> ColumnElement[bool]:
        """The condition on `Customer`: a dealer knows those who became its lead or ordered from it."""
        if self.dealer_id is None:
            return Customer.brand_id == self.brand_id
        led = select(Lead.customer_id).where(Lead.dealer_id == self.dealer_id)
        ordered = select(Order.customer_id).where(Order.dealer_id == self.dealer_id)
        return and_(Customer.brand_id == self.brand_id, or_(Customer.id.in_(led), Customer.id.in_(ordered)))
