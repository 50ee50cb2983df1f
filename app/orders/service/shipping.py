"""Tell WeChat that the customer can fetch what she paid for: where it manages a mini-program's trade, the money is frozen until then.

https://developers.weixin.qq.com/miniprogram/dev/platform-capabilities/business-capabilities/order-shipping/order-shipping.html
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import Float, cast, func, literal, select, update
from sqlalchemy.orm import Session

from app.kit import clock, db, queue
from app.kit.logging import logger
from app.kit.settings import settings
from app.kit.texts import t
from app.orders import shipping_queries
from app.orders.models import Order, OrderStatus
from app.orders.service import steps
from app.orders.shipping_models import OPEN, SHIPPING, ShippingStatus, ShippingUpload
from app.payments import queries as payment_queries
from app.payments.models import AttemptStatus, IncidentKind, PaymentAttempt, PaymentIntent
from app.payments.service import incidents
from app.vehicles import queries as vehicle_queries
from app.wechat import queries as wechat
from app.wechat.client import Outcome, WechatError, gateway
from app.wechat.endpoints.mini_program.shipping import Logistics, OrderKey, OrderState, Parcel, ShippedOrder
from app.wechat.models import AccountKind, WechatAccount

log = logger(__name__)

SWEEP = 100
# What was rung for is done at once; when the ring was lost, the sweep takes it after this time.
FALLBACK_AFTER = timedelta(seconds=10)
# Between two tries: 10 s, doubling up to an hour.
SHORTEST_GAP, LONGEST_GAP = 10.0, 3600.0
LONGEST_DESCRIPTION = 120
_REFUSED = (Outcome.permanent_person, Outcome.permanent_account)


def follow(session: Session, order_id: uuid.UUID) -> None:
    """Bring what WeChat is told into line with how the order stands; may be called at any time, and again.

    The car stands ready for her from the dealer's confirmation on. Where all of her money went back, there is nothing to tell.
    """
    order, _ = steps.locked(session, order_id)
    paid = session.execute(
        select(PaymentAttempt).filter_by(intent_id=order.intent_id, status=AttemptStatus.succeeded, is_surplus=False)
    ).scalar_one_or_none()
    row = _row(session, order, paid) if paid else None
    if row is None or row.status not in OPEN:
        return
    if _kept_fen(session, order) == 0:
        _drop(session, row)
    elif row.status == ShippingStatus.waiting and order.status in (OrderStatus.confirmed, OrderStatus.converted):
        moment = clock.now(session)
        SHIPPING.move(session, row, ShippingStatus.due, reason=order.status, ready_at=moment, due_at=moment + FALLBACK_AFTER)
        queue.enqueue(session, "orders.tell_shipping", shipping_id=row.id)


def _row(session: Session, order: Order, paid: PaymentAttempt) -> ShippingUpload | None:
    """The row of this payment, made when it is missing; None where WeChat does not manage the trade."""
    assert paid.transaction_id is not None
    known = shipping_queries.by_transaction(session, paid.transaction_id)
    account = wechat.by_appid(session, paid.appid)
    if known is not None or account is None or not account.settings.get("is_trade_managed"):
        return known
    vehicle = vehicle_queries.get(session, order.brand_id, order.vehicle_id)
    deposit = t(f"orders.deposit_types.{order.deposit_type}")
    row = ShippingUpload(
        brand_id=order.brand_id,
        order_id=order.id,
        attempt_id=paid.id,
        account_id=account.id,
        transaction_id=paid.transaction_id,
        description=t("orders.shipping.description", vehicle=vehicle.title, deposit=deposit)[:LONGEST_DESCRIPTION],
        status=ShippingStatus.waiting,
        warn_at=clock.now(session) + timedelta(hours=settings().shipping_warn_hours),
    )
    session.add(row)
    session.flush()
    return row


def claim_due(session: Session) -> None:
    """Take what is due for another try, and ring for each. What a dead worker took is due again after the next gap."""
    gap = func.least(SHORTEST_GAP * func.power(literal(2.0, Float), cast(func.least(ShippingUpload.tries, 10), Float)), LONGEST_GAP)
    due = select(ShippingUpload.id).where(ShippingUpload.due_at <= func.marque_now()).order_by(ShippingUpload.due_at).limit(SWEEP)
    claimed = session.execute(
        update(ShippingUpload)
        .where(ShippingUpload.id == db.one_of(due.with_for_update(skip_locked=True)))
        .values(due_at=func.marque_now() + func.make_interval(0, 0, 0, 0, 0, 0, gap), tries=ShippingUpload.tries + 1)
        .returning(ShippingUpload.id)
        .execution_options(synchronize_session=False)
    )
    for shipping_id in claimed.scalars():
        queue.enqueue(session, "orders.tell_shipping", shipping_id=shipping_id)


def warn(session: Session) -> None:
    """Let finance know of every payment that WeChat soon reminds us of itself, because it was not told."""
    late = select(ShippingUpload).where(
        ShippingUpload.status.in_(OPEN), ShippingUpload.warned_at.is_(None), ShippingUpload.warn_at <= func.marque_now()
    )
    for row in session.execute(late.limit(SWEEP).with_for_update(skip_locked=True, key_share=True)).scalars():
        _report(session, row)


def tell(shipping_id: uuid.UUID) -> str:
    """Tell WeChat, unless it knows already. Returns the status that it has then.

    Calls the outside, so it opens transactions of its own; may be called at any time, and again: when we do not know whether WeChat
    heard us, it is asked first, because a second, other message would use up the one correction that it allows.
    """
    with db.transaction() as session:
        row = _locked(session, shipping_id)
        paid = session.get_one(PaymentAttempt, row.attempt_id)
        account = session.get_one(WechatAccount, row.account_id)
        if row.status == ShippingStatus.due and _kept_fen(session, session.get_one(Order, row.order_id)) == 0:
            _drop(session, row)
        if row.status != ShippingStatus.due:
            return row.status
        was_asked, row.asked_at = row.asked_at is not None, clock.now(session)
    door, key = gateway().mini_program(account), OrderKey(transaction_id=row.transaction_id)
    try:
        known = door.shipped_order(key) if was_asked else None
        if known is None or known.state == OrderState.to_ship:
            parcel = Parcel(row.description)
            assert row.ready_at is not None
            door.upload_shipping(key, paid.openid or "", [parcel], logistics=Logistics.picked_up, at=row.ready_at)
    except WechatError as error:
        log.warning("WeChat did not hear of a hand-over", order_id=str(row.order_id), error=str(error))
        with db.transaction() as session:
            return _not_heard(session, shipping_id, error, is_again=was_asked)
    with db.transaction() as session:
        return _heard(session, shipping_id, known)


def _heard(session: Session, shipping_id: uuid.UUID, known: ShippedOrder | None) -> str:
    row = _locked(session, shipping_id)
    if row.status != ShippingStatus.due:
        return row.status
    if known is not None and known.state == OrderState.refunded:
        _drop(session, row)
        return row.status
    SHIPPING.move(session, row, ShippingStatus.told, told_at=clock.now(session), due_at=None, error_code=None)
    incidents.settle_shipping(session, row.transaction_id)
    return row.status


def _not_heard(session: Session, shipping_id: uuid.UUID, error: WechatError, *, is_again: bool) -> str:
    """A refusal is believed the second time, when WeChat was asked in between: the first may only say that it knows already."""
    row = _locked(session, shipping_id)
    if row.status == ShippingStatus.due:
        row.error_code = error.code
        if error.outcome in _REFUSED and is_again:
            row.due_at = clock.now(session) + timedelta(seconds=LONGEST_GAP)
            _report(session, row)
        elif error.retry_after is not None:
            row.due_at = clock.now(session) + timedelta(seconds=error.retry_after)
    return row.status


def reminded(session: Session, transaction_id: str) -> None:
    """WeChat has reminded us of this payment. What we are late with, finance hears of now."""
    row = shipping_queries.by_transaction(session, transaction_id)
    if row is None:
        order_id = session.execute(
            select(Order.id).join(PaymentAttempt, PaymentAttempt.intent_id == Order.intent_id).filter_by(transaction_id=transaction_id)
        ).scalar_one_or_none()
        if order_id is None:
            return
        follow(session, order_id)
        row = shipping_queries.by_transaction(session, transaction_id)
    if row is not None and row.status in OPEN:
        row.reminded_at = clock.now(session)
        _report(session, row)


def settled(session: Session, transaction_id: str) -> None:
    """WeChat has let the money of this payment go."""
    row = shipping_queries.by_transaction(session, transaction_id)
    if row is not None and row.status in (*OPEN, ShippingStatus.told):
        SHIPPING.move(session, row, ShippingStatus.settled, settled_at=clock.now(session), due_at=None)
        incidents.settle_shipping(session, transaction_id)


def learn_what_is_managed() -> None:
    """Ask WeChat of every mini-program whether it manages the trade in it."""
    with db.transaction() as session:
        accounts = session.execute(select(WechatAccount).filter_by(kind=AccountKind.mini_program)).scalars().all()
    for account in accounts:
        try:
            is_managed = gateway().mini_program(account).is_trade_managed()
        except WechatError as error:
            log.warning("WeChat did not say whether it manages the trade", appid=account.appid, error=str(error))
            continue
        with db.transaction() as session:
            own = session.get_one(WechatAccount, account.id, with_for_update={"key_share": True})
            own.settings = own.settings | {"is_trade_managed": is_managed}


def _locked(session: Session, shipping_id: uuid.UUID) -> ShippingUpload:
    return session.get_one(ShippingUpload, shipping_id, with_for_update={"key_share": True}, populate_existing=True)


def _kept_fen(session: Session, order: Order) -> int:
    assert order.intent_id is not None
    return payment_queries.standing(session, order.intent_id).kept_fen


def _drop(session: Session, row: ShippingUpload) -> None:
    SHIPPING.move(session, row, ShippingStatus.dropped, reason="refunded", due_at=None)
    incidents.settle_shipping(session, row.transaction_id)


def _report(session: Session, row: ShippingUpload) -> None:
    paid = session.get_one(PaymentAttempt, row.attempt_id)
    row.warned_at = row.warned_at or clock.now(session)
    incidents.report(
        session,
        IncidentKind.shipping_overdue,
        row.transaction_id,
        brand_id=row.brand_id,
        account_id=paid.account_id,
        sub_mchid=paid.sub_mchid,
        out_trade_no=paid.out_trade_no,
        amount_fen=paid.amount_fen,
        intent=session.get_one(PaymentIntent, paid.intent_id),
        details={"status": row.status, "code": row.error_code},
    )
