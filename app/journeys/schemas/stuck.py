"""What the doors take and give through which marketers help walks that cannot go on."""

from __future__ import annotations

from apiflask import Schema
from apiflask.fields import UUID, Boolean, DateTime, Integer, List, Nested, String
from apiflask.validators import Length, Range

_PROBLEM = {"description": "a reason's key, or the name of an error, as the groups tell it"}


class StuckGroupOut(Schema):
    node = String()
    label = String()
    problem = String(metadata=_PROBLEM)
    words = String()
    people = Integer()
    since = DateTime(metadata={"description": "when the first of them came to the node"})
    example = String(metadata={"description": "all that is known of one of them"})


class PauseOut(Schema):
    at = DateTime()
    by_itself = Boolean()
    by = String(allow_none=True)
    reason = String(allow_none=True)
    words = String()
    stuck = Integer(allow_none=True, metadata={"description": "how many got stuck since `since`"})
    steps = Integer(allow_none=True, metadata={"description": "how many steps were taken since `since`"})
    since = DateTime(allow_none=True)
    problem = String(allow_none=True, metadata={"description": "the error, where what happens to people cannot be heard"})


class TroublesOut(Schema):
    pause = Nested(PauseOut, allow_none=True, metadata={"description": "why the journey rests, while it does"})
    groups = List(Nested(StuckGroupOut))


class WhichIn(Schema):
    node = String(load_default=None, validate=Length(1, 40))
    problem = String(load_default=None, validate=Length(1, 200), metadata=_PROBLEM)


class StuckIn(WhichIn):
    after = UUID(load_default=None, metadata={"description": "`next` of the page before"})
    limit = Integer(load_default=20, validate=Range(1, 100))


class StuckWalkOut(Schema):
    id = UUID()
    customer_id = UUID()
    node = String()
    status = String()
    arrived_at = DateTime()
    problem = String(allow_none=True)
    words = String(allow_none=True)
    told = String(allow_none=True)


class StuckOut(Schema):
    items = List(Nested(StuckWalkOut))
    next = UUID(allow_none=True)


class RetriedOut(Schema):
    people = Integer()
