"""One refund: what it is of, where it stands, and every step that it took."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.console.errors import RefundUnknown
from app.console.queries.names import person
from app.dealers.models import Staff
from app.dealers.queries import moves_in_words
from app.identity.models import Customer
from app.kit.states import Transition
from app.orders.models import Order
from app.payments.models import PaymentAttempt, Refund
from app.wechat.models import WechatAccount


def show(session: Session, staff: Staff, refund_id: uuid.UUID) -> dict[str, Any]:
    """A refund of the brand with its order, payer and trail; the first two are None for money that had no order. Raises `RefundUnknown`."""
    row = session.execute(
        select(Refund, WechatAccount, PaymentAttempt.transaction_id, Order, Customer)
        .join(WechatAccount, WechatAccount.id == Refund.account_id)
        .outerjoin(PaymentAttempt, PaymentAttempt.id == Refund.attempt_id)
        .outerjoin(Order, Order.intent_id == Refund.intent_id)
        .outerjoin(Customer, Customer.id == Order.customer_id)
        .where(Refund.id == refund_id, Refund.brand_id == staff.brand_id)
    ).one_or_none()
    if row is None:
        raise RefundUnknown
    refund, account, transaction_id, order, customer = row
    moves = session.execute(
        select(Transition).filter_by(subject_type=Refund.__tablename__, subject_id=refund.id).order_by(Transition.id.desc())
    )
    return {
        "id": refund.id,
        "out_refund_no": refund.out_refund_no,
        "refund_id": refund.refund_id,
        "out_trade_no": refund.out_trade_no,
        "transaction_id": transaction_id,
        "amount_fen": refund.amount_fen,
        "paid_fen": refund.paid_fen,
        "status": refund.status,
        "reason": refund.reason,
        "error_code": refund.error_code,
        "tries": refund.tries,
        "created_at": refund.created_at,
        "settled_at": refund.settled_at,
        "merchant": {"name": account.name, "mchid": account.appid, "sub_mchid": refund.sub_mchid},
        "order": order and {"id": order.id, "number": order.number},
        "customer": customer and person(customer),
        "trail": moves_in_words(session, moves.scalars().all()),
    }
