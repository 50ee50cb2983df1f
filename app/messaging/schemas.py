"""What the doors of messaging take and give."""

from __future__ import annotations

from apiflask import Schema
from apiflask.fields import List, Nested, String
from apiflask.validators import Length, OneOf


class SubscriptionOut(Schema):
    moment = String(metadata={"description": "when to ask for it", "example": "deposit_paid"})
    template_id = String()
    title = String(metadata={"description": "as WeChat shows it, zh-CN"})


class SubscriptionsOut(Schema):
    items = List(Nested(SubscriptionOut))


class AnswerIn(Schema):
    template_id = String(required=True, validate=Length(1, 64))
    answer = String(required=True, validate=OneOf(("accept", "reject", "ban", "filter")), metadata={"description": "WeChat's own word"})


class AnswersIn(Schema):
    answers = List(Nested(AnswerIn), required=True, validate=Length(1, 5))
