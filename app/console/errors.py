"""What the console refuses; what lies outside a staff member's scope is not there for her."""

from __future__ import annotations

from app.kit.errors import NotFound


class CustomerUnknown(NotFound):
    code, message = "console.customer_unknown", "No such customer, or not one of yours."


class RefundUnknown(NotFound):
    code, message = "console.refund_unknown", "No such refund of this brand."
