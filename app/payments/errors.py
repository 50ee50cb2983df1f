"""What payments refuse."""

from app.kit.errors import Conflict, Forbidden, NotFound, Unavailable


class PaymentOver(Conflict):
    code, message = "payments.over", "This payment is over: it was paid, or its time has ended."


class PaymentUnavailable(Unavailable):
    code, message = "payments.unavailable", "WeChat Pay does not answer; nothing was charged, please try again."


class PaymentRefused(Unavailable):
    code, message = "payments.refused", "WeChat Pay does not take this payment; nothing was charged."


class NotOurPayer(Conflict):
    code, message = "payments.not_our_payer", "The customer is not known in the mini-program that takes this payment."


class RefundTooMuch(Conflict):
    code, message = "payments.refund_too_much", "More cannot go back than was paid."


class AdminsOnly(Forbidden):
    code, message = "payments.admins_only", "Only an administrator deals with incidents of money."


class IncidentUnknown(NotFound):
    code, message = "payments.incident_unknown", "There is no such incident."


class IncidentOver(Conflict):
    code, message = "payments.incident_over", "This incident was resolved already, or its money is not ours to send back."
