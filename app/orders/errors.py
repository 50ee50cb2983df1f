"""What orders refuse."""

from app.kit.errors import Conflict, Forbidden, NotFound


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


class DealersOnly(Forbidden):
    code, message = "orders.dealers_only", "Only the dealer's own people and administrators deal with an order."


class MoneyOnly(Forbidden):
    code, message = "orders.money_only", "Only administrators and finance send money back."


class AdminsOnly(Forbidden):
    code, message = "orders.admins_only", "Only administrators put deposit terms in force and end them."


class NotHeld(Conflict):
    """`status` and `close_reason` are the order's."""

    code, message = "orders.not_held", "This order does not hold its vehicle: it is not paid, or it has come to its end."


class AlreadyConfirmed(Conflict):
    code, message = "orders.already_confirmed", "This order was confirmed before."


class AlreadyExtended(Conflict):
    code, message = "orders.already_extended", "This hold was extended before, and is extended once only."


class NotExtendable(Conflict):
    code, message = "orders.not_extendable", "The terms of this order know no extension."


class HoldNeedsMoney(Conflict):
    """`below_fen`: what goes back has to be less than this."""

    code, message = "orders.hold_needs_money", "An order that holds its vehicle keeps a part of its deposit; decline it to send all back."


class TermsUnfit(Conflict):
    """`most_fen` is what earnest money for this vehicle may be."""

    code, message = (
        "orders.terms_unfit",
        "The earnest money of these terms is more than a fifth of the vehicle's price (Civil Code, art. 586).",
    )


class TermsUnknown(NotFound):
    code, message = "orders.terms_unknown", "There are no such deposit terms."


class TermsOver(Conflict):
    code, message = "orders.terms_over", "These deposit terms have ended already."


class VersionTaken(Conflict):
    code, message = "orders.version_taken", "The brand has deposit terms of this version already."


class OnlyEarnestMoneyForfeits(Conflict):
    code, message = (
        "orders.only_earnest_money_forfeits",
        "Only earnest money may be forfeited; an intent deposit and a deposit go back in full.",
    )
