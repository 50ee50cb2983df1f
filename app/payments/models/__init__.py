"""Intents, attempts, refunds, the double-entry ledger, and incidents."""

from app.payments.models.states import (
    ATTEMPT,
    INTENT,
    OPEN_ATTEMPTS,
    REFUND,
    REFUNDS_UNDER_WAY,
    Account,
    AttemptStatus,
    IncidentKind,
    IntentStatus,
    RefundStatus,
)
from app.payments.models.tables import LedgerEntry, LedgerLine, PaymentAttempt, PaymentIncident, PaymentIntent, Refund

__all__ = [
    "ATTEMPT",
    "INTENT",
    "OPEN_ATTEMPTS",
    "REFUND",
    "REFUNDS_UNDER_WAY",
    "Account",
    "AttemptStatus",
    "IncidentKind",
    "IntentStatus",
    "LedgerEntry",
    "LedgerLine",
    "PaymentAttempt",
    "PaymentIncident",
    "PaymentIntent",
    "Refund",
    "RefundStatus",
]
