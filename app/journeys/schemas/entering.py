"""What the doors take and give through which people are let into journeys."""

from __future__ import annotations

from typing import Any

from apiflask import Schema
from apiflask.fields import UUID, DateTime, Dict, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range
from marshmallow import ValidationError, validates_schema

from app.journeys.models.entering import MOST_NAMED, FanOutStatus

# What a walk's context holds beside what was told.
OURS = frozenset({"acted", "answers"})


class LeftOutOut(Schema):
    key = String()
    label = String()
    people = Integer()


class EnrolledOut(Schema):
    entered = Integer()
    held_out = Integer(metadata={"description": "of the control group"})
    left_out = List(Nested(LeftOutOut))


class _EntryIn(Schema):
    key = String(required=True, validate=Length(1, 100), metadata={"description": "what she enters for, and for that once"})
    data = Dict(keys=String(), metadata={"description": "at most 4 KB, for the journey's messages and branches"})

    @validates_schema
    def is_small(self, data: dict[str, Any], **_: Any) -> None:
        told = data.get("data", {})
        if len(str(told)) > 4096:
            raise ValidationError("too long", "data")
        if OURS & told.keys():
            raise ValidationError("a name that journeys use themselves", "data")


class EntryIn(_EntryIn):
    customer_id = UUID(required=True)


class CallIn(_EntryIn):
    """Who it is: either of the two."""

    customer_id = UUID()
    phone = String(validate=Length(1, 32))

    @validates_schema
    def names_one_person(self, data: dict[str, Any], **_: Any) -> None:
        if ("customer_id" in data) == ("phone" in data):
            raise ValidationError("either a customer_id or a phone", "customer_id")


class ListIn(Schema):
    phones = List(String(validate=Length(1, 32)), load_default=list, validate=Length(0, MOST_NAMED))
    customer_ids = List(UUID(), load_default=list, validate=Length(0, MOST_NAMED))

    @validates_schema
    def names_somebody(self, data: dict[str, Any], **_: Any) -> None:
        if not 0 < len(data["phones"]) + len(data["customer_ids"]) <= MOST_NAMED:
            raise ValidationError(f"1 to {MOST_NAMED} people", "phones")


class ListedOut(EnrolledOut):
    not_known = List(String(), metadata={"description": "who is not known here, as given"})


class FanOutIn(Schema):
    segment_id = UUID(load_default=None, allow_none=True, metadata={"description": "everybody of the brand when left out"})


class ComingIn(FanOutIn):
    """Of whom a preview tells."""


class ComingOut(Schema):
    people = Integer(metadata={"description": "living customers of the segment, or of the brand"})
    inside = Integer(metadata={"description": "of those, who is in the journey now, and would be left out"})
    walked = Integer(metadata={"description": "of those, who has been in it before"})


class FanOutOut(EnrolledOut):
    id = UUID()
    kind = String(validate=OneOf(("segment", "everybody", "planned")))
    segment_id = UUID(allow_none=True)
    status = String(validate=OneOf(list(FanOutStatus)))
    total = Integer(allow_none=True, metadata={"description": "null before the first page"})
    seen = Integer()
    created_at = DateTime()
    ended_at = DateTime(allow_none=True)


class FanOutsIn(Schema):
    cursor = String(validate=Length(1, 200))
    limit = Integer(load_default=20, validate=Range(1, 100))


class FanOutsOut(Schema):
    items = List(Nested(FanOutOut))
    next_cursor = String(allow_none=True)
