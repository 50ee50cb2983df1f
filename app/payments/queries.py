"""Looks at payments: what is owed and paid, what was booked, what a person has to see."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, selectinload

from app.payments.errors import IncidentUnknown, RefundUnknown
from app.payments.models import Account, LedgerEntry, LedgerLine, PaymentAttempt, PaymentIncident, PaymentIntent, Refund
from app.payments.standing import PaymentStatus, Standing, fold

__all__ = ["PaymentStatus", "Standing", "fold"]


def standings(session: Session, intent_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Standing]:
    """The standing of each of these intents, out of the ledger alone."""

    def total(column: Any, account: Account) -> Any:
        return func.coalesce(func.sum(column).filter(LedgerLine.account == account), 0)

    rows = session.execute(
        select(
            PaymentIntent.id,
            PaymentIntent.amount_fen,
            total(LedgerLine.debit_fen, Account.wechat_clearing),
            total(LedgerLine.credit_fen, Account.wechat_clearing),
            total(LedgerLine.credit_fen - LedgerLine.debit_fen, Account.refunds_payable),
        )
        .outerjoin(LedgerEntry, LedgerEntry.intent_id == PaymentIntent.id)
        .outerjoin(LedgerLine, LedgerLine.entry_id == LedgerEntry.id)
        .where(PaymentIntent.id.in_(intent_ids))
        .group_by(PaymentIntent.id)
    )
    return {row[0]: Standing(*(int(figure) for figure in row[1:])) for row in rows}


def standing(session: Session, intent_id: uuid.UUID) -> Standing:
    return standings(session, [intent_id])[intent_id]


def attempts_of(session: Session, intent_id: uuid.UUID) -> Sequence[PaymentAttempt]:
    """The attempts of an intent, oldest first."""
    return session.execute(select(PaymentAttempt).filter_by(intent_id=intent_id).order_by(PaymentAttempt.id)).scalars().all()


def refunds_of(session: Session, intent_id: uuid.UUID) -> Sequence[Refund]:
    """The refunds of an intent, oldest first."""
    return session.execute(select(Refund).filter_by(intent_id=intent_id).order_by(Refund.id)).scalars().all()


def refund(session: Session, brand_id: uuid.UUID, refund_id: uuid.UUID) -> Refund:
    """A refund of the brand. Raises `RefundUnknown`, also for another brand's."""
    found = session.execute(select(Refund).filter_by(id=refund_id, brand_id=brand_id)).scalar_one_or_none()
    if found is None:
        raise RefundUnknown
    return found


def latest_refunds(session: Session, intent_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Refund]:
    """The latest refund of what was paid for each of these intents; surplus money that only passed through is left out."""
    found = session.execute(
        select(Refund)
        .where(Refund.intent_id.in_(intent_ids), Refund.source == Account.customer_deposits)
        .ext(distinct_on(Refund.intent_id))
        .order_by(Refund.intent_id, Refund.id.desc())
    )
    return {refund.intent_id: refund for refund in found.scalars() if refund.intent_id is not None}


def refundable_fen(session: Session, intent_id: uuid.UUID) -> int:
    """How much of what the customer paid for the subject can still be sent back."""
    balance = func.coalesce(func.sum(LedgerLine.credit_fen - LedgerLine.debit_fen), 0)
    return int(
        session.execute(
            select(balance)
            .join(LedgerEntry, LedgerEntry.id == LedgerLine.entry_id)
            .where(LedgerEntry.intent_id == intent_id, LedgerLine.account == Account.customer_deposits)
        ).scalar_one()
    )


def ledger_of(session: Session, intent_id: uuid.UUID) -> Sequence[LedgerEntry]:
    """What was booked for an intent, with its lines, oldest first."""
    return (
        session.execute(
            select(LedgerEntry).options(selectinload(LedgerEntry.lines)).filter_by(intent_id=intent_id).order_by(LedgerEntry.id)
        )
        .scalars()
        .all()
    )


def trial_balance(session: Session, brand_id: uuid.UUID) -> dict[str, int]:
    """Debit less credit of each account in fen; the sum over all accounts is zero."""
    rows = session.execute(
        select(LedgerLine.account, func.sum(LedgerLine.debit_fen - LedgerLine.credit_fen))
        .join(LedgerEntry, LedgerEntry.id == LedgerLine.entry_id)
        .where(LedgerEntry.brand_id == brand_id)
        .group_by(LedgerLine.account)
    )
    return {account.value: 0 for account in Account} | {account: int(figure) for account, figure in rows}


def incident(session: Session, brand_id: uuid.UUID, incident_id: uuid.UUID) -> PaymentIncident:
    """An incident of the brand. Raises `IncidentUnknown`, also for another brand's."""
    found = session.execute(select(PaymentIncident).filter_by(id=incident_id, brand_id=brand_id)).scalar_one_or_none()
    if found is None:
        raise IncidentUnknown
    return found
