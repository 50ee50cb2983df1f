"""What the doors of exports take and give."""

from __future__ import annotations

from apiflask import Schema
from apiflask.fields import UUID, DateTime, Dict, Integer, List, Nested, String
from apiflask.validators import Length, Range

from app.exports.models import ExportStatus
from app.kit.paging import MAX_LIMIT


class ExportIn(Schema):
    list = String(required=True, validate=Length(1, 64), metadata={"example": "journeys.people"})
    asked = Dict(load_default=dict, metadata={"description": "which rows: the filters of that list"})


class PageIn(Schema):
    cursor = String(load_default=None, validate=Length(1, 200))
    limit = Integer(load_default=20, validate=Range(1, MAX_LIMIT))


class ExportOut(Schema):
    id = UUID()
    list = String()
    list_label = String()
    name = String()
    status = String(metadata={"enum": [one.value for one in ExportStatus]})
    status_label = String()
    progress = Integer(allow_none=True, metadata={"description": "percent; none while nobody knows how much there is"})
    rows = Integer(metadata={"description": "written until now"})
    bytes = Integer()
    error = String(allow_none=True)
    error_label = String(allow_none=True)
    created_at = DateTime()
    finished_at = DateTime(allow_none=True)
    expires_at = DateTime(allow_none=True, metadata={"description": "when the file is dropped"})


class ExportsOut(Schema):
    items = List(Nested(ExportOut))
    next_cursor = String(allow_none=True)
