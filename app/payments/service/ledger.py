"""Book movements of money: each once, each balanced, none ever changed."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.payments.models import Account, LedgerEntry, LedgerLine


def book(
    session: Session,
    kind: str,
    number: str,
    *,
    brand_id: uuid.UUID,
    amount_fen: int,
    debit: Account | str,
    credit: Account | str,
    intent_id: uuid.UUID | None = None,
    refund_id: uuid.UUID | None = None,
    incident_id: uuid.UUID | None = None,
) -> None:
    """Move `amount_fen` from the credited to the debited account.

    `kind` and `number` together say what moved it; the database refuses the same movement a second time (`IntegrityError`),
    an entry that does not balance, and any change of what is booked.
    """
    session.add(
        LedgerEntry(
            brand_id=brand_id,
            kind=kind,
            reference=f"{kind} {number}",
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
