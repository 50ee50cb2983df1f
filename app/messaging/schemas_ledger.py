"""What the doors of the log of messages take and give."""

from __future__ import annotations

from apiflask import Schema
from apiflask.fields import UUID, Date, DateTime, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range

from app.kit.answers import one_of
from app.kit.paging import MAX_LIMIT
from app.messaging.models import Delivery, Purpose, SendStatus


class LogFilterIn(Schema):
    customer_id = UUID()
    template_key = String(validate=Length(1, 64))
    broadcast_id = UUID()
    walk_id = UUID()
    journey_id = UUID()
    status = String(validate=OneOf([one.value for one in SendStatus]))
    error_code = String(validate=Length(1, 64), metadata={"description": "why it was skipped, failed, or waits"})
    channel = String(validate=Length(1, 64))
    appid = String(validate=Length(1, 64), metadata={"description": "the account that sent it"})
    purpose = String(validate=OneOf(("transactional", "marketing")))
    delivery = String(validate=OneOf([one.value for one in Delivery]), metadata={"description": "what the platform said later"})
    since = Date(metadata={"description": "the first day on which it was planned, in China"})
    until = Date(metadata={"description": "the last such day"})


class LogIn(LogFilterIn):
    cursor = String(metadata={"description": "`next_cursor` of the page before"})
    limit = Integer(load_default=50, validate=Range(1, MAX_LIMIT))


class PageIn(Schema):
    cursor = String(metadata={"description": "`next_cursor` of the page before"})
    limit = Integer(load_default=50, validate=Range(1, MAX_LIMIT))


class SendOut(Schema):
    id = String()
    customer_id = String(allow_none=True)
    nickname = String(allow_none=True)
    staff_id = String(allow_none=True)
    channel = String()
    channel_label = String()
    template_key = String()
    template_title = String(metadata={"description": "what people call it; its key where it has no title, or is gone"})
    purpose = one_of(Purpose)
    status = one_of(SendStatus)
    status_label = String()
    delivery = one_of(Delivery, allow_none=True)
    reason = String(allow_none=True)
    reason_text = String(allow_none=True, metadata={"description": "zh-CN"})
    appid = String(allow_none=True)
    broadcast_id = String(allow_none=True)
    walk_id = String(allow_none=True)
    journey_id = String(allow_none=True)
    created_at = DateTime()
    due_at = DateTime(allow_none=True, metadata={"description": "when it is looked at next, while it is planned"})
    claimed_at = DateTime(allow_none=True)
    settled_at = DateTime(allow_none=True)


class SendsOut(Schema):
    items = List(Nested(SendOut))
    next_cursor = String(allow_none=True)


class ChoiceOut(Schema):
    value = String()
    label = String(metadata={"description": "zh-CN"})


class LogChoicesOut(Schema):
    channels = List(Nested(ChoiceOut))
    statuses = List(Nested(ChoiceOut))
    reasons = List(Nested(ChoiceOut), metadata={"description": "those of the last thirty days"})


class LineOut(Schema):
    at = DateTime(allow_none=True, metadata={"description": "null: it holds now"})
    what = String()
    sentence = String(metadata={"description": "zh-CN"})


class WhyIn(Schema):
    template_key = String(validate=Length(1, 64))
    broadcast_id = UUID()
    walk_id = UUID()


class CustomerWhyOut(Schema):
    send = Nested(SendOut, allow_none=True)
    lines = List(Nested(LineOut))


class WhyOut(Schema):
    send = Nested(SendOut)
    lines = List(Nested(LineOut))
