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
from app.kit.texts import t
from app.payments import queries
from app.payments.errors import RefundTooLate, RefundTooMuch, TooManyRefunds
from app.payments.models import (
    REFUND,
    REFUNDS_UNDER_WAY,
    Account,
    AttemptStatus,
    IncidentKind,
    PaymentAttempt,
    PaymentIntent,
    Refund,
    RefundStatus,
)
from app.payments.service import incidents, ledger, locks
from app.payments.service.till import till_of
from app.wechat import queries as wechat
from app.wechat.client import Outcome, RefundState, WechatError
from app.wechat.models import WechatAccount

log = logger(__name__)

SWEEP = 100
# Between two questions: 5 s, doubling up to ten minutes; an abnormal one waits for a person, and is looked at once an hour.
LONGEST_GAP = 600.0
ABNORMAL_GAP = 3600.0
AFTER_A_REFUSAL = timedelta(minutes=10)
# WeChat's rules: 50 refunds of one payment, a minute apart, within a year.
MOST_REFUNDS = 50
APART = timedelta(seconds=61)
REFUNDABLE_FOR = timedelta(days=365)
# Questions without an answer, about twenty minutes long, until a person is to know that money does not go back.
PATIENCE = 8

# How `user_received_account` begins when the money went to the merchant: 商户基本账户, 商户结算银行账户.
TO_THE_MERCHANT = "商户"

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
        TooManyRefunds: WeChat takes no more after this one, so it has to be all that is left.
        RefundTooLate: it was paid more than a year ago.
    """
    intent = locks.intent(session, intent_id)
    left_fen = queries.refundable_fen(session, intent_id)
    if not 0 < amount_fen <= left_fen:
        raise RefundTooMuch
    succeeded = select(PaymentAttempt).filter_by(intent_id=intent_id, status=AttemptStatus.succeeded, is_surplus=False)
    paid = session.execute(succeeded.execution_options(populate_existing=True)).scalar_one()
    if paid.paid_at is None or paid.paid_at + REFUNDABLE_FOR <= clock.now(session):
        raise RefundTooLate
    asked = session.execute(select(func.count()).select_from(Refund).filter_by(attempt_id=paid.id)).scalar_one()
    if asked + 1 >= MOST_REFUNDS and amount_fen < left_fen:
        raise TooManyRefunds(left_fen=left_fen)
    return request(session, _of_attempt(intent, paid), intent, amount_fen=amount_fen, reason=reason, source=Account.customer_deposits)


def request_surplus(session: Session, attempt: PaymentAttempt, *, incident_id: uuid.UUID | None) -> Refund:
    """Send all of an attempt back that paid what was paid already."""
    owner = _of_attempt(attempt.intent, attempt) | {"incident_id": incident_id}
    return request(
        session,
        owner,
        attempt.intent,
        amount_fen=attempt.amount_fen,
        reason=t("payments.refund_reasons.surplus"),
        source=Account.unallocated,
    )


def _of_attempt(intent: PaymentIntent, attempt: PaymentAttempt) -> dict[str, Any]:
    return {
        "brand_id": intent.brand_id,
        "intent_id": intent.id,
        "attempt_id": attempt.id,
        "account_id": attempt.account_id,
        "sub_mchid": attempt.sub_mchid,
        "out_trade_no": attempt.out_trade_no,
        "paid_fen": attempt.amount_fen,
    }


def request(
    session: Session, owner: dict[str, Any], intent: PaymentIntent | None, *, amount_fen: int, reason: str, source: Account
) -> Refund:
    """Write a refund down, and ring for it. `owner` says whose money it is and out of which payment; the caller has checked the amount."""
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
    record(session, "refund.requested", refund, intent)
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
        .where(Refund.id == db.one_of(due))
        .values(due_at=func.marque_now() + func.make_interval(0, 0, 0, 0, 0, 0, gap), tries=Refund.tries + 1)
        .returning(Refund.id)
        .execution_options(synchronize_session=False)
    )
    for refund_id in claimed.scalars():
        queue.enqueue(session, "payments.push_refund", refund_id=refund_id)


def push_refund(refund_id: uuid.UUID) -> str:
    """Submit a requested refund when it is its turn, or ask about a submitted one. Returns its status.

    Calls the outside, so it opens transactions of its own; may be called at any time, and again: WeChat knows the refund by its number.
    """
    with db.transaction() as session:
        refund = session.get_one(Refund, refund_id)
        till = till_of(session, refund)
    if refund.status not in REFUNDS_UNDER_WAY:
        return refund.status
    try:
        told = till.query_refund(refund.out_refund_no) if refund.status != RefundStatus.requested else None
        if told is None or told.status == "NOT_EXIST":
            with db.transaction() as session:
                if not _has_its_turn(session, refund_id):
                    return refund.status
            told = till.refund(refund)
    except WechatError as error:
        log.warning("WeChat Pay did not take a refund", out_refund_no=refund.out_refund_no, error=str(error))
        refused = error.outcome in (Outcome.permanent_person, Outcome.permanent_account)
        if refused or error.code == "NOT_ENOUGH" or refund.tries >= PATIENCE:
            with db.transaction() as session:
                _refused(session, refund_id, error.code)
        return refund.status
    with db.transaction() as session:
        return apply(session, refund_id, told)


def _has_its_turn(session: Session, refund_id: uuid.UUID) -> bool:
    """Whether WeChat may be asked now to send it: refunds of one payment are asked for a minute apart, the others wait for their turn."""
    intent_id = session.get_one(Refund, refund_id).intent_id
    if intent_id is not None:
        locks.intent(session, intent_id)
    refund = locks.refund(session, refund_id)
    if refund.status not in REFUNDS_UNDER_WAY:
        return False
    moment = clock.now(session)
    last = session.execute(
        select(func.max(Refund.asked_at)).where(
            Refund.account_id == refund.account_id, Refund.out_trade_no == refund.out_trade_no, Refund.id != refund.id
        )
    ).scalar_one()
    if last is not None and last + APART > moment:
        refund.due_at, refund.tries = last + APART, 0
        return False
    refund.asked_at = moment
    return True


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
        sub_mchid=told.sub_mchid,
        out_trade_no=told.out_trade_no or "",
        amount_fen=told.amount_fen or 0,
        details={"refund": told.status},
    )


def apply(session: Session, refund_id: uuid.UUID, told: RefundState, *, reason: str | None = None) -> str:
    """Make of the refund what WeChat says it is. The only place that moves a refund. Returns its status."""
    refund = locks.refund(session, refund_id)
    if differences := _compare(session, refund, told):
        _report(session, IncidentKind.mismatch, refund, differences)
        return refund.status
    to = _NEXT[told.status]
    if to not in REFUND.table.get(refund.status, frozenset()):
        return refund.status
    moment = clock.now(session)
    settled_at = moment if to == RefundStatus.succeeded else None
    waits = timedelta(seconds=ABNORMAL_GAP if to == RefundStatus.abnormal else 5)
    number = told.refund_id or refund.refund_id
    REFUND.move(session, refund, to, reason=reason, refund_id=number, settled_at=settled_at, due_at=moment + waits, tries=0)
    intent = session.get(PaymentIntent, refund.intent_id) if refund.intent_id else None
    if to == RefundStatus.succeeded:
        _arrived(session, refund, intent, told)
    elif to == RefundStatus.closed:
        _book(session, "refund reversed", refund, debit=Account.refunds_payable, credit=refund.source)
        _report(session, IncidentKind.refund_closed, refund, {})
    elif to == RefundStatus.abnormal:
        _report(session, IncidentKind.refund_abnormal, refund, {})
        record(session, "refund.abnormal", refund, intent)
    return refund.status


def _arrived(session: Session, refund: Refund, intent: PaymentIntent | None, told: RefundState) -> None:
    _book(session, "refund paid", refund, debit=Account.refunds_payable, credit=Account.wechat_clearing)
    incidents.settle_refunded(session, out_refund_no=refund.out_refund_no, incident_id=refund.incident_id)
    if intent is not None and refund.source == Account.customer_deposits:
        incidents.settle_late(session, intent.id, resolution="refunded")
    if (told.receiver or "").startswith(TO_THE_MERCHANT):
        # She has nothing yet, and is told that it is back when a person has paid her.
        _report(session, IncidentKind.pay_by_hand, refund, {"receiver": told.receiver})
    else:
        record(session, "refund.succeeded", refund, intent)


def _compare(session: Session, refund: Refund, told: RefundState) -> dict[str, Any]:
    """Where what WeChat tells is not what we asked for. Answers leave out what notifications say, and the other way round."""
    account = session.get_one(WechatAccount, refund.account_id)
    pairs = {
        "total_fen": (refund.paid_fen, told.total_fen),
        "currency": ("CNY", told.currency),
        "out_trade_no": (refund.out_trade_no, told.out_trade_no),
        "mchid": (account.appid, told.mchid),
        "sub_mchid": (refund.sub_mchid, told.sub_mchid),
    }
    differences: dict[str, Any] = {
        name: {"asked": asked, "told": said} for name, (asked, said) in pairs.items() if said is not None and said != asked
    }
    if told.amount_fen != refund.amount_fen:
        differences["amount_fen"] = {"asked": refund.amount_fen, "told": told.amount_fen}
    return differences


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
        sub_mchid=refund.sub_mchid,
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
        account_id=refund.account_id,
        sub_mchid=refund.sub_mchid,
        amount_fen=refund.amount_fen,
        debit=debit,
        credit=credit,
        intent_id=refund.intent_id,
        refund_id=refund.id,
        incident_id=refund.incident_id,
    )


def record(session: Session, name: str, refund: Refund, intent: PaymentIntent | None) -> None:
    events.record(
        session,
        name,
        brand_id=refund.brand_id,
        customer_id=intent.customer_id if intent else None,
        subject=(intent.subject_type, intent.subject_id) if intent else ("incident", refund.incident_id),
        data={"refund_id": refund.id, "intent_id": refund.intent_id, "amount_fen": refund.amount_fen},
    )
