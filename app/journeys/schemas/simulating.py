"""What the door that looks ahead reads and answers."""

from __future__ import annotations

from typing import Any

from apiflask import Schema
from apiflask.fields import UUID, Boolean, DateTime, Dict, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range

from app.events.catalogue import NAMES
from app.messaging.schemas_templates import PreviewFieldOut, PreviewWayOut

_ALL_DAYS = 400 * 24 * 60


class AssumedIn(Schema):
    after_minutes = Integer(required=True, validate=Range(0, _ALL_DAYS), metadata={"description": "minutes after she entered"})
    event = String(required=True, validate=OneOf(NAMES))
    data = Dict(load_default=dict, metadata={"description": "as the event would have it"})


class SimulateIn(Schema):
    customer_id = UUID(required=True)
    version = Integer(validate=Range(1), metadata={"description": "a published version; without one the draft"})
    context = Dict(load_default=dict, metadata={"description": "what the cause of her entry would bring along"})
    assumed = List(Nested(AssumedIn), load_default=list, validate=Length(max=20), metadata={"description": "what shall happen to her"})


class _NodeOut(Schema):
    node_id = String()
    kind = String()
    label = String()
    why = String(metadata={"description": "what the node does, in words"})


class StepOut(_NodeOut):
    arrived_at = DateTime()
    left_at = DateTime()
    port = String(allow_none=True)
    port_label = String(allow_none=True)
    skipped = String(allow_none=True, metadata={"description": "why the node's deed was left out"})
    send_id = UUID(allow_none=True, metadata={"description": "that of one of `messages`"})


class StandsOnOut(_NodeOut):
    due_at = DateTime(allow_none=True)


class SimulatedMessageOut(Schema):
    send_id = UUID()
    node_id = String()
    planned_at = DateTime()
    channel = String()
    template = String()
    would_leave = Boolean()
    fields: Any = List(Nested(PreviewFieldOut), metadata={"description": "as the template's preview shows them"})
    ways = List(Nested(PreviewWayOut), metadata={"description": "each rung of the ladder, and why it is open or not"})


class SimulationOut(Schema):
    began_at = DateTime()
    status = String()
    reason = String(allow_none=True)
    is_cut = Boolean(metadata={"description": "true where the end was too far away to look"})
    stands_on = Nested(StandsOnOut, allow_none=True)
    ended_at = DateTime(allow_none=True)
    steps = List(Nested(StepOut))
    messages = List(Nested(SimulatedMessageOut))
