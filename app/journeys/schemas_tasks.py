"""What goes in and out at the doors of tasks."""

from __future__ import annotations

from apiflask import Schema
from apiflask.fields import UUID, DateTime, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range

from app.journeys.models import TaskStatus


class TasksIn(Schema):
    status = String(load_default=TaskStatus.open.value, validate=OneOf([one.value for one in TaskStatus]))
    mine = String(load_default="no", validate=OneOf(["yes", "no"]), metadata={"description": "only what the caller was asked"})
    cursor = String(load_default=None, validate=Length(max=200))
    limit = Integer(load_default=20, validate=Range(1, 100))


class TaskOut(Schema):
    id = UUID()
    title = String()
    status = String()
    status_label = String()
    journey_id = UUID()
    customer_id = UUID()
    lead_id = UUID(allow_none=True)
    dealer_id = UUID(allow_none=True)
    staff_id = UUID(allow_none=True, metadata={"description": "who is asked now; null while there is nobody"})
    created_at = DateTime()
    ends_at = DateTime()
    reminders = Integer()
    done_at = DateTime(allow_none=True)
    done_by_id = UUID(allow_none=True)


class TasksOut(Schema):
    items = List(Nested(TaskOut))
    next_cursor = String(allow_none=True)
