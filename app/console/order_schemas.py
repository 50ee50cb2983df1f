"""What the console's doors of orders and refunds take and give. Money is fen; times are UTC."""

from __future__ import annotations

from apiflask import Schema
from apiflask.fields import DateTime, Integer, List, Nested, String
from apiflask.validators import Length

from app.console.queries.actions import EVERY_ACTION
from app.console.schemas import ListIn, OrderRowOut, PersonOut, maybe
from app.dealers.schemas import ActorOut, NamedOut
from app.kit.answers import one_of


class OrdersIn(ListIn):
    q = String(validate=Length(1, 40), metadata={"description": "a part of the order's number"})
    status = String(validate=Length(1, 32))


class OrderListOut(Schema):
    items = List(Nested(OrderRowOut))
    next_cursor = String(allow_none=True)
    total = Integer()


class ReservationOut(Schema):
    status = String()
    expires_at = DateTime(allow_none=True)


class AttemptOut(Schema):
    id = String()
    out_trade_no = String()
    transaction_id = String(allow_none=True)
    status = String()
    created_at = DateTime()


class OrderRefundOut(Schema):
    id = String()
    out_refund_no = String()
    amount_fen = Integer()
    status = String()
    reason = String(allow_none=True)
    created_at = DateTime()


class LedgerLineOut(Schema):
    id = String()
    at = DateTime()
    entry = String()
    account = String()
    debit_fen = Integer()
    credit_fen = Integer()


class MoveOut(Schema):
    """One step of a state machine: the order's, its hold's, a payment attempt's or a refund's."""

    id = String()
    at = DateTime()
    subject = String(metadata={"description": "the table: orders, reservations, payment_attempts, refunds"})
    before = String()
    after = String()
    actor = Nested(ActorOut)
    reason = String(allow_none=True, metadata={"description": "a code, or a person's own words"})
    cause = String(metadata={"description": "the door or the job"})
    request_id = String()


class ActionOut(Schema):
    action = one_of(EVERY_ACTION, "the last word of its door at /api/staff/orders/<id>/")
    refusal = String(allow_none=True, metadata={"description": "why it cannot be done now, zh-CN; null where it can"})


class ShippingOut(Schema):
    """Where WeChat keeps the money until it is told that the customer can fetch the car."""

    status = String(metadata={"description": "waiting, due, told, settled or dropped (the money went back)"})
    label = String(metadata={"description": "the status in words, zh-CN"})
    told_at = DateTime(allow_none=True)
    settled_at = DateTime(allow_none=True)
    reminded_at = DateTime(allow_none=True, metadata={"description": "when WeChat complained"})
    error_code = String(allow_none=True, metadata={"description": "WeChat's, of the last try"})


class OrderPageOut(OrderRowOut):
    deposit_type = String()
    terms_version = String()
    terms_accepted_at = DateTime()
    refundable_until = DateTime(allow_none=True)
    close_reason = String(allow_none=True)
    cancel_reason = String(allow_none=True)
    dealer_note = String(allow_none=True, metadata={"description": "why the dealer ended it"})
    payee_name = String(metadata={"description": "who receives the money; empty for orders of before that was written down"})
    refund_rule = String()
    hold_hours = Integer()
    extension_hours = Integer(metadata={"description": "how much longer the dealer may hold the vehicle, once; 0 where not at all"})
    confirmed_at = DateTime(allow_none=True)
    extended_at = DateTime(allow_none=True)
    refundable_fen = Integer(metadata={"description": "what nobody has asked back yet"})
    shipping = maybe(ShippingOut)
    store = maybe(NamedOut)
    reservation = maybe(ReservationOut)
    attempts = List(Nested(AttemptOut))
    refunds = List(Nested(OrderRefundOut))
    ledger = List(Nested(LedgerLineOut))
    trail = List(Nested(MoveOut))
    actions = List(Nested(ActionOut), metadata={"description": "what the caller's role may ever do with an order"})


class RefundedOrderOut(Schema):
    id = String()
    number = String()


class RefundingMerchantOut(Schema):
    name = String()
    mchid = String()
    sub_mchid = String(allow_none=True, metadata={"description": "the dealer whose money it is"})


class RefundPageOut(Schema):
    id = String()
    out_refund_no = String()
    refund_id = String(allow_none=True, metadata={"description": "WeChat's number"})
    out_trade_no = String()
    transaction_id = String(allow_none=True)
    amount_fen = Integer()
    paid_fen = Integer(metadata={"description": "what the payment was that it is a part of"})
    status = String()
    reason = String()
    error_code = String(allow_none=True, metadata={"description": "what WeChat answered last, when it was no yes"})
    tries = Integer()
    created_at = DateTime()
    settled_at = DateTime(allow_none=True)
    merchant = Nested(RefundingMerchantOut)
    order = maybe(RefundedOrderOut)
    customer = maybe(PersonOut)
    trail = List(Nested(MoveOut))
