"""Ask for money, find out what became of it, and send it back."""

from app.payments.service.incidents import resolve, settle_late
from app.payments.service.intents import attempt_for, open, prepay, start_closing
from app.payments.service.people import erase, follow_merge
from app.payments.service.refunds import claim_refunds, push_refund, refund_incident, refund_notified, request_refund
from app.payments.service.settlement import claim_attempts, payment_notified, settle

__all__ = [
    "attempt_for",
    "claim_attempts",
    "claim_refunds",
    "erase",
    "follow_merge",
    "open",
    "payment_notified",
    "prepay",
    "push_refund",
    "refund_incident",
    "refund_notified",
    "request_refund",
    "resolve",
    "settle",
    "settle_late",
    "start_closing",
]
