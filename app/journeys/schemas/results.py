"""What the doors take and give through which marketers see what a journey led to."""

from __future__ import annotations

from apiflask import Schema
from apiflask.fields import UUID, Boolean, DateTime, Float, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range

from app.kit.paging import MAX_LIMIT

# Those that an index finds. Who passed is told by each person's way.
BEHIND = ("waiting", "stuck", "exited", "finished", "converted", "held_out", "sent", "delivered", "failed", "not_sent", "clicked")
_RATE = {"description": "from 0 to 1"}


class VersionIn(Schema):
    version = Integer(load_default=None, validate=Range(1, 2**31 - 1), metadata={"description": "all versions together unless told"})


class ResultsFileIn(VersionIn):
    journey_id = UUID(required=True)


class TimesOut(Schema):
    figure = String()
    detail = String(metadata={"description": "the port or the reason"})
    label = String()
    times = Integer()


class NodeOut(Schema):
    node = String()
    label = String()
    entered = Integer()
    waiting = Integer()
    passed = Integer()
    finished = Integer()
    exited = Integer()
    moved = Integer(metadata={"description": "to another version"})
    stuck = Integer()
    skipped = Integer(metadata={"description": "passed without what the node does"})
    sent = Integer(metadata={"description": "messages of this node that the channel took"})
    delivered = Integer(metadata={"description": "of them those that are known to have reached her"})
    failed = Integer(metadata={"description": "refused, undelivered, or nobody knows; under `by` with the reason"})
    not_sent = Integer(metadata={"description": "taken back, or not allowed to leave; under `by` with the reason"})
    clicked = Integer(metadata={"description": "messages from which she came into the mini-program, or that she read in her inbox"})
    converted = Integer(metadata={"description": "owed to the message of this node"})
    held_out = Integer(metadata={"x-absent": True, "description": "at the trigger: of the control group"})
    left_out = Integer(metadata={"x-absent": True, "description": "at the trigger: how often somebody was not let in"})
    by = List(Nested(TimesOut))


class ShareOut(Schema):
    happened = Integer()
    people = Integer()
    share = Float(allow_none=True, metadata=_RATE)
    low = Float(metadata=_RATE)
    high = Float(metadata=_RATE)
    enough = Boolean(metadata={"description": "false: not enough people yet for the share to say anything"})


class DifferenceOut(Schema):
    difference = Float(allow_none=True, metadata={"description": "of the two shares, from -1 to 1"})
    low = Float()
    high = Float()
    enough = Boolean()
    sure = Boolean(metadata={"description": "enough people, and no difference at all is outside the interval of 95 %"})


class GoalOut(Schema):
    label = String(allow_none=True, metadata={"description": "the goal of the newest of these versions; none without one"})
    walked = Nested(ShareOut)
    control = Nested(ShareOut)
    lift = Nested(DifferenceOut, allow_none=True, metadata={"description": "none where there is no control group"})


class ArmOut(ShareOut):
    port = String()
    label = String()
    against_first = Nested(DifferenceOut, allow_none=True)


class TrialOut(Schema):
    version = Integer()
    node = String()
    label = String()
    began_at = DateTime()
    arms = List(Nested(ArmOut))
    winner = String(allow_none=True)
    decided_at = DateTime(allow_none=True)


class ResultsOut(Schema):
    versions = List(Integer())
    nodes = List(Nested(NodeOut))
    goal = Nested(GoalOut)
    tests = List(Nested(TrialOut))


class FigureIn(VersionIn):
    node = String(required=True, validate=Length(1, 64))
    figure = String(required=True, validate=OneOf(BEHIND))
    detail = String(
        load_default=None, validate=Length(1, 200), metadata={"description": "a reason of the figures `exited`, `failed` and `not_sent`"}
    )


class BehindIn(FigureIn):
    q = String(load_default=None, validate=Length(1, 100), metadata={"description": "a part of the nickname, or a whole phone number"})
    cursor = String(load_default=None, metadata={"description": "`next_cursor` of the page before"})
    limit = Integer(load_default=20, validate=Range(1, MAX_LIMIT))


class PeopleFileIn(FigureIn):
    journey_id = UUID(required=True)


class MessageOut(Schema):
    id = UUID(metadata={"description": "its `why` is told under /api/staff/sends/<id>/why"})
    status = String()
    delivery = String(allow_none=True)
    error = String(allow_none=True)


class WalkerOut(Schema):
    walk_id = UUID()
    customer_id = UUID()
    nickname = String(allow_none=True)
    phone_masked = String(allow_none=True)
    status = String()
    node = String()
    entered_at = DateTime()
    due_at = DateTime(allow_none=True)
    why = String(allow_none=True)
    message = Nested(MessageOut, allow_none=True, metadata={"description": "the one that is counted, of a figure of messages"})


class BehindOut(Schema):
    items = List(Nested(WalkerOut))
    next_cursor = String(allow_none=True)


class VisitOut(Schema):
    node = String()
    label = String()
    arrived_at = DateTime()
    left_at = DateTime(allow_none=True)
    port = String(allow_none=True)
    port_label = String(allow_none=True)
    why = String(allow_none=True)
    message = Nested(MessageOut, allow_none=True)


class TimelineOut(Schema):
    walk_id = UUID()
    customer_id = UUID()
    version = Integer()
    status = String()
    entered_at = DateTime()
    ended_at = DateTime(allow_none=True)
    due_at = DateTime(allow_none=True)
    why = String(allow_none=True)
    converted_at = DateTime(allow_none=True)
    visits = List(Nested(VisitOut))


class WhyIn(Schema):
    customer_id = UUID(required=True)


class WhyOut(Schema):
    answer = String(metadata={"description": "inside, completed, exited, stuck, held_out, not_let_in, or not_triggered"})
    words = String()
    triggered_at = DateTime(allow_none=True, metadata={"description": "when what may let her in last happened"})
    walks = List(Nested(TimelineOut), metadata={"description": "the latest first, ten at the most"})
