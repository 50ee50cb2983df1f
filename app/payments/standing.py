"""How a payment stands, as a pure function of what was booked for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.payments.models import Account, LedgerEntry


class PaymentStatus(StrEnum):
    """The payment axis of whatever is paid for; derived, never stored."""

    none = "none"
    partial = "partial"
    full = "full"
    overcharged = "overcharged"
    refunding = "refunding"
    refunded = "refunded"


@dataclass(frozen=True)
class Standing:
    """What the ledger says about one intent, in fen: came in, went back, and is on its way back."""

    due_fen: int
    received_fen: int = 0
    returned_fen: int = 0
    returning_fen: int = 0

    @property
    def kept_fen(self) -> int:
        """What nobody has asked back."""
        return self.received_fen - self.returned_fen - self.returning_fen

    @property
    def status(self) -> PaymentStatus:
        if self.received_fen == 0:
            return PaymentStatus.none
        if self.kept_fen > self.due_fen:
            return PaymentStatus.overcharged
        if self.kept_fen == self.due_fen:
            return PaymentStatus.full
        if self.returning_fen > 0:
            return PaymentStatus.refunding
        return PaymentStatus.partial if self.kept_fen > 0 else PaymentStatus.refunded


def fold(entries: Iterable[LedgerEntry], *, due_fen: int = 0) -> Standing:
    """The standing that these entries of one intent lead to, in whatever order they come; `due_fen` is what was asked for."""
    received = returned = returning = 0
    for entry in entries:
        for line in entry.lines:
            if line.account == Account.wechat_clearing:
                received += line.debit_fen
                returned += line.credit_fen
            elif line.account == Account.refunds_payable:
                returning += line.credit_fen - line.debit_fen
    return Standing(due_fen, received_fen=received, returned_fen=returned, returning_fen=returning)
