"""What payments refuse."""

from app.kit.errors import Conflict, Forbidden, NotFound, Unavailable


class PaymentOver(Conflict):
    code, message = "payments.over", "This payment is over: it was paid, or its time has ended."


class AlreadyPaid(PaymentOver):
    code, message = "payments.already_paid", "This was paid already; nothing more is charged."


class PayeeMissing(Conflict):
    """`of` is brand or dealer."""

    code, message = "payments.payee_missing", "There is no merchant account by which this payee receives money."


class PaymentUnavailable(Unavailable):
    code, message = "payments.unavailable", "WeChat Pay does not answer; nothing was charged, please try again."


class PaymentRefused(Unavailable):
    code, message = "payments.refused", "WeChat Pay does not take this payment; nothing was charged."


class NotOurPayer(Conflict):
    code, message = "payments.not_our_payer", "The customer is not known in the mini-program that takes this payment."


class RefundTooMuch(Conflict):
    code, message = "payments.refund_too_much", "More cannot go back than was paid."


class TooManyRefunds(Conflict):
    """`left_fen` is what the last refund has to return."""

    code, message = "payments.too_many_refunds", "WeChat takes at most 50 refunds of one payment, so the last one returns all that is left."


class RefundTooLate(Conflict):
    code, message = "payments.refund_too_late", "WeChat sends nothing back that was paid more than a year ago; pay the customer by hand."


class RefundUnknown(NotFound):
    code, message = "payments.refund_unknown", "There is no such refund."


class RefundNotAbnormal(Conflict):
    code, message = "payments.refund_not_abnormal", "Only a refund that WeChat could not deliver can be led elsewhere."


class RedirectRefused(Conflict):
    """`code` is WeChat's."""

    code, message = "payments.redirect_refused", "WeChat does not lead this refund there."


class FinanceOnly(Forbidden):
    code, message = "payments.finance_only", "Only finance and administrators deal with money."


class IncidentUnknown(NotFound):
    code, message = "payments.incident_unknown", "There is no such incident."


class IncidentOver(Conflict):
    code, message = "payments.incident_over", "This incident was resolved already, or its money is not ours to send back."
