"""What the doors of files of people and tags take and give."""

from __future__ import annotations

from apiflask import Schema
from apiflask.fields import Boolean, DateTime, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range

from app.audience.models import PeopleStatus, RunKind
from app.audience.schemas.tags import NOTHING_BAD
from app.kit.answers import RefusalOut, one_of
from app.kit.paging import MAX_LIMIT


class PeopleFileIn(Schema):
    """The file is the body of the request, or its form field `file`."""

    kind = String(load_default=RunKind.people, validate=OneOf([one.value for one in RunKind]))
    file_name = String(load_default="", validate=[Length(0, 200), NOTHING_BAD])


class PageIn(Schema):
    cursor = String(validate=Length(1, 200))
    limit = Integer(load_default=20, validate=Range(1, MAX_LIMIT))


class PeopleRunOut(Schema):
    id = String()
    kind = one_of(RunKind)
    status = one_of(PeopleStatus)
    status_label = String()
    file_name = String()
    file_sha256 = String()
    progress = Integer(metadata={"description": "percent of the file that was taken over"})
    rows = Integer()
    created = Integer()
    updated = Integer()
    unchanged = Integer()
    rejected = Integer()
    tags_added = Integer()
    tags_removed = Integer()
    tags_changed = Integer()
    taken_back = Integer(metadata={"description": "changes that were undone"})
    kept = Integer(metadata={"description": "changes that were not undone, for somebody changed them again"})
    error = Nested(RefusalOut, allow_none=True, metadata={"description": "why it was refused"})
    created_at = DateTime()
    finished_at = DateTime(allow_none=True)


class PeopleRunsOut(Schema):
    items = List(Nested(PeopleRunOut))
    next_cursor = String(allow_none=True)


class UnfitRowOut(Schema):
    line = Integer()
    field = String()
    field_label = String(metadata={"description": "the column in words, zh-CN"})
    value = String()
    reason = String()
    label = String(metadata={"description": "the reason in words, zh-CN"})
    left_out = Boolean(metadata={"description": "the whole row was left out, and not only this cell"})


class UnfitRowsOut(Schema):
    items = List(Nested(UnfitRowOut))
    next_cursor = String(allow_none=True)
