"""What the doors of payments take and give."""

from __future__ import annotations

from typing import Any

from apiflask import Schema
from apiflask.fields import Date, DateTime, Dict, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range, Regexp
from marshmallow import ValidationError, validates_schema

from app.kit.paging import MAX_LIMIT
from app.payments.models import Account, IncidentKind, RefundStatus

ENTRY_KINDS = ("payment", "refund requested", "refund paid", "refund reversed", "recognised", "written off")
INCIDENT_STATES = ("open", "resolved", "all")


class PageIn(Schema):
    cursor = String(load_default=None, metadata={"description": "`next_cursor` of the page before"})
    limit = Integer(load_default=20, validate=Range(1, MAX_LIMIT))


class RefundsIn(PageIn):
    status = String(load_default=None, validate=OneOf(list(RefundStatus)))
    q = String(
        load_default=None, validate=Length(max=64), metadata={"description": "a number of the refund, payment or order, or its start"}
    )


class LedgerIn(Schema):
    account = String(load_default=None, validate=OneOf(list(Account)))
    kind = String(load_default=None, validate=OneOf(ENTRY_KINDS))
    q = String(load_default=None, validate=Length(max=64), metadata={"description": "an order's number, or that of a payment or refund"})
    since = Date(load_default=None, metadata={"description": "first day, in China"})
    until = Date(load_default=None, metadata={"description": "last day, in China"})


class LedgerPageIn(LedgerIn, PageIn):
    pass


class IncidentsIn(PageIn):
    status = String(load_default="open", validate=OneOf(INCIDENT_STATES))
    kind = String(load_default=None, validate=OneOf(list(IncidentKind)))
    q = String(
        load_default=None, validate=Length(max=64), metadata={"description": "a number of the payment, refund or order, or its start"}
    )


class ResolveIn(Schema):
    action = String(required=True, validate=OneOf(["refund", "by_hand"]))
    note = String(required=True, validate=Length(1, 500))


class AbnormalIn(Schema):
    """Where a refund goes that could not be delivered; the three fields of the card are kept nowhere."""

    to = String(
        required=True,
        validate=OneOf(["customer_card", "merchant_account"]),
        metadata={"description": "another bank card of the customer, or our own bank account, from where a person pays her"},
    )
    bank_type = String(
        load_default=None, validate=Regexp(r"^[A-Z0-9_]{2,32}$"), metadata={"description": "WeChat Pay's, such as ICBC_DEBIT"}
    )
    bank_account = String(load_default=None, validate=Regexp(r"^[0-9]{8,32}$"), metadata={"description": "the card's number"})
    real_name = String(load_default=None, validate=Length(1, 64), metadata={"description": "the card's owner"})

    @validates_schema
    def names_a_card(self, data: dict[str, Any], **_more: Any) -> None:
        missing = [field for field in ("bank_type", "bank_account", "real_name") if not data[field]]
        if data["to"] == "customer_card" and missing:
            raise ValidationError({field: ["needed for customer_card"] for field in missing})


class OrderRefOut(Schema):
    id = String()
    number = String()


class MerchantOut(Schema):
    account_id = String()
    mchid = String()
    sub_mchid = String(allow_none=True, metadata={"description": "the dealer whose money it is; null: the merchant's own"})
    name = String()


class RefundRowOut(Schema):
    id = String()
    out_refund_no = String()
    out_trade_no = String()
    refund_id = String(allow_none=True, metadata={"description": "WeChat's number"})
    amount_fen = Integer()
    paid_fen = Integer(metadata={"description": "of what was paid"})
    status = String(metadata={"enum": list(RefundStatus)})
    status_label = String(metadata={"description": "zh-CN"})
    reason = String()
    error_code = String(allow_none=True, metadata={"description": "WeChat's last refusal"})
    order = Nested(OrderRefOut, allow_none=True)
    merchant = Nested(MerchantOut)
    created_at = DateTime()
    settled_at = DateTime(allow_none=True)


class RefundsOut(Schema):
    items = List(Nested(RefundRowOut))
    next_cursor = String(allow_none=True)


class LineOut(Schema):
    account = String(metadata={"enum": list(Account)})
    label = String(metadata={"description": "zh-CN"})
    debit_fen = Integer()
    credit_fen = Integer()


class EntryOut(Schema):
    id = String()
    at = DateTime()
    kind = String(metadata={"enum": list(ENTRY_KINDS)})
    label = String(metadata={"description": "zh-CN"})
    reference = String(metadata={"description": "what moved the money"})
    order = Nested(OrderRefOut, allow_none=True)
    merchant = Nested(MerchantOut)
    lines = List(Nested(LineOut))


class EntriesOut(Schema):
    items = List(Nested(EntryOut))
    next_cursor = String(allow_none=True)


class OfMerchantOut(Schema):
    merchant = Nested(MerchantOut)
    accounts = List(Nested(LineOut))


class TotalsOut(Schema):
    accounts = List(Nested(LineOut), metadata={"description": "of all merchants together"})
    merchants = List(Nested(OfMerchantOut))


class IncidentOut(Schema):
    id = String()
    kind = String(metadata={"enum": [kind.value for kind in IncidentKind]})
    label = String(metadata={"description": "the kind, zh-CN"})
    out_trade_no = String()
    reference = String(metadata={"description": "WeChat's transaction_id, our out_trade_no or out_refund_no, or an order's number"})
    amount_fen = Integer()
    details = Dict(metadata={"description": "field → what we asked and what we were told"})
    order = Nested(OrderRefOut, allow_none=True)
    created_at = DateTime()
    resolved_at = DateTime(allow_none=True)
    resolution = String(allow_none=True, metadata={"description": "by_hand, refunded, granted_again or settled"})
    note = String(allow_none=True)


class IncidentsOut(Schema):
    items = List(Nested(IncidentOut))
    next_cursor = String(allow_none=True)
