"""What a person has to look at: raised once, visible until it is resolved."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import and_, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.events import service as events
from app.kit.logging import logger
from app.payments.models import IncidentKind, PaymentIncident, PaymentIntent

log = logger(__name__)


def report(
    session: Session,
    kind: IncidentKind,
    reference: str,
    *,
    brand_id: uuid.UUID,
    account_id: uuid.UUID,
    sub_mchid: str | None = None,
    out_trade_no: str,
    amount_fen: int,
    intent: PaymentIntent | None = None,
    details: dict[str, Any] | None = None,
) -> PaymentIncident | None:
    """The new incident, or None when this kind was reported for this reference before."""
    made = session.execute(
        insert(PaymentIncident)
        .values(
            brand_id=brand_id,
            kind=kind,
            reference=reference,
            intent_id=intent.id if intent else None,
            account_id=account_id,
            sub_mchid=sub_mchid,
            out_trade_no=out_trade_no,
            amount_fen=amount_fen,
            details=details or {},
        )
        .on_conflict_do_nothing(index_elements=["kind", "reference"])
        .returning(PaymentIncident)
    ).scalar_one_or_none()
    if made is not None:
        log.warning("payment incident", kind=kind, reference=reference, details=details)
        if kind in (IncidentKind.mismatch, IncidentKind.unknown_order, IncidentKind.unknown_refund):
            events.record(
                session,
                "payment.mismatched",
                brand_id=brand_id,
                customer_id=intent.customer_id if intent else None,
                subject=(intent.subject_type, intent.subject_id) if intent else ("incident", made.id),
                data={"incident_id": made.id, "kind": kind, "intent_id": intent.id if intent else None, "amount_fen": amount_fen},
            )
    return made


def known(session: Session, kind: IncidentKind, reference: str) -> bool:
    """Whether this was reported, resolved or not."""
    return session.execute(select(PaymentIncident.id).filter_by(kind=kind, reference=reference)).first() is not None


def report_on(
    session: Session, kind: IncidentKind, intent_id: uuid.UUID, *, amount_fen: int | None = None, details: dict[str, Any] | None = None
) -> None:
    """Something about the money of a subject that another domain has found, and a person of finance has to look at. Once per kind and
    intent; `amount_fen` is the intent's where nothing else is said.
    """
    intent = session.get_one(PaymentIntent, intent_id)
    report(
        session,
        kind,
        intent.subject_number or str(intent.id),
        brand_id=intent.brand_id,
        account_id=intent.payee_account_id,
        sub_mchid=intent.sub_mchid,
        out_trade_no="",
        amount_fen=intent.amount_fen if amount_fen is None else amount_fen,
        intent=intent,
        details=details,
    )


def settle_late(session: Session, intent_id: uuid.UUID, *, resolution: str) -> None:
    """The money that came late has found its use: `granted_again`, or `refunded`."""
    _settle(session, PaymentIncident.kind == IncidentKind.late_payment, PaymentIncident.intent_id == intent_id, resolution=resolution)


def settle_asked(session: Session, out_trade_no: str) -> None:
    """WeChat has told at last what became of an attempt."""
    _settle(session, PaymentIncident.kind == IncidentKind.unsettled, PaymentIncident.reference == out_trade_no, resolution="settled")


def renew(session: Session, kind: IncidentKind, reference: str, *, amount_fen: int, details: dict[str, Any]) -> None:
    """What was reported before is of these figures now: it is open again, unless a person has dealt with the very same."""
    by_hand = and_(PaymentIncident.resolution == "by_hand", PaymentIncident.details == details)
    session.execute(
        update(PaymentIncident)
        .where(PaymentIncident.kind == kind, PaymentIncident.reference == reference, by_hand.is_not(True))
        .values(amount_fen=amount_fen, details=details, resolved_at=None, resolution=None)
    )


def settle_reconciled(session: Session, reference: str) -> None:
    """A day's bill is there, and nothing of it is open any more."""
    conditions = PaymentIncident.kind == IncidentKind.unreconciled, PaymentIncident.reference == reference
    _settle(session, *conditions, resolution="settled")


def settle_shipping(session: Session, transaction_id: str) -> None:
    """WeChat knows of the hand-over, or need not know any more."""
    kind = PaymentIncident.kind == IncidentKind.shipping_overdue
    _settle(session, kind, PaymentIncident.reference == transaction_id, resolution="settled")


def settle_refunded(session: Session, *, out_refund_no: str, incident_id: uuid.UUID | None) -> None:
    """The money went back: what the refund was for, and what went wrong with it on its way, are resolved."""
    trouble = (IncidentKind.refund_refused, IncidentKind.refund_abnormal)
    _settle(session, PaymentIncident.kind.in_(trouble), PaymentIncident.reference == out_refund_no, resolution="refunded")
    if incident_id is not None:
        _settle(session, PaymentIncident.id == incident_id, resolution="refunded")


def _settle(session: Session, *conditions: Any, resolution: str) -> None:
    session.execute(
        update(PaymentIncident)
        .where(PaymentIncident.resolved_at.is_(None), *conditions)
        .values(resolved_at=func.marque_now(), resolution=resolution)
    )
