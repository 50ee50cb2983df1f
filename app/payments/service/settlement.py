"""Find out what became of an attempt. Notifications and our own questions end in one function, `apply`, which alone moves attempts."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import Float, case, cast, func, literal, select, update
from sqlalchemy.orm import Session

from app.events import service as events
from app.kit import clock, db, queue
from app.kit.logging import logger
from app.payments.errors import AlreadyPaid, PaymentOver, PaymentUnavailable
from app.payments.models import (
    ATTEMPT,
    INTENT,
    OPEN_ATTEMPTS,
    Account,
    AttemptStatus,
    IncidentKind,
    IntentStatus,
    PaymentAttempt,
    PaymentIntent,
)
from app.payments.service import incidents, ledger, locks, payees, refunds
from app.payments.service.till import till_of
from app.wechat import queries as wechat
from app.wechat.client import Outcome, Trade, WechatError
from app.wechat.models import WechatAccount

log = logger(__name__)

# Seconds between our questions about one attempt: 5, 10, 20, 40, 45, 45 … While she may still pay, no gap reaches the 60 s within
# which a payment whose notification was lost has to be found (WeChat's own suggestion of 180 and 600 would).
LONGEST_GAP = 45.0
# An attempt that we ended is asked about again after 1, 2, 4 … minutes, until WeChat says under its signature that it is closed …
ASK_AGAIN_AFTER = timedelta(seconds=60)
LONGEST_GAP_AFTER_THE_END = 6 * 3600.0
# … or for as long as WeChat's own notifications of a payment may take (24 h 4 min).
NOTIFIED_WITHIN = timedelta(hours=25)
SWEEP = 100
# Questions without an answer, about half an hour long, until a person is to know that a vehicle cannot be let go.
PATIENCE = 40
# How often WeChat has to say that there is no such order before we end one that it had prepared; about 40 s.
DISBELIEF = 4

PAID = ("SUCCESS", "REFUND")
ENDED = ("CLOSED", "REVOKED")


def claim_attempts(session: Session) -> None:
    """Take the attempts that are due to be asked about, and ring for each. What a dead worker took is due again after the next gap."""
    doubled = func.power(literal(2.0, Float), cast(func.least(PaymentAttempt.polls, 12), Float))
    gap = case(
        (PaymentAttempt.status.in_(OPEN_ATTEMPTS), func.least(5 * doubled, LONGEST_GAP)),
        else_=func.least(ASK_AGAIN_AFTER.total_seconds() * doubled, LONGEST_GAP_AFTER_THE_END),
    )
    due = (
        select(PaymentAttempt.id)
        .where(PaymentAttempt.certain_at.is_(None), PaymentAttempt.due_at <= func.marque_now())
        .order_by(PaymentAttempt.due_at)
        .limit(SWEEP)
        .with_for_update(skip_locked=True)
    )
    claimed = session.execute(
        update(PaymentAttempt)
        .where(PaymentAttempt.id == db.one_of(due))
        .values(due_at=func.marque_now() + func.make_interval(0, 0, 0, 0, 0, 0, gap), polls=PaymentAttempt.polls + 1)
        .returning(PaymentAttempt.id)
        .execution_options(synchronize_session=False)
    )
    for attempt_id in claimed.scalars():
        queue.enqueue(session, "payments.settle", attempt_id=attempt_id)


def settle(attempt_id: uuid.UUID, *, give_up: str | None = None) -> str:
    """Ask WeChat about an attempt whose end is not certain, and end it there when its intent takes no more money. Returns its status.

    `give_up` is WeChat's reason to refuse the attempt: then it is ended in any case. Calls the outside, so it opens transactions of
    its own; may be called at any time, and again. When WeChat does not answer nothing changes, and the sweep asks again.
    """
    with db.transaction() as session:
        attempt = session.get_one(PaymentAttempt, attempt_id)
        till = till_of(session, attempt)
    # A ring from before its end is answered; after it the sweep alone asks, and counts.
    if attempt.certain_at is not None or (attempt.status not in OPEN_ATTEMPTS and attempt.polls == 0):
        return attempt.status
    status = attempt.status
    try:
        # The second round is for an order that could not be closed: usually because it was paid this moment.
        for _ in range(2):
            trade = till.query(attempt.out_trade_no)
            with db.transaction() as session:
                status, has_to_end = apply(session, attempt_id, trade, account=till.account)
            if not (has_to_end or (give_up and status in OPEN_ATTEMPTS)):
                break
            if trade.state == "NOT_EXIST":
                with db.transaction() as session:
                    return _no_such_order(session, attempt_id, seen=attempt, give_up=give_up)
            if till.close(attempt.out_trade_no):
                with db.transaction() as session:
                    incidents.settle_asked(session, attempt.out_trade_no)
                    to = AttemptStatus.failed if trade.state == "PAYERROR" else AttemptStatus.closed
                    return _end(session, attempt_id, to=to, error_code=give_up)
    except WechatError as error:
        log.warning("WeChat Pay did not tell about an order", out_trade_no=attempt.out_trade_no, error=str(error))
        if error.outcome is Outcome.permanent_account or attempt.polls >= PATIENCE:
            with db.transaction() as session:
                _nobody_knows(session, attempt_id, code=error.code)
    return status


def rule_out(attempt_id: uuid.UUID) -> None:
    """Make sure, before she gets another attempt, that an ended one was not paid and cannot be. Calls the outside.

    Raises:
        AlreadyPaid: it was paid after all, and now counts as that.
        PaymentOver: something was paid for it, and a person is looking at that.
        PaymentUnavailable: WeChat does not tell, or contradicts itself.
    """
    with db.transaction() as session:
        attempt = session.get_one(PaymentAttempt, attempt_id)
        till = till_of(session, attempt)
    try:
        trade = till.query(attempt.out_trade_no)
    except WechatError as error:
        raise PaymentUnavailable from error
    with db.transaction() as session:
        status, _ = apply(session, attempt_id, trade, account=till.account)
    if status == AttemptStatus.succeeded:
        raise AlreadyPaid
    if trade.state in PAID:
        raise PaymentOver
    # Without a prepay_id nobody has a pay sheet for it. With one, "no such order" is only an unsigned error that cannot be true.
    is_harmless = trade.state in ENDED or (trade.state == "NOT_EXIST" and attempt.prepay_id is None)
    if not is_harmless and (trade.state == "NOT_EXIST" or not till.close(attempt.out_trade_no)):
        raise PaymentUnavailable


def _no_such_order(session: Session, attempt_id: uuid.UUID, *, seen: PaymentAttempt, give_up: str | None) -> str:
    """WeChat says, in an answer that nobody signed, that it never heard of an attempt that has to end.

    Nobody has a pay sheet for one without a prepay_id, so that it can end. For one that was prepared it is a contradiction: we ask again
    some times before we let the vehicle go, and a person sees it.
    """
    attempt = locks.attempt(session, attempt_id)
    if attempt.status in OPEN_ATTEMPTS:
        if attempt.prepay_id is None:
            return _end(session, attempt_id, to=AttemptStatus.failed if give_up else AttemptStatus.closed, error_code=give_up)
        if seen.prepay_id is not None and attempt.polls >= DISBELIEF:
            _end(session, attempt_id, to=AttemptStatus.closed, error_code="NOT_EXIST")
            _nobody_knows(session, attempt_id, code="NOT_EXIST")
    elif attempt.expires_at + NOTIFIED_WITHIN < clock.now(session):
        attempt.certain_at = clock.now(session)
    return attempt.status


def _nobody_knows(session: Session, attempt_id: uuid.UUID, *, code: str) -> None:
    """WeChat refuses to tell about an attempt, contradicts itself, or does not answer at all: a person sees it, and we go on asking."""
    attempt = locks.attempt(session, attempt_id)
    if attempt.certain_at is None:
        incidents.report(
            session,
            IncidentKind.unsettled,
            attempt.out_trade_no,
            brand_id=attempt.brand_id,
            account_id=attempt.account_id,
            sub_mchid=attempt.sub_mchid,
            out_trade_no=attempt.out_trade_no,
            amount_fen=attempt.amount_fen,
            intent=attempt.intent,
            details={"code": code},
        )


def payment_notified(session: Session, inbox_id: uuid.UUID | str) -> None:
    """Take a verified notification from the inbox. Hearing it twice, late, or before our own commit changes nothing more."""
    account = session.get_one(WechatAccount, wechat.inbox(session, inbox_id).account_id)
    trade = wechat.trade(session, inbox_id)
    attempt_id = session.execute(select(PaymentAttempt.id).filter_by(out_trade_no=trade.out_trade_no)).scalar_one_or_none()
    if attempt_id is None:
        _report(session, IncidentKind.unknown_order, trade, account=account)
    else:
        apply(session, attempt_id, trade, account=account)


def apply(session: Session, attempt_id: uuid.UUID, trade: Trade, *, account: WechatAccount) -> tuple[str, bool]:
    """Make of the attempt what WeChat says it is; `account` is the merchant who was told. The only place that moves an attempt by what
    WeChat says.

    Returns the attempt's status, and whether it now has to be ended at WeChat.
    """
    attempt = locks.attempt(session, attempt_id)
    intent = attempt.intent
    if trade.state in PAID:
        _paid(session, attempt, trade, account=account)
    elif trade.state in ENDED:
        _end(session, attempt_id, to=AttemptStatus.closed, is_certain=True)
    # Nobody types a password for an order in USERPAYING twice: it is asked about again in a few seconds.
    can_end = attempt.certain_at is None and trade.state != "USERPAYING"
    is_over = intent.status != IntentStatus.open or attempt.status not in OPEN_ATTEMPTS or trade.state == "PAYERROR"
    return attempt.status, can_end and is_over


def _paid(session: Session, attempt: PaymentAttempt, trade: Trade, *, account: WechatAccount) -> None:
    intent = attempt.intent
    differences = _compare(attempt, trade, account)
    reference = trade.transaction_id or trade.out_trade_no
    if attempt.status == AttemptStatus.succeeded and not differences:
        return
    if differences or incidents.known(session, IncidentKind.mismatch, reference):
        _report(session, IncidentKind.mismatch, trade, account=account, intent=intent, details=differences)
        if intent.status != IntentStatus.open and attempt.status != AttemptStatus.succeeded:
            # It cannot be closed at WeChat, and the money is with the incident: this attempt brings nothing any more.
            _end(session, attempt.id, to=AttemptStatus.failed, error_code="mismatch", is_certain=True)
        return
    late, surplus = intent.status == IntentStatus.closed, intent.status == IntentStatus.paid
    moment = clock.now(session)
    number = trade.transaction_id
    ATTEMPT.move(session, attempt, AttemptStatus.succeeded, transaction_id=number, paid_at=moment, certain_at=moment, is_surplus=surplus)
    incidents.settle_asked(session, attempt.out_trade_no)
    ledger.book(
        session,
        "payment",
        reference,
        brand_id=intent.brand_id,
        account_id=attempt.account_id,
        sub_mchid=attempt.sub_mchid,
        amount_fen=attempt.amount_fen,
        debit=Account.wechat_clearing,
        credit=Account.unallocated if surplus else Account.customer_deposits,
        intent_id=intent.id,
    )
    if surplus:
        double = _report(session, IncidentKind.double_payment, trade, account=account, intent=intent)
        refunds.request_surplus(session, attempt, incident_id=double.id if double else None)
        return
    if late:
        _report(session, IncidentKind.late_payment, trade, account=account, intent=intent)
    INTENT.move(session, intent, IntentStatus.paid, paid_at=moment)
    _close_the_others(session, intent)
    events.record(
        session,
        "payment.succeeded",
        brand_id=intent.brand_id,
        customer_id=intent.customer_id,
        subject=(intent.subject_type, intent.subject_id),
        data={"intent_id": intent.id, "amount_fen": intent.amount_fen, "late": late},
        actor=("wechat", None),
    )


def _compare(attempt: PaymentAttempt, trade: Trade, account: WechatAccount) -> dict[str, Any]:
    """Where what was paid is not what we asked for; WeChat Pay obliges merchants to compare (pay.weixin.qq.com, JSAPI notification)."""
    pairs = {
        "state": ("SUCCESS", "SUCCESS" if attempt.status == AttemptStatus.succeeded else trade.state),
        "amount_fen": (attempt.amount_fen, trade.amount_fen),
        "currency": (attempt.currency, trade.currency),
        "appid": (attempt.appid, trade.appid),
        "mchid": (attempt.mchid, trade.mchid),
        "merchant": (attempt.mchid, account.appid),
        "sub_mchid": (attempt.sub_mchid, trade.sub_mchid),
        "out_trade_no": (attempt.out_trade_no, trade.out_trade_no),
        "transaction_id": (attempt.transaction_id or trade.transaction_id or "any", trade.transaction_id),
    }
    differences: dict[str, Any] = {name: {"asked": asked, "told": told} for name, (asked, told) in pairs.items() if asked != told}
    if attempt.openid and trade.openid and attempt.openid != trade.openid:
        differences["openid"] = {"asked": "the customer's", "told": "another person's"}
    return differences


def _report(
    session: Session,
    kind: IncidentKind,
    trade: Trade,
    *,
    account: WechatAccount,
    intent: PaymentIntent | None = None,
    details: dict[str, Any] | None = None,
) -> Any:
    """Report what a payment brought; money of ours that belongs to no intent is booked as unallocated until a person sends it back."""
    reference = trade.transaction_id or trade.out_trade_no
    incident = incidents.report(
        session,
        kind,
        reference,
        brand_id=account.brand_id,
        account_id=account.id,
        sub_mchid=trade.sub_mchid,
        out_trade_no=trade.out_trade_no,
        amount_fen=trade.amount_fen or 0,
        intent=intent,
        details=details,
    )
    no_owner = kind in (IncidentKind.mismatch, IncidentKind.unknown_order)
    is_ours = trade.mchid == account.appid and payees.knows(account, trade.sub_mchid)
    is_money = trade.state == "SUCCESS" and trade.currency == "CNY" and (trade.amount_fen or 0) > 0
    if incident is not None and no_owner and is_ours and is_money and not ledger.booked(session, "payment", reference):
        ledger.book(
            session,
            "payment",
            reference,
            brand_id=account.brand_id,
            account_id=account.id,
            sub_mchid=trade.sub_mchid,
            amount_fen=trade.amount_fen or 0,
            debit=Account.wechat_clearing,
            credit=Account.unallocated,
            incident_id=incident.id,
        )
    return incident


def _end(session: Session, attempt_id: uuid.UUID, *, to: AttemptStatus, error_code: str | None = None, is_certain: bool = False) -> str:
    """The attempt brings no money, as WeChat has said under its signature (`is_certain`) or as far as we know; when it was the last open
    one of a closing intent, that one is closed too.
    """
    attempt = locks.attempt(session, attempt_id)
    moment = clock.now(session)
    if attempt.status in OPEN_ATTEMPTS:
        ATTEMPT.move(session, attempt, to, error_code=error_code, due_at=moment + ASK_AGAIN_AFTER, polls=0)
        if to == AttemptStatus.failed:
            _record(session, "payment.failed", attempt.intent)
        close_if_nothing_is_open(session, attempt.intent)
    if is_certain and attempt.certain_at is None:
        attempt.certain_at = moment
        incidents.settle_asked(session, attempt.out_trade_no)
    return attempt.status


def close_if_nothing_is_open(session: Session, intent: PaymentIntent) -> None:
    """A closing intent without an open attempt is closed."""
    if intent.status == IntentStatus.closing and not _open_attempts(session, intent):
        INTENT.move(session, intent, IntentStatus.closed)
        _record(session, "payment.closed", intent)


def _close_the_others(session: Session, intent: PaymentIntent) -> None:
    for attempt in _open_attempts(session, intent):
        attempt.due_at, attempt.polls = clock.now(session) + locks.FALLBACK_AFTER, 0
        queue.enqueue(session, "payments.settle", attempt_id=attempt.id)


def _open_attempts(session: Session, intent: PaymentIntent) -> list[PaymentAttempt]:
    found = session.execute(select(PaymentAttempt).where(PaymentAttempt.intent_id == intent.id, PaymentAttempt.status.in_(OPEN_ATTEMPTS)))
    return list(found.scalars())


def _record(session: Session, name: str, intent: PaymentIntent) -> None:
    events.record(
        session,
        name,
        brand_id=intent.brand_id,
        customer_id=intent.customer_id,
        subject=(intent.subject_type, intent.subject_id),
        data={"intent_id": intent.id, "amount_fen": intent.amount_fen},
    )
