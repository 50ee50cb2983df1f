"""What the doors of orders take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apiflask import Schema
from apiflask.fields import UUID, Boolean, DateTime, Dict, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range, Regexp
from marshmallow import ValidationError, validates

from app.dealers.models import Dealer
from app.kit.answers import one_of
from app.kit.paging import MAX_LIMIT
from app.kit.texts import t
from app.orders.models import CloseReason, DepositTerms, DepositType, OrderStatus, PayeeKind, RefundRule, Reservation, ReservationStatus
from app.orders.view import View
from app.payments.models import Refund, RefundStatus
from app.payments.queries import PaymentStatus


class TermsOut(Schema):
    version = String(metadata={"description": "send it back as terms_version once she has accepted"})
    text = String()
    deposit_type = one_of(DepositType)
    amount_fen = Integer()
    payee_name = String(metadata={"description": "who receives the money"})
    refund_rule = one_of(RefundRule, "forfeit: it is kept when she withdraws")
    hold_hours = Integer(metadata={"description": "how long the vehicle is hers once she has paid"})
    extension_hours = Integer(metadata={"description": "how much longer the dealer may hold it, once"})
    pay_minutes = Integer(metadata={"description": "how long it is held while she pays"})


class TermsOfIn(Schema):
    vehicle_id = UUID(load_default=None, metadata={"description": "the terms for this car, which may be its dealer's own"})


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
    payee_name = String(metadata={"description": "who receives the money"})
    refund_rule = one_of(RefundRule, "forfeit: it is kept when she withdraws")
    extension_hours = Integer(metadata={"description": "how much longer the dealer may hold it, once"})
    refundable_until = DateTime(allow_none=True, metadata={"description": "null also where it is kept when she withdraws"})
    created_at = DateTime()
    paid_at = DateTime(allow_none=True)
    confirmed_at = DateTime(allow_none=True, metadata={"description": "when the dealer confirmed it"})
    extended_at = DateTime(allow_none=True, metadata={"description": "when the dealer gave her longer"})
    closed_at = DateTime(allow_none=True)
    close_reason = one_of(CloseReason, allow_none=True)
    dealer_note = String(allow_none=True, metadata={"description": "why the dealer ended it, in the dealer's words"})
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


class ReasonIn(Schema):
    reason = String(required=True, validate=Length(2, 200), metadata={"description": "in the dealer's words; the customer reads it"})


class PartIn(Schema):
    amount_fen = Integer(required=True, strict=True, validate=Range(1))
    reason = String(required=True, validate=Length(2, 80), metadata={"description": "at most 80 bytes; WeChat shows it to the customer"})

    @validates("reason")
    def fits_wechat(self, value: str, data_key: str) -> None:
        if len(value.encode()) > 80:
            raise ValidationError("longer than 80 bytes")


class DealtOut(Schema):
    """How an order stands after somebody dealt with it."""

    id = String()
    status = one_of(OrderStatus)
    payment_status = one_of(PaymentStatus)
    hold = Nested(HoldOut)
    confirmed_at = DateTime(allow_none=True)
    extended_at = DateTime(allow_none=True)
    closed_at = DateTime(allow_none=True)
    close_reason = one_of(CloseReason, allow_none=True)
    dealer_note = String(allow_none=True)
    refund = Nested(RefundOut, allow_none=True)


class PolicyIn(Schema):
    dealer_id = UUID(
        load_default=None, allow_none=True, metadata={"description": "for the cars of this dealer only; without it for all others"}
    )
    deposit_type = one_of(DepositType, required=True, validate=OneOf(list(DepositType)))
    amount_fen = Integer(required=True, strict=True, validate=Range(1, 100_000_000))
    pay_minutes = Integer(required=True, strict=True, validate=Range(6, 120))
    hold_hours = Integer(required=True, strict=True, validate=Range(1, 720))
    extension_hours = Integer(required=True, strict=True, validate=Range(0, 720), metadata={"description": "0: the dealer may not extend"})
    active_per_customer = Integer(required=True, strict=True, validate=Range(1, 10))
    refund_rule = one_of(RefundRule, required=True, validate=OneOf(list(RefundRule)))
    payee = one_of(PayeeKind, required=True, validate=OneOf(list(PayeeKind)))
    version = String(
        load_default=None,
        allow_none=True,
        validate=Regexp(r"^[0-9A-Za-z][0-9A-Za-z._-]{0,39}$"),
        metadata={"description": "without it the day"},
    )
    text = String(load_default=None, allow_none=True, validate=Length(20, 20_000), metadata={"description": "without it our own wording"})


class DealerOut(Schema):
    id = UUID()
    name = String()


class PolicyOut(TermsOut):
    payee_name = String(allow_none=True, metadata={"description": "null: the payee has no merchant account any more"})
    id = UUID(allow_none=True, metadata={"description": "null in a preview, of which nothing is kept"})
    dealer = Nested(DealerOut, allow_none=True, metadata={"description": "null: the brand's"})
    payee = one_of(PayeeKind)
    active_per_customer = Integer()
    created_at = DateTime(allow_none=True)
    ended_at = DateTime(allow_none=True)
    is_in_force = Boolean()


class PoliciesIn(PageIn):
    dealer_id = UUID(load_default=None, metadata={"description": "the brand's and this dealer's only"})


class PoliciesOut(Schema):
    items = List(Nested(PolicyOut))
    next_cursor = String(allow_none=True)


def terms_out(terms: DepositTerms, *, payee_name: str | None) -> dict[str, Any]:
    return {
        "version": terms.version,
        "text": terms.text,
        "deposit_type": terms.deposit_type,
        "amount_fen": terms.amount_fen,
        "payee_name": payee_name,
        "refund_rule": terms.refund_rule,
        "hold_hours": terms.hold_hours,
        "extension_hours": terms.extension_hours,
        "pay_minutes": terms.pay_minutes,
    }


def policy_out(terms: DepositTerms, *, dealer: Dealer | None, payee_name: str | None) -> dict[str, Any]:
    """A policy, or a draft of one, as headquarters look at it."""
    is_kept = terms.created_at is not None
    return terms_out(terms, payee_name=payee_name) | {
        "id": terms.id if is_kept else None,
        "dealer": dealer,
        "payee": terms.payee,
        "active_per_customer": terms.active_per_customer,
        "created_at": terms.created_at,
        "ended_at": terms.ended_at,
        "is_in_force": is_kept and terms.ended_at is None,
    }


def hold_out(hold: Reservation, *, now: datetime) -> dict[str, Any]:
    left = max(0, int((hold.expires_at - now).total_seconds()))
    return {"status": hold.status, "expires_at": hold.expires_at, "ends_in_seconds": left}


def refund_out(refund: Refund | None) -> dict[str, Any] | None:
    if refund is None:
        return None
    return {
        "status": refund.status,
        "amount_fen": refund.amount_fen,
        "requested_at": refund.created_at,
        "settled_at": refund.settled_at,
    }


def dealt_out(view: View, *, now: datetime) -> dict[str, Any]:
    """An order as whoever dealt with it sees it next."""
    order = view.order
    return {
        "id": str(order.id),
        "status": order.status,
        "payment_status": view.standing.status,
        "hold": hold_out(view.hold, now=now),
        "confirmed_at": order.confirmed_at,
        "extended_at": order.extended_at,
        "closed_at": order.closed_at,
        "close_reason": order.close_reason,
        "dealer_note": order.dealer_note,
        "refund": refund_out(view.refund),
    }


def order_out(view: View, *, now: datetime) -> dict[str, Any]:
    """An order as its customer sees it; `now` is the platform's clock."""
    order, hold = view.order, view.hold
    shown_hold = hold_out(hold, now=now)
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
        "payee_name": order.payee_name,
        "refund_rule": order.refund_rule,
        "extension_hours": order.extension_hours,
        "refundable_until": order.refundable_until,
        "created_at": order.created_at,
        "paid_at": order.paid_at,
        "confirmed_at": order.confirmed_at,
        "extended_at": order.extended_at,
        "closed_at": order.closed_at,
        "close_reason": order.close_reason if order.status == OrderStatus.closed else None,
        "dealer_note": order.dealer_note,
        "hold": shown_hold,
        "is_ending": view.is_ending,
        "can_pay": waits and shown_hold["ends_in_seconds"] > 0,
        "can_cancel": waits or hold.status == ReservationStatus.hard_held,
        "refund": refund_out(view.refund),
        "vehicle": view.vehicle,
    }
