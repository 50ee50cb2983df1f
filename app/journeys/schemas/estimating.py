"""What the doors give that foresee what publishing a journey would set going."""

from __future__ import annotations

from apiflask import Schema
from apiflask.fields import Date, DateTime, Float, Integer, List, Nested, Raw, String


class EstimateIn(Schema):
    graph = Raw(metadata={"description": "a graph; without one the draft is looked at"})


class TriggerOut(Schema):
    label = String()
    now = Integer(allow_none=True, metadata={"description": "who enters when it is published"})
    per_day = Float(
        allow_none=True, metadata={"description": "who would enter on a day, by the last or the next `days`; null: nobody can know"}
    )
    next_at = DateTime(allow_none=True)
    next = Integer(allow_none=True, metadata={"description": "for how many people the next time is"})


class WayOut(Schema):
    channel = String()
    label = String()
    people = Integer()


class ReasonOut(Schema):
    key = String()
    label = String()
    people = Integer()


class MessageNodeOut(Schema):
    node = String()
    label = String()
    asked = Integer(metadata={"description": "how many people were looked at one by one"})
    reached = Integer(metadata={"description": "of those, at the most"})
    ways = List(Nested(WayOut))
    skipped = List(Nested(ReasonOut))


class QuotaOut(Schema):
    channel = String()
    label = String()
    messages = Integer(metadata={"description": "to those who enter now, at the most"})
    free_today = Integer(allow_none=True)
    per_day = Integer(allow_none=True, metadata={"description": "null: nobody counts"})


class EstimateOut(Schema):
    now = Integer()
    per_day = Float(allow_none=True)
    days = Integer()
    begun_at = DateTime(allow_none=True, metadata={"description": "when the last of those who enter now has begun, by the throttle"})
    triggers = List(Nested(TriggerOut))
    messages = List(Nested(MessageNodeOut))
    quota = List(Nested(QuotaOut))
    done_on = Date(allow_none=True, metadata={"description": "the day on which the messages to those who enter now have left"})
    words = String(allow_none=True)


class EstimatedOut(Schema):
    estimate = Nested(EstimateOut, allow_none=True, metadata={"description": "null while the graph is not sound"})
