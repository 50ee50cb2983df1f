"""What orders refuse."""

from app.kit.errors import Conflict, NotFound


class OrderUnknown(NotFound):
    code, message = "orders.unknown", "There is no such order."


class NotOnSale(Conflict):
    """`retry_after` in seconds when somebody holds it: then her hold ends, if she does not pay."""

    code, message = "orders.not_on_sale", "This vehicle cannot be reserved now."


class PhoneNeeded(Conflict):
    code, message = "orders.phone_needed", "The customer has to bind a phone number first."


class TermsMissing(Conflict):
    code, message = "orders.terms_missing", "The brand has no deposit terms yet, so nothing can be reserved."


class TermsChanged(Conflict):
    """`terms_version` is the version in force."""

    code, message = "orders.terms_changed", "These are not the deposit terms in force; read them and accept again."


class LimitReached(Conflict):
    """`order_id` is the order that she has already."""

    code, message = "orders.limit_reached", "The customer holds as many vehicles as one person may."


class OrderOver(Conflict):
    code, message = "orders.over", "This order has come to its end."


class NotPayable(Conflict):
    code, message = "orders.not_payable", "This order does not wait for a payment."
