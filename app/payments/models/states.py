"""The states of money on its way, and which may follow which."""

from __future__ import annotations

from enum import StrEnum

from app.kit.states import Machine


class IntentStatus(StrEnum):
    open = "open"
    paid = "paid"
    closing = "closing"
    closed = "closed"


class AttemptStatus(StrEnum):
    created = "created"
    prepay_ok = "prepay_ok"
    unknown = "unknown"
    succeeded = "succeeded"
    closed = "closed"
    failed = "failed"


class RefundStatus(StrEnum):
    requested = "requested"
    submitted = "submitted"
    succeeded = "succeeded"
    closed = "closed"
    abnormal = "abnormal"


class Account(StrEnum):
    """The ledger's accounts. What WeChat holds for us is an asset; the others say whose it is."""

    wechat_clearing = "wechat_clearing"
    customer_deposits = "customer_deposits"
    unallocated = "unallocated"
    refunds_payable = "refunds_payable"
    # What was a deposit and is ours by now: part of the price of the car, or kept because she withdrew
    deposits_applied = "deposits_applied"
    deposits_forfeited = "deposits_forfeited"
    # Where WeChat Pay's bill and this ledger differ and finance has written it off
    reconciliation_suspense = "reconciliation_suspense"


class IncidentKind(StrEnum):
    mismatch = "mismatch"
    unknown_order = "unknown_order"
    unknown_refund = "unknown_refund"
    double_payment = "double_payment"
    late_payment = "late_payment"
    unsettled = "unsettled"
    refund_refused = "refund_refused"
    refund_closed = "refund_closed"
    refund_abnormal = "refund_abnormal"
    # A refund that could not reach her went to the merchant's bank account: a person has to pay her
    pay_by_hand = "pay_by_hand"
    # Earnest money of a deal that the dealer ended: she is owed as much again (Civil Code, art. 587)
    double_return_owed = "double_return_owed"
    # WeChat keeps the money, and was not told that the customer can fetch what she paid for
    shipping_overdue = "shipping_overdue"
    # What the sweep over owners finds and cannot heal
    money_without_order = "money_without_order"
    order_without_hold = "order_without_hold"
    stuck_order = "stuck_order"
    sold_while_held = "sold_while_held"
    # A day's bill with open differences, or a bill that cannot be had
    unreconciled = "unreconciled"


# An attempt that can still bring money without our having been told.
OPEN_ATTEMPTS = (AttemptStatus.created, AttemptStatus.prepay_ok, AttemptStatus.unknown)
REFUNDS_UNDER_WAY = (RefundStatus.requested, RefundStatus.submitted, RefundStatus.abnormal)

# Money is a fact: an attempt that we closed may still turn out to be paid, and then the intent is.
INTENT = Machine(
    {
        "open": frozenset({"paid", "closing"}),
        "closing": frozenset({"paid", "closed"}),
        "closed": frozenset({"paid"}),
    }
)
ATTEMPT = Machine(
    {
        "created": frozenset({"prepay_ok", "unknown", "succeeded", "closed", "failed"}),
        "unknown": frozenset({"prepay_ok", "succeeded", "closed", "failed"}),
        "prepay_ok": frozenset({"succeeded", "closed", "failed"}),
        "closed": frozenset({"succeeded"}),
        "failed": frozenset({"succeeded"}),
    }
)
REFUND = Machine(
    {
        "requested": frozenset({"submitted", "succeeded", "closed", "abnormal"}),
        "submitted": frozenset({"succeeded", "closed", "abnormal"}),
        "abnormal": frozenset({"submitted", "succeeded", "closed"}),
    }
)
