"""Ask for money, find out what became of it, and send it back."""

from app.payments.service.incidents import report_on, settle_late
from app.payments.service.intents import attempt_for, open, pay, prepay, start_closing
from app.payments.service.ledger import recognise
from app.payments.service.payees import Payee, payee
from app.payments.service.people import erase, follow_merge
from app.payments.service.refunds import claim_refunds, push_refund, refund_notified, request_refund
from app.payments.service.resolving import redirect_refund, refund_incident, resolve
from app.payments.service.settlement import claim_attempts, payment_notified, settle
from app.payments.service.till import Card

__all__ = [
    "Card",
    "Payee",
    "attempt_for",
    "claim_attempts",
    "claim_refunds",
    "erase",
    "follow_merge",
    "open",
    "pay",
    "payee",
    "payment_notified",
    "prepay",
    "push_refund",
    "recognise",
    "redirect_refund",
    "refund_incident",
    "refund_notified",
    "report_on",
    "request_refund",
    "resolve",
    "settle",
    "settle_late",
    "start_closing",
]
