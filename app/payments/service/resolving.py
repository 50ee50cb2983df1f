"""What people of finance do about money that went astray: note it, send it back, or lead it elsewhere."""

from __future__ import annotations

import uuid

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.kit import clock, db
from app.kit.texts import t
from app.payments import queries
from app.payments.errors import IncidentOver, PaymentUnavailable, RedirectRefused, RefundNotAbnormal, RefundTooMuch
from app.payments.models import Account, IncidentKind, PaymentIncident, PaymentIntent, Refund, RefundStatus
from app.payments.service import ledger, locks, refunds
from app.payments.service.till import Card, till_of
from app.wechat.client import Outcome, WechatError


def resolve(session: Session, incident: PaymentIncident, *, staff_id: uuid.UUID, note: str) -> None:
    """A person has dealt with it, in the way the note says. Raises `IncidentOver`.

    Who resolves `pay_by_hand` has paid the customer what could not be sent back to her: now she is told that it is back.
    """
    closed = session.execute(
        update(PaymentIncident)
        .where(PaymentIncident.id == incident.id, PaymentIncident.resolved_at.is_(None))
        .values(resolved_at=clock.now(session), resolution="by_hand", resolved_by_id=staff_id, note=note)
        .returning(PaymentIncident.id)
    ).first()
    if closed is None:
        raise IncidentOver
    if incident.kind == IncidentKind.pay_by_hand:
        refund = session.execute(select(Refund).filter_by(out_refund_no=incident.reference)).scalar_one()
        refunds.record(session, "refund.succeeded", refund, session.get(PaymentIntent, refund.intent_id) if refund.intent_id else None)


def refund_incident(session: Session, incident: PaymentIncident, *, staff_id: uuid.UUID, note: str) -> Refund:
    """Send money back that came with a wrong figure or for no order, or try again what WeChat closed; the incident is resolved when the
    money is back.

    Raises:
        IncidentOver: it is resolved, its money is on its way back already, or is none that we hold.
    """
    held = session.execute(
        select(PaymentIncident).filter_by(id=incident.id).with_for_update(key_share=True).execution_options(populate_existing=True)
    ).scalar_one()
    asked = session.execute(select(Refund.id).where(Refund.incident_id == held.id, Refund.status != RefundStatus.closed)).first()
    before = None
    if held.kind == IncidentKind.refund_closed:
        before = session.execute(select(Refund).filter_by(out_refund_no=held.reference)).scalar_one()
    if held.resolved_at or asked or not (before or ledger.booked(session, "payment", held.reference, incident_id=held.id)):
        raise IncidentOver
    held.resolved_by_id, held.note = staff_id, note
    owner = {
        "brand_id": held.brand_id,
        "incident_id": held.id,
        "intent_id": before.intent_id if before else None,
        "attempt_id": before.attempt_id if before else None,
        "account_id": held.account_id,
        "sub_mchid": held.sub_mchid,
        "out_trade_no": held.out_trade_no,
        "paid_fen": before.paid_fen if before else held.amount_fen,
    }
    intent = locks.intent(session, before.intent_id) if before and before.intent_id else None
    if intent and before and before.source == Account.customer_deposits and held.amount_fen > queries.refundable_fen(session, intent.id):
        raise RefundTooMuch
    reason = before.reason if before else t("payments.refund_reasons.no_owner")
    source = Account(before.source) if before else Account.unallocated
    return refunds.request(session, owner, intent, amount_fen=held.amount_fen, reason=reason, source=source)


def redirect_refund(brand_id: uuid.UUID, refund_id: uuid.UUID, *, card: Card | None) -> None:
    """Lead a refund that WeChat could not deliver to another bank card of the customer, or without one to the merchant's own account, from
    where a person pays her (`pay_by_hand`). Calls the outside, so it opens transactions of its own. The card is kept nowhere.

    Raises:
        RefundUnknown: also for another brand's.
        RefundNotAbnormal: it is on its way, perhaps by this call made before.
        RedirectRefused: WeChat says no, with its code.
        PaymentUnavailable: WeChat did not answer; the same call later goes on.
    """
    with db.transaction() as session:
        refund = queries.refund(session, brand_id, refund_id)
        if refund.status != RefundStatus.abnormal or refund.refund_id is None:
            raise RefundNotAbnormal
        till = till_of(session, refund)
    try:
        told = till.redirect(refund, card)
    except WechatError as error:
        if error.outcome in (Outcome.permanent_person, Outcome.permanent_account):
            raise RedirectRefused(code=error.code) from error
        raise PaymentUnavailable from error
    with db.transaction() as session:
        refunds.apply(session, refund_id, told, reason="to_customer_card" if card else "to_merchant_account")
