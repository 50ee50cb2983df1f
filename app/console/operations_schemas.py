"""What the doors of operations give."""

from __future__ import annotations

from apiflask import Schema
from apiflask.fields import UUID, Boolean, Date, DateTime, Dict, Integer, List, Nested, String
from apiflask.validators import Length, Range, Regexp

from app.console.order_schemas import MoveOut
from app.kit.paging import MAX_LIMIT
from app.messaging.schemas_policies import StopOut

WORD = Regexp(r"[0-9A-Za-z_.:\-]{1,64}\Z")


class QueueOut(Schema):
    queue = String()
    waiting = Integer()
    running = Integer()
    failed = Integer(metadata={"description": "within the hour for which failures are kept"})


class WorkingOut(Schema):
    worker = String()
    name = String(allow_none=True, metadata={"description": "the job at which it is"})
    since = DateTime(allow_none=True)


class FailedOut(Schema):
    id = String()
    name = String()
    queue = String()
    ids = Dict(values=String())
    failed_at = DateTime(allow_none=True)
    error = String(metadata={"description": "its kind; the log has its words"})


class PeriodicOut(Schema):
    name = String()
    queue = String()
    every = Integer(allow_none=True, metadata={"description": "seconds"})
    cron = String(allow_none=True)


class QueuesOut(Schema):
    reachable = Boolean(metadata={"description": "false: nobody rings, and what is due is found by the sweeps"})
    queues = List(Nested(QueueOut))
    workers = List(Nested(WorkingOut))
    failed = List(Nested(FailedOut))
    periodic = List(Nested(PeriodicOut))


class AccountOut(Schema):
    id = String()
    kind = String()
    name = String()
    appid = String()
    heard_at = DateTime(allow_none=True, metadata={"description": "when it told us something that we believed"})
    waiting = Integer(metadata={"description": "callbacks of the last day at which nobody has looked"})
    refused = Integer(metadata={"description": "callbacks of the last day that we did not believe"})
    refused_at = DateTime(allow_none=True)
    refused_for = String(allow_none=True)
    stopped = List(Nested(StopOut))


class AccountsOut(Schema):
    items = List(Nested(AccountOut))


class AuditIn(Schema):
    actor_id = UUID(metadata={"description": "a member of the staff"})
    subject = String(validate=WORD, metadata={"description": "the kind of thing that was moved, such as orders"})
    request_id = String(validate=WORD)
    since = Date(metadata={"description": "first day, in China"})
    until = Date(metadata={"description": "last day, in China"})
    cursor = String(validate=Length(1, 200))
    limit = Integer(load_default=20, validate=Range(1, MAX_LIMIT))


class AuditRowOut(MoveOut):
    subject_id = String()


class AuditOut(Schema):
    items = List(Nested(AuditRowOut))
    next_cursor = String(allow_none=True)
