"""What the console refuses; what lies outside a staff member's scope is not there for her."""

from __future__ import annotations

from app.kit.errors import NotFound


class CustomerUnknown(NotFound):
    code, message = "console.customer_unknown", "No such customer, or not one of yours."


class LeadUnknown(NotFound):
    code, message = "console.lead_unknown", "No such lead, or not one of yours."


class OrderUnknown(NotFound):
    code, message = "console.order_unknown", "No such order, or not one of yours."


class JourneyUnknown(NotFound):
    code, message = "console.journey_unknown", "No such journey."
