"""Book movements of money: each once, each balanced, none ever changed."""

from __future__ import annotations

import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.payments import queries
from app.payments.models import Account, LedgerEntry, LedgerLine
from app.payments.service import locks

RECOGNISED = (Account.deposits_applied, Account.deposits_forfeited)


def book(
    session: Session,
    kind: str,
    number: str,
    *,
    brand_id: uuid.UUID,
    account_id: uuid.UUID,
    sub_mchid: str | None = None,
    amount_fen: int,
    debit: Account | str,
    credit: Account | str,
    intent_id: uuid.UUID | None = None,
    refund_id: uuid.UUID | None = None,
    incident_id: uuid.UUID | None = None,
) -> None:
    """Move `amount_fen` of the payee (`account_id`, `sub_mchid`) from the credited to the debited account.

    `kind` and `number` together say what moved it; the database refuses the same movement a second time, an entry that does not balance,
    one that moves a payee's money for a payment of another, and any change of what is booked (`DBAPIError`).
    """
    session.add(
        LedgerEntry(
            brand_id=brand_id,
            kind=kind,
            reference=f"{kind} {number}",
            account_id=account_id,
            sub_mchid=sub_mchid,
            intent_id=intent_id,
            refund_id=refund_id,
            incident_id=incident_id,
            lines=[LedgerLine(account=debit, debit_fen=amount_fen), LedgerLine(account=credit, credit_fen=amount_fen)],
        )
    )
    session.flush()


def booked(session: Session, kind: str, number: str, *, incident_id: uuid.UUID | None = None) -> bool:
    """Whether this movement is in the ledger; with an incident, whether it is there for that incident."""
    wanted = select(LedgerEntry.id).filter_by(reference=f"{kind} {number}")
    if incident_id is not None:
        wanted = wanted.filter_by(incident_id=incident_id)
    return session.execute(wanted).first() is not None


def recognise(session: Session, intent_id: uuid.UUID, *, to: Account) -> int:
    """What is kept of a deposit is no longer owed to the customer: `deposits_applied`, it became part of the price, or
    `deposits_forfeited`. Gives the fen that moved: 0 when nothing is kept, so calling it again changes nothing. What is recognised cannot
    be refunded any more.
    """
    if to not in RECOGNISED:
        raise ValueError(f"a deposit is not recognised as {to}")
    intent = locks.intent(session, intent_id)
    kept_fen = queries.refundable_fen(session, intent.id)
    if kept_fen > 0:
        # A second time only when a refund that was under way the first time came back.
        before = session.execute(
            select(func.count()).select_from(LedgerEntry).filter_by(intent_id=intent.id, kind="recognised")
        ).scalar_one()
        book(
            session,
            "recognised",
            f"{intent.id} {before + 1}",
            brand_id=intent.brand_id,
            account_id=intent.payee_account_id,
            sub_mchid=intent.sub_mchid,
            amount_fen=kept_fen,
            debit=Account.customer_deposits,
            credit=to,
            intent_id=intent.id,
        )
    return kept_fen
