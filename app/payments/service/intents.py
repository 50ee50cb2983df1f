"""Ask a customer for money, let her pay, and stop asking."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.events import service as events
from app.identity import queries as identity
from app.identity.models import Customer
from app.kit import clock, db, queue
from app.payments import queries
from app.payments.errors import AlreadyPaid, NotOurPayer, PaymentOver, PaymentRefused, PaymentUnavailable
from app.payments.models import ATTEMPT, INTENT, OPEN_ATTEMPTS, AttemptStatus, IntentStatus, PaymentAttempt, PaymentIntent
from app.payments.service import locks, payees, settlement
from app.payments.service.payees import Payee
from app.payments.service.till import till_of
from app.wechat.client import Outcome, WechatError
from app.wechat.models import WechatAccount

# WeChat stops taking the money this long before the intent ends, so that the last payer is refused there and not refunded here.
CHANNEL_ENDS_BEFORE = timedelta(seconds=60)
# WeChat raises a shorter time to pay to this.
SHORTEST_TO_PAY = timedelta(seconds=60)
FIRST_QUERY_AFTER = timedelta(seconds=5)


def open(
    session: Session,
    customer: Customer,
    *,
    subject: tuple[str, Any],
    amount_fen: int,
    description: str,
    expires_at: datetime,
    payee: Payee | None = None,
    number: str = "",
) -> PaymentIntent:
    """Ask for money for (kind, id), to be paid to `payee`, else to the brand, before `expires_at`, with a first attempt.

    `description` (at most 127 characters, shown in the pay sheet) holds nothing personal; `number` is what people call the subject.

    Raises:
        PayeeMissing: the brand has no merchant to be paid by.
        NotOurPayer: the customer never logged in to the mini-program that the merchant takes payments for.
    """
    payee = payee or payees.payee(session, customer.brand_id, dealer_id=None)
    intent = PaymentIntent(
        brand_id=customer.brand_id,
        customer_id=customer.id,
        subject_type=subject[0],
        subject_id=str(subject[1]),
        subject_number=number,
        amount_fen=amount_fen,
        currency="CNY",
        description=description,
        payee_account_id=payee.account.id,
        sub_mchid=payee.sub_mchid,
        expires_at=expires_at,
    )
    session.add(intent)
    session.flush()
    _attempt(session, intent)
    events.record(
        session,
        "payment.opened",
        brand_id=intent.brand_id,
        customer_id=customer.id,
        subject=subject,
        data={"intent_id": intent.id, "amount_fen": amount_fen},
        actor=("customer", customer.id),
    )
    return intent


def pay(intent_id: uuid.UUID) -> dict[str, str]:
    """What wx.requestPayment takes, for the open attempt; or for a new one, after WeChat has said of every earlier one that it was not
    paid and cannot be. Calls the outside, so it opens transactions of its own. May be called again.

    Raises:
        AlreadyPaid, PaymentOver: it is paid, perhaps by an earlier attempt, or its time has ended.
        PaymentUnavailable, PaymentRefused: as `prepay`; unavailable also when WeChat does not tell about an earlier attempt.
    """
    asked: set[uuid.UUID] = set()
    while True:
        with db.transaction() as session:
            is_ready = session.get_one(PaymentIntent, intent_id).status != IntentStatus.open or _open_one(session, intent_id)
            unasked = [] if is_ready else [one.id for one in queries.attempts_of(session, intent_id) if one.id not in asked]
            attempt_id = None if unasked else attempt_for(session, intent_id).id
        if attempt_id is not None:
            return prepay(attempt_id)
        for earlier in unasked:
            settlement.rule_out(earlier)
            asked.add(earlier)


def attempt_for(session: Session, intent_id: uuid.UUID) -> PaymentAttempt:
    """The attempt by which this intent can be paid now: the open one, or a new one when WeChat ended the last. Asks nobody about the
    earlier ones, so doors call `pay`.

    Raises:
        AlreadyPaid, PaymentOver: it is paid, or its time has ended.
    """
    intent = locks.intent(session, intent_id)
    if intent.status == IntentStatus.paid:
        raise AlreadyPaid
    if intent.status != IntentStatus.open:
        raise PaymentOver
    return _open_one(session, intent.id) or _attempt(session, intent)


def _open_one(session: Session, intent_id: uuid.UUID) -> PaymentAttempt | None:
    found = session.execute(select(PaymentAttempt).filter_by(intent_id=intent_id).where(PaymentAttempt.status.in_(OPEN_ATTEMPTS)))
    return found.scalar_one_or_none()


def _attempt(session: Session, intent: PaymentIntent) -> PaymentAttempt:
    account = session.get_one(WechatAccount, intent.payee_account_id)
    moment = clock.now(session)
    expires_at = intent.expires_at - CHANNEL_ENDS_BEFORE
    if expires_at - moment < SHORTEST_TO_PAY:
        raise PaymentOver
    assert account.linked_appid is not None
    openid = identity.openid_for(session, intent.customer_id, account.linked_appid)
    if openid is None:
        raise NotOurPayer
    attempt_id = db.new_id()
    attempt = PaymentAttempt(
        id=attempt_id,
        brand_id=intent.brand_id,
        intent_id=intent.id,
        account_id=account.id,
        # 32 characters of 0-9A-F: wechatpayv3 does not encode other signs in addresses, and 32 is WeChat's limit.
        out_trade_no=attempt_id.hex.upper(),
        amount_fen=intent.amount_fen,
        currency=intent.currency,
        appid=account.linked_appid,
        mchid=account.appid,
        sub_mchid=intent.sub_mchid,
        openid=openid,
        expires_at=expires_at,
        due_at=moment + FIRST_QUERY_AFTER,
    )
    session.add(attempt)
    session.flush()
    return attempt


def prepay(attempt_id: uuid.UUID) -> dict[str, str]:
    """Let WeChat prepare the payment; returns what wx.requestPayment takes. Calls the outside, so it opens transactions of its own.

    May be called again for the same attempt: WeChat answers the same number with the same order.

    Raises:
        PaymentOver: paid or closed meanwhile.
        PaymentUnavailable: WeChat did not answer; the same call later goes on.
        PaymentRefused: WeChat does not take this payment; the attempt has failed.
    """
    with db.transaction() as session:
        attempt = session.get_one(PaymentAttempt, attempt_id)
        intent = attempt.intent
        till = till_of(session, attempt)
        waits = attempt.status in OPEN_ATTEMPTS and intent.status == IntentStatus.open and attempt.expires_at > clock.now(session)
        if not waits or attempt.openid is None:
            raise PaymentOver
    if attempt.prepay_id is not None:
        return till.sheet(attempt.prepay_id)
    try:
        prepay_id = till.prepay(attempt, description=intent.description)
    except WechatError as error:
        _prepay_failed(attempt_id, error)
        raise PaymentUnavailable from error
    with db.transaction() as session:
        kept = _keep_prepay(session, attempt_id, prepay_id)
    if not kept:
        # Closed while WeChat prepared it: WeChat has to hear of that too, though nobody ever gets this prepay_id.
        till.close(attempt.out_trade_no)
        raise PaymentOver
    return till.sheet(prepay_id)


def _keep_prepay(session: Session, attempt_id: uuid.UUID, prepay_id: str) -> bool:
    attempt = locks.attempt(session, attempt_id)
    if attempt.status == AttemptStatus.prepay_ok:
        attempt.prepay_id = prepay_id
        return True
    if attempt.status not in OPEN_ATTEMPTS:
        return False
    ATTEMPT.move(session, attempt, AttemptStatus.prepay_ok, prepay_id=prepay_id)
    return True


def _prepay_failed(attempt_id: uuid.UUID, error: WechatError) -> None:
    if error.outcome in (Outcome.permanent_person, Outcome.permanent_account):
        # Refused may also mean "was paid" or "is closed": WeChat's own record of the order decides.
        status = settlement.settle(attempt_id, give_up=error.code)
        if status == AttemptStatus.failed:
            raise PaymentRefused from error
        if status not in OPEN_ATTEMPTS:
            raise PaymentOver from error
    elif error.outcome is Outcome.unknown:
        with db.transaction() as session:
            attempt = locks.attempt(session, attempt_id)
            if attempt.status == AttemptStatus.created:
                ATTEMPT.move(session, attempt, AttemptStatus.unknown, error_code=error.code)


def start_closing(session: Session, intent_id: uuid.UUID) -> None:
    """Take no more money for this intent. Ends in the event `payment.closed`, or in `payment.succeeded` when the money was faster.

    Calling it again changes nothing, and brings an intent to its end that was left closing without an open attempt.
    """
    intent = locks.intent(session, intent_id)
    if intent.status == IntentStatus.open:
        INTENT.move(session, intent, IntentStatus.closing)
        _ring_for_open_ones(session, intent)
    settlement.close_if_nothing_is_open(session, intent)


def _ring_for_open_ones(session: Session, intent: PaymentIntent) -> None:
    open_ones = session.execute(
        update(PaymentAttempt)
        .where(PaymentAttempt.intent_id == intent.id, PaymentAttempt.status.in_(OPEN_ATTEMPTS))
        .values(due_at=clock.now(session) + locks.FALLBACK_AFTER, polls=0)
        .returning(PaymentAttempt.id)
    ).scalars()
    for attempt_id in open_ones:
        queue.enqueue(session, "payments.settle", attempt_id=attempt_id)
