"""What the doors of reconciliation take and give."""

from __future__ import annotations

from apiflask import Schema
from apiflask.fields import UUID, Date, DateTime, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range

from app.kit.paging import MAX_LIMIT
from app.payments.schemas import OrderRefOut
from app.reconciliation.models import Action, DifferenceKind, DifferenceStatus, RunStatus


class SumsOut(Schema):
    payments = Integer()
    payments_fen = Integer()
    refunds = Integer()
    refunds_fen = Integer()


class TheirSumsOut(SumsOut):
    fee_fen = Integer(metadata={"description": "what WeChat Pay kept, less what it gave back with refunds"})


class FlowOut(Schema):
    in_fen = Integer()
    out_fen = Integer()
    other_fen = Integer(metadata={"description": "in less out of what is no trade, such as withdrawals"})


class BilledMerchantOut(Schema):
    account_id = String()
    mchid = String()
    name = String()


class RunOut(Schema):
    id = String()
    bill_on = Date(metadata={"description": "the day in China"})
    merchant = Nested(BilledMerchantOut)
    status = String(metadata={"enum": [status.value for status in RunStatus]})
    status_label = String()
    progress = Integer(metadata={"description": "percent"})
    lines_read = Integer()
    lines_total = Integer(allow_none=True)
    ours = Nested(SumsOut, allow_none=True)
    theirs = Nested(TheirSumsOut, allow_none=True)
    flow = Nested(FlowOut, allow_none=True)
    differences = Integer()
    open_differences = Integer()
    error = String(allow_none=True, metadata={"description": "code; why there is no result so far"})
    error_label = String(allow_none=True)
    next_try_at = DateTime(allow_none=True)
    started_at = DateTime(allow_none=True)
    finished_at = DateTime(allow_none=True)


class RunsOut(Schema):
    items = List(Nested(RunOut))
    next_cursor = String(allow_none=True)


class KindOut(Schema):
    kind = String(metadata={"enum": [kind.value for kind in DifferenceKind]})
    label = String()
    open = Integer()
    all = Integer()


class RunDetailOut(RunOut):
    kinds = List(Nested(KindOut), metadata={"description": "those that occur"})
    detail = String(allow_none=True, metadata={"description": "what exactly went wrong, for whoever looks into it"})


class WayOut(Schema):
    action = String(metadata={"enum": [action.value for action in Action]})
    label = String()


class DifferenceOut(Schema):
    id = String()
    reconciliation_id = String()
    bill_on = Date()
    merchant = Nested(BilledMerchantOut)
    kind = String(metadata={"enum": [kind.value for kind in DifferenceKind]})
    label = String()
    concerns = String(metadata={"enum": ["payment", "refund", "flow"]})
    concerns_label = String()
    reference = String()
    transaction_id = String(allow_none=True)
    out_trade_no = String(allow_none=True)
    out_refund_no = String(allow_none=True)
    sub_mchid = String(allow_none=True)
    order = Nested(OrderRefOut, allow_none=True)
    ours_fen = Integer(allow_none=True)
    theirs_fen = Integer(allow_none=True)
    ours = String(allow_none=True, metadata={"description": "state, zh-CN"})
    theirs = String(allow_none=True, metadata={"description": "state, zh-CN"})
    status = String(metadata={"enum": [status.value for status in DifferenceStatus]})
    status_label = String()
    actions = List(Nested(WayOut), metadata={"description": "in which ways it can be resolved now; empty for who may only look"})
    resolution = String(allow_none=True, metadata={"enum": [action.value for action in Action]})
    resolution_label = String(allow_none=True)
    note = String(allow_none=True)
    resolved_by = String(allow_none=True, metadata={"description": "name"})
    resolved_at = DateTime(allow_none=True)
    created_at = DateTime()


class DifferencesOut(Schema):
    items = List(Nested(DifferenceOut))
    next_cursor = String(allow_none=True)


class RunsIn(Schema):
    account_id = UUID()
    status = String(validate=OneOf([status.value for status in RunStatus]))
    since = Date(metadata={"description": "first day"})
    until = Date(metadata={"description": "last day"})
    cursor = String()
    limit = Integer(load_default=31, validate=Range(1, MAX_LIMIT))


class DifferencesIn(Schema):
    reconciliation_id = UUID()
    kind = String(validate=OneOf([kind.value for kind in DifferenceKind]))
    status = String(validate=OneOf([status.value for status in DifferenceStatus]))
    q = String(validate=Length(1, 64), metadata={"description": "one of the numbers, or an order's"})
    cursor = String()
    limit = Integer(load_default=50, validate=Range(1, MAX_LIMIT))


class RunAgainIn(Schema):
    bill_on = Date(required=True)
    account_id = UUID(metadata={"description": "one merchant account; else all of the brand"})


class ResolveIn(Schema):
    action = String(required=True, validate=OneOf([action.value for action in Action]))
    note = String(required=True, validate=Length(1, 500))
