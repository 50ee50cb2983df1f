"""Send money back: one number per refund from the request to the end, whatever fails on the way."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import Float, case, cast, func, literal, select, update
from sqlalchemy.orm import Session

from app.events import service as events
from app.kit import clock, db, queue
from app.kit.logging import logger
from app.kit.settings import settings
from app.kit.texts import t
from app.payments import queries
from app.payments.errors import IncidentOver, RefundTooMuch
from app.payments.models import (
    REFUND,
    REFUNDS_UNDER_WAY,
    Account,
    AttemptStatus,
    IncidentKind,
    PaymentAttempt,
    PaymentIncident,
    PaymentIntent,
    Refund,
    RefundStatus,
)
from app.payments.service import incidents, ledger, locks
from app.wechat import queries as wechat
from app.wechat.client import Outcome, RefundState, WechatError, gateway
from app.wechat.models import WechatAccount

log = logger(__name__)

SWEEP = 100
# Between two questions: 5 s, doubling up to ten minutes; an abnormal one waits for a person, and is looked at once an hour.
LONGEST_GAP = 600.0
ABNORMAL_GAP = 3600.0
AFTER_A_REFUSAL = timedelta(minutes=10)
# Questions without an answer, about twenty minutes long, until a person is to know that money does not go back.
PATIENCE = 8

_NEXT = {
    "PROCESSING": RefundStatus.submitted,
    "SUCCESS": RefundStatus.succeeded,
    "CLOSED": RefundStatus.closed,
    "ABNORMAL": RefundStatus.abnormal,
}


def request_refund(session: Session, intent_id: uuid.UUID, *, amount_fen: int, reason: str) -> Refund:
    """Send a part or all of a paid intent back; `reason` (at most 80 bytes) is shown to the payer by WeChat.

    Raises:
        RefundTooMuch: together with the refunds asked before, more than was paid.
    """
    intent = locks.intent(session, intent_id)
    if not 0 < amount_fen <= queries.refundable_fen(session, intent_id):
        raise RefundTooMuch
    paid = session.execute(
        select(PaymentAttempt).filter_by(intent_id=intent_id, status=AttemptStatus.succeeded, is_surplus=False)
    ).scalar_one()
    return _request(session, _of_attempt(intent, paid), intent, amount_fen=amount_fen, reason=reason, source=Account.customer_deposits)


def request_surplus(session: Session, attempt: PaymentAttempt, *, incident_id: uuid.UUID | None) -> Refund:
    """Send all of an attempt back that paid what was paid already."""
    owner = _of_attempt(attempt.intent, attempt) | {"incident_id": incident_id}
    return _request(
        session,
        owner,
        attempt.intent,
        amount_fen=attempt.amount_fen,
        reason=t("payments.refund_reasons.surplus"),
        source=Account.unallocated,
    )


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
        "out_trade_no": held.out_trade_no,
        "paid_fen": before.paid_fen if before else held.amount_fen,
    }
    intent = locks.intent(session, before.intent_id) if before and before.intent_id else None
    if intent and before and before.source == Account.customer_deposits and held.amount_fen > queries.refundable_fen(session, intent.id):
        raise RefundTooMuch
    reason = before.reason if before else t("payments.refund_reasons.no_owner")
    source = Account(before.source) if before else Account.unallocated
    return _request(session, owner, intent, amount_fen=held.amount_fen, reason=reason, source=source)


def _of_attempt(intent: PaymentIntent, attempt: PaymentAttempt) -> dict[str, Any]:
    return {
        "brand_id": intent.brand_id,
        "intent_id": intent.id,
        "attempt_id": attempt.id,
        "account_id": intent.payee_account_id,
        "out_trade_no": attempt.out_trade_no,
        "paid_fen": attempt.amount_fen,
    }


def _request(
    session: Session, owner: dict[str, Any], intent: PaymentIntent | None, *, amount_fen: int, reason: str, source: Account
) -> Refund:
    refund_id = db.new_id()
    refund = Refund(
        id=refund_id,
        out_refund_no=f"R{refund_id.hex.upper()}",
        amount_fen=amount_fen,
        reason=reason,
        source=source,
        status=RefundStatus.requested,
        due_at=clock.now(session) + locks.FALLBACK_AFTER,
        **owner,
    )
    session.add(refund)
    session.flush()
    _book(session, "refund requested", refund, debit=source, credit=Account.refunds_payable)
    _record(session, "refund.requested", refund, intent)
    queue.enqueue(session, "payments.push_refund", refund_id=refund.id)
    return refund


def claim_refunds(session: Session) -> None:
    """Take the refunds that are due for another step, and ring for each. What a dead worker took is due again after the next gap."""
    doubling = func.least(5 * func.power(literal(2.0, Float), cast(func.least(Refund.tries, 10), Float)), LONGEST_GAP)
    gap = case((Refund.status == RefundStatus.abnormal, ABNORMAL_GAP), else_=doubling)
    due = (
        select(Refund.id)
        .where(Refund.status.in_(REFUNDS_UNDER_WAY), Refund.due_at <= func.marque_now())
        .order_by(Refund.due_at)
        .limit(SWEEP)
        .with_for_update(skip_locked=True)
    )
    claimed = session.execute(
        update(Refund)
        .where(Refund.id.in_(due.scalar_subquery()))
        .values(due_at=func.marque_now() + func.make_interval(0, 0, 0, 0, 0, 0, gap), tries=Refund.tries + 1)
        .returning(Refund.id)
        .execution_options(synchronize_session=False)
    )
    for refund_id in claimed.scalars():
        queue.enqueue(session, "payments.push_refund", refund_id=refund_id)


def push_refund(refund_id: uuid.UUID) -> str:
    """Submit a requested refund, or ask about a submitted one. Returns its status.

    Calls the outside, so it opens transactions of its own; may be called at any time, and again: WeChat knows the refund by its number.
    """
    with db.transaction() as session:
        refund = session.get_one(Refund, refund_id)
        account = session.get_one(WechatAccount, refund.account_id)
    if refund.status not in REFUNDS_UNDER_WAY:
        return refund.status
    merchant = gateway().pay(account)
    try:
        told = None
        if refund.status != RefundStatus.requested:
            told = merchant.query_refund(refund.out_refund_no)
        if told is None or told.status == "NOT_EXIST":
            told = merchant.refund(
                refund.out_trade_no,
                refund.out_refund_no,
                amount_fen=refund.amount_fen,
                total_fen=refund.paid_fen,
                reason=refund.reason,
                notify_url=f"{settings().public_base_url}/api/platform/wechat/pay/{account.appid}/refunds",
            )
    except WechatError as error:
        log.warning("WeChat Pay did not take a refund", out_refund_no=refund.out_refund_no, error=str(error))
        refused = error.outcome in (Outcome.permanent_person, Outcome.permanent_account)
        if refused or error.code == "NOT_ENOUGH" or refund.tries >= PATIENCE:
            with db.transaction() as session:
                _refused(session, refund_id, error.code)
        return refund.status
    with db.transaction() as session:
        return apply(session, refund_id, told)


def refund_notified(session: Session, inbox_id: uuid.UUID | str) -> None:
    """Take a verified notification of a refund from the inbox; hearing it twice or late changes nothing more."""
    box = wechat.inbox(session, inbox_id)
    told = wechat.refund_state(session, inbox_id)
    refund_id = session.execute(
        select(Refund.id).filter_by(out_refund_no=told.out_refund_no, account_id=box.account_id)
    ).scalar_one_or_none()
    if refund_id is not None:
        apply(session, refund_id, told)
        return
    # Somebody sent money back in the merchant's own console.
    incidents.report(
        session,
        IncidentKind.unknown_refund,
        told.out_refund_no,
        brand_id=box.brand_id,
        account_id=box.account_id,
        out_trade_no=told.out_trade_no or "",
        amount_fen=told.amount_fen or 0,
        details={"refund": told.status},
    )


def apply(session: Session, refund_id: uuid.UUID, told: RefundState) -> str:
    """Make of the refund what WeChat says it is. The only place that moves a refund. Returns its status."""
    refund = locks.refund(session, refund_id)
    if told.amount_fen != refund.amount_fen:
        details = {"amount_fen": {"asked": refund.amount_fen, "told": told.amount_fen}}
        _report(session, IncidentKind.mismatch, refund, details)
        return refund.status
    to = _NEXT[told.status]
    if to not in REFUND.table.get(refund.status, frozenset()):
        return refund.status
    moment = clock.now(session)
    settled_at = moment if to == RefundStatus.succeeded else None
    waits = timedelta(seconds=ABNORMAL_GAP if to == RefundStatus.abnormal else 5)
    REFUND.move(session, refund, to, refund_id=told.refund_id, settled_at=settled_at, due_at=moment + waits, tries=0)
    intent = session.get(PaymentIntent, refund.intent_id) if refund.intent_id else None
    if to == RefundStatus.succeeded:
        _book(session, "refund paid", refund, debit=Account.refunds_payable, credit=Account.wechat_clearing)
        incidents.settle_refunded(session, out_refund_no=refund.out_refund_no, incident_id=refund.incident_id)
        if intent is not None and refund.source == Account.customer_deposits:
            incidents.settle_late(session, intent.id, resolution="refunded")
        _record(session, "refund.succeeded", refund, intent)
    elif to == RefundStatus.closed:
        _book(session, "refund reversed", refund, debit=Account.refunds_payable, credit=refund.source)
        _report(session, IncidentKind.refund_closed, refund, {})
    elif to == RefundStatus.abnormal:
        _report(session, IncidentKind.refund_abnormal, refund, {})
        _record(session, "refund.abnormal", refund, intent)
    return refund.status


def _refused(session: Session, refund_id: uuid.UUID, code: str) -> None:
    """WeChat says no (the account holds too little, …) or nothing: a person sees it, and we go on asking with the same number."""
    refund = locks.refund(session, refund_id)
    refund.error_code, refund.due_at = code, clock.now(session) + AFTER_A_REFUSAL
    _report(session, IncidentKind.refund_refused, refund, {"code": code})


def _report(session: Session, kind: IncidentKind, refund: Refund, details: dict[str, Any]) -> None:
    incidents.report(
        session,
        kind,
        refund.out_refund_no,
        brand_id=refund.brand_id,
        account_id=refund.account_id,
        out_trade_no=refund.out_trade_no,
        amount_fen=refund.amount_fen,
        intent=session.get(PaymentIntent, refund.intent_id) if refund.intent_id else None,
        details=details,
    )


def _book(session: Session, kind: str, refund: Refund, *, debit: Account | str, credit: Account | str) -> None:
    ledger.book(
        session,
        kind,
        refund.out_refund_no,
        brand_id=refund.brand_id,
        amount_fen=refund.amount_fen,
        debit=debit,
        credit=credit,
        intent_id=refund.intent_id,
        refund_id=refund.id,
        incident_id=refund.incident_id,
    )


def _record(session: Session, name: str, refund: Refund, intent: PaymentIntent | None) -> None:
    events.record(
        session,
        name,
        brand_id=refund.brand_id,
        customer_id=intent.customer_id if intent else None,
        subject=(intent.subject_type, intent.subject_id) if intent else ("incident", refund.incident_id),
        data={"refund_id": refund.id, "intent_id": refund.intent_id, "amount_fen": refund.amount_fen},
    )
