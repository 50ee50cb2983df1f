"""What the doors of segments take and give."""

from __future__ import annotations

from typing import Any

from apiflask import Schema
from apiflask.fields import Boolean, DateTime, Dict, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range, Regexp

from app.audience.models import SegmentKind
from app.dealers.schemas import NamedOut
from app.kit.answers import one_of
from app.kit.paging import MAX_LIMIT

_ABOUT_TREES = '{"all": […]}, {"any": […]}, {"not": …} or {"kind": …, "config": {…}}; {"all": []} is everybody'
_KINDS = OneOf([one.value for one in SegmentKind])


def _name(**more: Any) -> String:
    return String(validate=(Length(1, 60), Regexp(r"\S(.*\S)?\Z")), **more)


class TreeIn(Schema):
    """Conditions, not saved yet."""

    tree = Dict(required=True, metadata={"description": _ABOUT_TREES})


class SegmentIn(TreeIn):
    """A new segment; `key` is what journeys know it by, and it gets one of its own where none is given."""

    name = _name(required=True)
    key = String(validate=Regexp(r"[a-z][a-z0-9_]{0,39}\Z"))
    kind = String(load_default=SegmentKind.dynamic.value, validate=_KINDS)


class SegmentChangeIn(Schema):
    """What is to be different, and the version that was looked at."""

    version = Integer(required=True)
    name = _name()
    tree = Dict(metadata={"description": _ABOUT_TREES})


class SegmentCopyIn(Schema):
    """What the copy is called, and whether it is kept up."""

    name = _name(required=True)
    kind = String(load_default=SegmentKind.dynamic.value, validate=_KINDS)


class SegmentsIn(Schema):
    archived = Boolean(load_default=False)
    q = String(validate=Length(1, 60), metadata={"description": "a part of the name or of the key"})
    kind = String(validate=_KINDS)
    cursor = String(metadata={"description": "`next_cursor` of the page before"})
    limit = Integer(load_default=MAX_LIMIT, validate=Range(1, MAX_LIMIT))


class SegmentMembersIn(Schema):
    cursor = String(metadata={"description": "`next_cursor` of the page before"})
    limit = Integer(load_default=20, validate=Range(1, MAX_LIMIT))


class SegmentRowOut(Schema):
    id = String()
    key = String()
    name = String()
    kind = one_of(SegmentKind)
    version = Integer()
    members = Integer(metadata={"description": "how many were in it when it was computed, and came and went since"})
    status = one_of(("waiting", "computing", "ready", "archived"), "waiting: to be computed")
    computing_at = DateTime(allow_none=True)
    computed_at = DateTime(allow_none=True)
    updated_at = DateTime()


class SegmentsOut(Schema):
    items = List(Nested(SegmentRowOut))
    next_cursor = String(allow_none=True)


class SegmentVersionOut(Schema):
    number = Integer()
    summary = String()
    made_by = String(allow_none=True)
    created_at = DateTime()


class SegmentOut(SegmentRowOut):
    tree = Dict()
    summary = String(metadata={"description": "the conditions in words"})
    used_by = List(Nested(NamedOut), metadata={"description": "segments that ask about this one"})
    uses = List(String(), metadata={"description": "all that stands on it, in words: segments, journeys, broadcasts that are not over"})
    versions = List(Nested(SegmentVersionOut))


class ConditionKindOut(Schema):
    kind = String()
    label = String()
    form = List(Dict(), metadata={"description": "name, label, hint, type, many, required, choices, min, max, when"})


class ConditionKindsOut(Schema):
    items = List(Nested(ConditionKindOut))


class ChoiceOut(Schema):
    value = String()
    label = String()


class ChoicesOut(Schema):
    series = List(Nested(ChoiceOut), metadata={"description": "the brand's series by name"})
    words = Dict(metadata={"description": "by computed attribute that is a word: the words there are, as value and label"})


class FoundOut(Schema):
    id = String()
    nickname = String(allow_none=True)
    phone_masked = String(allow_none=True)


class SegmentMemberOut(FoundOut):
    entered_at = DateTime()


class SegmentPreviewOut(Schema):
    count = Integer()
    summary = String()
    sample = List(Nested(FoundOut))


class SegmentDifferenceOut(Schema):
    before = Integer()
    after = Integer()
    entering = Integer()
    leaving = Integer()
    summary = String()


class SegmentMembersOut(Schema):
    items = List(Nested(SegmentMemberOut))
    next_cursor = String(allow_none=True)
