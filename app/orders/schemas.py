"""What the doors of orders take and give."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from apiflask import Schema
from apiflask.fields import UUID, Boolean, DateTime, Dict, Integer, List, Nested, String
from apiflask.validators import Length, Range

from app.kit.paging import MAX_LIMIT
from app.kit.settings import settings
from app.kit.texts import t
from app.orders.models import CloseReason, DepositTerms, DepositType, OrderStatus, ReservationStatus
from app.orders.view import View
from app.payments.models import RefundStatus
from app.payments.queries import PaymentStatus


def one_of(states: type[StrEnum], description: str = "", **more: Any) -> String:
    """A state as the database keeps it."""
    return String(metadata={"enum": [state.value for state in states], "description": description}, **more)


class TermsOut(Schema):
    version = String(metadata={"description": "send it back as terms_version once she has accepted"})
    text = String()
    deposit_type = one_of(DepositType)
    amount_fen = Integer()
    hold_hours = Integer(metadata={"description": "how long the vehicle is hers once she has paid"})
    pay_minutes = Integer(metadata={"description": "how long it is held while she pays"})


class ReserveIn(Schema):
    vehicle_id = UUID(required=True)
    terms_version = String(required=True, validate=Length(1, 40))


class CancelIn(Schema):
    reason = String(load_default=None, allow_none=True, validate=Length(max=200), metadata={"description": "in her own words"})


class PageIn(Schema):
    cursor = String(load_default=None)
    limit = Integer(load_default=20, validate=Range(1, MAX_LIMIT))


class RefundOut(Schema):
    status = one_of(RefundStatus)
    amount_fen = Integer()
    requested_at = DateTime()
    settled_at = DateTime(allow_none=True)


class HoldOut(Schema):
    status = one_of(ReservationStatus)
    expires_at = DateTime(metadata={"description": "end of the countdown: to pay while softly held, to decide while hard held"})
    ends_in_seconds = Integer(metadata={"description": "the same by our clock, never below 0"})


class OrderOut(Schema):
    id = String()
    number = String()
    status = one_of(OrderStatus, "the fulfilment axis")
    payment_status = one_of(PaymentStatus, "the payment axis, derived from the ledger")
    label = String(metadata={"description": "both axes in a word, zh-CN"})
    amount_fen = Integer()
    deposit_type = one_of(DepositType)
    terms_version = String()
    terms_accepted_at = DateTime()
    refundable_until = DateTime(allow_none=True)
    created_at = DateTime()
    paid_at = DateTime(allow_none=True)
    closed_at = DateTime(allow_none=True)
    close_reason = one_of(CloseReason, allow_none=True)
    hold = Nested(HoldOut)
    is_ending = Boolean(metadata={"description": "WeChat is being asked whether she has paid; look again in a second"})
    can_pay = Boolean()
    can_cancel = Boolean()
    refund = Nested(RefundOut, allow_none=True)
    vehicle = Dict(metadata={"description": "id, title, price_fen, status, photo, store"})


class PaymentOut(Schema):
    """Exactly what wx.requestPayment takes; its success proves nothing, look at the order."""

    appId = String()
    timeStamp = String()
    nonceStr = String()
    package = String()
    signType = String()
    paySign = String()


class OrderPaymentOut(Schema):
    order = Nested(OrderOut)
    payment = Nested(PaymentOut, allow_none=True, metadata={"description": "null when it was paid already"})


class OrdersOut(Schema):
    items = List(Nested(OrderOut))
    next_cursor = String(allow_none=True)


def terms_out(terms: DepositTerms) -> dict[str, Any]:
    return {
        "version": terms.version,
        "text": terms.text,
        "deposit_type": terms.deposit_type,
        "amount_fen": terms.amount_fen,
        "hold_hours": terms.hold_hours,
        "pay_minutes": settings().soft_hold_minutes,
    }


def order_out(view: View, *, now: datetime) -> dict[str, Any]:
    """An order as its customer sees it; `now` is the platform's clock."""
    order, hold, refund = view.order, view.hold, view.refund
    left = max(0, int((hold.expires_at - now).total_seconds()))
    waits = hold.status == ReservationStatus.soft_held
    return {
        "id": str(order.id),
        "number": order.number,
        "status": order.status,
        "payment_status": view.standing.status,
        "label": t(f"orders.states.{view.state}"),
        "amount_fen": order.amount_fen,
        "deposit_type": order.deposit_type,
        "terms_version": order.terms_version,
        "terms_accepted_at": order.terms_accepted_at,
        "refundable_until": order.refundable_until,
        "created_at": order.created_at,
        "paid_at": order.paid_at,
        "closed_at": order.closed_at,
        "close_reason": order.close_reason,
        "hold": {"status": hold.status, "expires_at": hold.expires_at, "ends_in_seconds": left},
        "is_ending": view.is_ending,
        "can_pay": waits and left > 0,
        "can_cancel": waits or hold.status == ReservationStatus.hard_held,
        "refund": refund
        and {
            "status": refund.status,
            "amount_fen": refund.amount_fen,
            "requested_at": refund.created_at,
            "settled_at": refund.settled_at,
        },
        "vehicle": view.vehicle,
    }
