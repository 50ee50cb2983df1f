"""What the doors take and give through which marketers try journeys on themselves."""

from __future__ import annotations

from typing import Any

from apiflask import Schema
from apiflask.fields import UUID, DateTime, Dict, List, Nested, String
from apiflask.validators import Length
from marshmallow import ValidationError, validates_schema

from app.journeys.schemas.drafts import PortOut
from app.journeys.schemas.entering import OURS


class TesterOut(Schema):
    customer_id = UUID(allow_none=True, metadata={"description": "null: nobody has said which customer you are"})
    bound_at = DateTime(allow_none=True)


class CodeOut(Schema):
    code = String(metadata={"description": "to be entered in the mini-program by yourself"})
    ends_at = DateTime()


class CodeIn(Schema):
    code = String(required=True, validate=Length(1, 64))


class BoundOut(Schema):
    name = String(metadata={"description": "of the marketer"})


class TestIn(Schema):
    data = Dict(keys=String(), load_default=dict, metadata={"description": "what the cause of the entry would tell, at most 4 KB"})

    @validates_schema
    def is_small(self, data: dict[str, Any], **_: Any) -> None:
        told = data.get("data", {})
        if len(str(told)) > 4096:
            raise ValidationError("too long", "data")
        if OURS & told.keys():
            raise ValidationError("a name that journeys use themselves", "data")


class SkipIn(Schema):
    port = String(required=True, validate=Length(1, 40))


class _TestNodeOut(Schema):
    node_id = String()
    kind = String()
    label = String()
    why = String()


class TestPlaceOut(_TestNodeOut):
    due_at = DateTime(allow_none=True)


class TestMessageOut(Schema):
    id = UUID(metadata={"description": "its `why` is told under /api/staff/sends/<id>/why"})
    channel = String()
    template_key = String()
    status = String()
    delivery = String(allow_none=True)
    error_code = String(allow_none=True)


class TestStepOut(_TestNodeOut):
    arrived_at = DateTime()
    left_at = DateTime()
    port = String(allow_none=True)
    port_label = String(allow_none=True)
    skipped = String(allow_none=True, metadata={"description": "why the node's deed was left out"})
    message = Nested(TestMessageOut, allow_none=True)


class TestOut(Schema):
    walk_id = UUID()
    status = String()
    reason = String(allow_none=True)
    stands_on = Nested(TestPlaceOut, allow_none=True)
    ports = List(Nested(PortOut), metadata={"description": "the ways by which she may be let go on at once"})
    steps = List(Nested(TestStepOut))
    began_at = DateTime()
    ended_at = DateTime(allow_none=True)
