"""What the doors of tags take and give. Times are UTC."""

from __future__ import annotations

from typing import Any

from apiflask import Schema
from apiflask.fields import UUID, AwareDateTime, Boolean, DateTime, Dict, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range, Regexp
from marshmallow import ValidationError, validates_schema

from app.audience.models import Action, TagKind, ValueType
from app.audience.values import LONGEST_VALUE, MOST_DAYS, MOST_TIMES, OF_VEHICLES, TAG_SORTS
from app.kit.answers import one_of
from app.kit.paging import MAX_LIMIT

NOTHING_BAD = Regexp(r"[^\x00-\x1f]*\Z")
NAME = [Length(1, 30), NOTHING_BAD]
VALUE = [Length(1, LONGEST_VALUE), NOTHING_BAD]
MOST_PEOPLE = 1_000


class FolderIn(Schema):
    name = String(required=True, validate=[Length(1, 15), NOTHING_BAD], metadata={"description": "also the group's name in WeCom"})


class FolderOut(Schema):
    id = String()
    name = String()


class FoldersOut(Schema):
    items = List(Nested(FolderOut))


class ChangedTagIn(Schema):
    """What is not said stays as it is."""

    label = String(validate=NAME)
    choices = List(String(validate=VALUE), validate=Length(0, 100))
    ttl_days = Integer(validate=Range(1, 3650), allow_none=True, metadata={"description": "null: for good"})
    folder_id = UUID(allow_none=True)


class NewTagIn(ChangedTagIn):
    key = String(required=True, validate=Regexp(r"[a-z][a-z0-9_]{0,39}\Z"))
    label = String(required=True, validate=NAME)
    kind = String(load_default=TagKind.manual, validate=OneOf([one.value for one in TagKind]))
    value_type = String(load_default=ValueType.none, validate=OneOf([one.value for one in ValueType]))


class TagsIn(Schema):
    archived = Boolean(load_default=False, metadata={"description": "also those that were put away"})
    folder_id = UUID()
    kind = String(validate=OneOf([one.value for one in TagKind]))
    q = String(validate=Length(1, 60), metadata={"description": "a part of the label or of the key"})
    sort = String(load_default="label", validate=OneOf(TAG_SORTS))
    cursor = String(metadata={"description": "`next_cursor` of the page before"})
    limit = Integer(load_default=MAX_LIMIT, validate=Range(1, MAX_LIMIT))


class TagOut(Schema):
    id = String()
    key = String()
    label = String()
    kind = one_of(TagKind)
    kind_label = String()
    value_type = one_of(ValueType)
    choices = List(String())
    ttl_days = Integer(allow_none=True)
    folder = Nested(FolderOut, allow_none=True)
    archived_at = DateTime(allow_none=True)
    carriers = Integer(metadata={"description": "how many customers carry it"})


class TagsOut(Schema):
    items = List(Nested(TagOut))
    next_cursor = String(allow_none=True)


class RuleIn(Schema):
    event_name = String(required=True, validate=Length(1, 80))
    action = String(load_default=Action.add, validate=OneOf([one.value for one in Action]))


class PreviewRuleIn(RuleIn):
    days = Integer(load_default=30, validate=Range(1, MOST_DAYS))


class RuleOut(Schema):
    id = String()
    event_name = String()
    event_label = String()
    action = one_of(Action)


class BehaviourIn(Schema):
    """She did this at least so often within so many hours."""

    event_name = String(required=True, validate=Length(1, 80))
    at_least = Integer(required=True, validate=Range(1, MOST_TIMES))
    within_hours = Integer(required=True, validate=Range(1, MOST_DAYS * 24))
    different = Boolean(load_default=False, metadata={"description": "count what it was done to: three cars, and not one car three times"})
    data = Dict(keys=String(validate=Length(1, 40)), load_default=dict, metadata={"description": "values that the event must have"})
    vehicle = Dict(
        keys=String(validate=OneOf(list(OF_VEHICLES))),
        values=String(validate=VALUE),
        load_default=dict,
        metadata={"description": "what the car must be that the event names"},
    )


class BehaviourOut(BehaviourIn):
    event_label = String()
    counting = Boolean(metadata={"description": "everybody is being counted anew"})


class UseOut(Schema):
    kind = String()
    label = String()
    name = String()


class LinkIn(Schema):
    account_id = UUID(required=True, metadata={"description": "the brand's WeCom or one of its service accounts"})


class AccountOut(Schema):
    id = String()
    kind = String()
    name = String()


class AccountsOut(Schema):
    items = List(Nested(AccountOut))


class LinkOut(Schema):
    id = String()
    account_id = String()
    account_kind = String()
    account_name = String()
    remote_id = String(allow_none=True, metadata={"description": "what it is called there; null until it was made"})
    waiting = Integer(metadata={"description": "customers whose tag differs there until somebody tells it"})
    failed = Integer(metadata={"description": "customers of whom it cannot be told"})
    broken_at = DateTime(allow_none=True)
    error = String(allow_none=True)


class TagPageOut(TagOut):
    rules = List(Nested(RuleOut))
    behaviour = Nested(BehaviourOut, allow_none=True)
    used_by = List(Nested(UseOut))
    links = List(Nested(LinkOut))


class AffectedOut(Schema):
    gaining = Integer()
    losing = Integer()


class PeopleTaggedIn(Schema):
    customer_ids = List(UUID(), required=True, validate=Length(1, MOST_PEOPLE))
    action = String(load_default=Action.add, validate=OneOf([one.value for one in Action]))
    value = String(validate=VALUE)
    expires_at = AwareDateTime()


class PeopleToldIn(Schema):
    """Whom another system of the brand names: by our ids, by telephone numbers, or by both."""

    customer_ids = List(UUID(), load_default=list, validate=Length(max=MOST_PEOPLE))
    phones = List(String(validate=Length(1, 20)), load_default=list, validate=Length(max=MOST_PEOPLE))
    action = String(load_default=Action.add, validate=OneOf([one.value for one in Action]))
    value = String(validate=VALUE)
    expires_at = AwareDateTime()

    @validates_schema
    def _names_somebody(self, data: dict[str, Any], **_: Any) -> None:
        if not 1 <= len(data.get("customer_ids", ())) + len(data.get("phones", ())) <= MOST_PEOPLE:
            raise ValidationError({"customer_ids": [f"with phones: 1 to {MOST_PEOPLE}"]})


class PeopleTaggedOut(Schema):
    changed = Integer()
    nobody = List(String(), metadata={"description": "ids of nobody of this brand"})
