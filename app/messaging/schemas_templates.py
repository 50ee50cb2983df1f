"""What the doors of templates and of the inbox take and give."""

from __future__ import annotations

from typing import Any

from apiflask import Schema
from apiflask.fields import UUID, Boolean, DateTime, Dict, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range, Regexp
from marshmallow import ValidationError, validates_schema

from app.kit.answers import one_of
from app.kit.paging import MAX_LIMIT
from app.messaging.models import Purpose, TemplateState
from app.messaging.rendering import LONGEST_FORM

_FIELD = Regexp(r"^[A-Za-z0-9_]{1,64}$")
_FIELDS: dict[str, Any] = {"keys": String(validate=_FIELD), "values": String(validate=Length(0, LONGEST_FORM)), "validate": Length(0, 50)}
_IDS: dict[str, Any] = {"keys": String(validate=Length(0, 64)), "values": String(validate=Length(1, 128)), "validate": Length(0, 50)}


class TargetIn(Schema):
    url = String(required=True, validate=Length(1, 2000))
    secret = String(required=True, validate=Length(16, 200), metadata={"description": "what calls are signed with"})


class TargetOut(Schema):
    url = String()


class ContentIn(Schema):
    """What is not given stays as it is."""

    title = String(validate=Length(1, 60))
    purpose = String(validate=OneOf([one.value for one in Purpose]))
    fields_ = Dict(**_FIELDS, data_key="fields", attribute="fields", metadata={"description": "forms in Liquid by the keys of the channel"})
    page = String(allow_none=True, validate=Length(1, 1000))
    template_ids = Dict(**_IDS, metadata={"description": 'by appid, "" where no account stands between'})
    target = Nested(TargetIn, allow_none=True)


class NewTemplateIn(ContentIn):
    channel = String(required=True, validate=Length(1, 64))
    key = String(required=True, validate=Regexp(r"^[a-z0-9_-]{1,64}$"))
    title = String(required=True, validate=Length(1, 60))
    fields_ = Dict(**_FIELDS, required=True, data_key="fields", attribute="fields")


class ChangedTemplateIn(ContentIn):
    version = Integer(required=True, metadata={"description": "as it was read; 409 when somebody changed it since"})


class TemplateVersionIn(Schema):
    version = Integer(required=True)


class OverrideIn(TemplateVersionIn):
    reason = String(required=True, validate=Length(5, 500))


class TemplateDraftIn(Schema):
    channel = String(required=True, validate=Length(1, 64))
    purpose = String(load_default="transactional", validate=OneOf([one.value for one in Purpose]))
    fields_ = Dict(**_FIELDS, required=True, data_key="fields", attribute="fields")
    page = String(allow_none=True, validate=Length(1, 1000))
    template_ids = Dict(**_IDS)
    target = Nested(TargetIn, allow_none=True)


class DraftPreviewIn(TemplateDraftIn):
    customer_id = UUID(allow_none=True, load_default=None, metadata={"description": "a real person; null: with our examples"})


class PreviewRungIn(Schema):
    channel = String(required=True, validate=Length(1, 64))
    template_key = String(required=True, validate=Length(1, 64))


class PreviewIn(Schema):
    customer_id = UUID(required=True)
    context = Dict(keys=String(validate=OneOf(["order_id", "vehicle_id", "store_id"])), values=UUID(), load_default=dict)
    ladder = List(Nested(PreviewRungIn), load_default=list, validate=Length(0, 10))


class TemplateListIn(Schema):
    channel = String(validate=Length(1, 64))
    state = String(validate=OneOf([one.value for one in TemplateState]))
    q = String(validate=Length(1, 60))
    cursor = String(validate=Length(1, 500))
    limit = Integer(load_default=50, validate=Range(1, MAX_LIMIT))


class TemplateProblemOut(Schema):
    field = String()
    code = String()
    message = String()
    is_warning = Boolean(metadata={"description": "keeps nobody from sending"})


class TemplateProblemsOut(Schema):
    items = List(Nested(TemplateProblemOut))


class OverrideOut(Schema):
    words = List(String())
    reason = String()
    staff_name = String()
    at = String()


class TemplateOut(Schema):
    id = UUID()
    channel = String()
    channel_label = String()
    key = String()
    title = String()
    purpose = one_of(Purpose)
    state = one_of(TemplateState)
    fields_ = Dict(values=String(), data_key="fields", attribute="fields")
    page = String(allow_none=True)
    template_ids = Dict(values=String())
    target = Nested(TargetOut, allow_none=True)
    override = Nested(OverrideOut, allow_none=True, metadata={"description": "who let which marketing words pass, why and when"})
    version = Integer()
    updated_at = DateTime()


class TemplatePageOut(TemplateOut):
    problems = List(Nested(TemplateProblemOut))


class TemplatesOut(Schema):
    items = List(Nested(TemplateOut))
    next_cursor = String(allow_none=True)


class TemplateVersionOut(Schema):
    version = Integer()
    content = Dict()
    changed_at = DateTime()
    changed_by = String(allow_none=True)


class TemplateVersionsOut(Schema):
    items = List(Nested(TemplateVersionOut))


class TemplateChannelOut(Schema):
    kind = String()
    label = String()
    to = one_of(("customer", "staff"))
    parts = List(String(), allow_none=True, metadata={"description": "its fields; null: the typed keys of the account's template, []: any"})
    account_kind = String(allow_none=True, metadata={"description": "whose account sends it"})
    is_noted_by_account = Boolean(metadata={"description": "its templates need an id at each account"})
    form = List(Dict())


class FactOut(Schema):
    name = String()
    label = String()
    example = String()


class TypeOut(Schema):
    name = String(metadata={"description": "`thing` of `thing3`"})
    rule = String(metadata={"description": "what WeChat lets stand there, zh-CN"})


class WritingOut(Schema):
    channels = List(Nested(TemplateChannelOut))
    facts = List(Nested(FactOut))
    types = List(Nested(TypeOut))


class PreviewFieldOut(Schema):
    name = String()
    text = String(allow_none=True)
    problem = String(allow_none=True)


class PreviewWayOut(Schema):
    channel = String()
    label = String()
    is_open = Boolean()
    is_taken = Boolean()
    account = String(allow_none=True)
    code = String(allow_none=True)
    reason = String(allow_none=True)


class PreviewOut(Schema):
    fields_ = List(Nested(PreviewFieldOut), data_key="fields", attribute="fields")
    ways = List(Nested(PreviewWayOut))
    facts = Dict()


class UsedByOut(Schema):
    id = UUID()
    key = String()
    channel = String()
    title = String()


class TypedKeyOut(Schema):
    key = String(metadata={"description": "`thing3`"})
    label = String()


class PlatformTemplateOut(Schema):
    appid = String()
    template_id = String()
    title = String()
    keys = List(Nested(TypedKeyOut))
    read_at = DateTime()
    gone_at = DateTime(allow_none=True)
    used_by = List(Nested(UsedByOut))


class SyncOut(Schema):
    appid = String()
    name = String()
    kind = String()
    read_at = DateTime(allow_none=True)
    tried_at = DateTime(allow_none=True, metadata={"description": "when it was read last, or could not be"})
    is_asked = Boolean(metadata={"description": "somebody asked, and it was not tried since"})
    error = String(allow_none=True)
    error_text = String(allow_none=True, metadata={"description": "zh-CN"})


class PlatformOut(Schema):
    items = List(Nested(PlatformTemplateOut))
    accounts = List(Nested(SyncOut))


class InboxIn(Schema):
    cursor = String(validate=Length(1, 500))
    limit = Integer(load_default=20, validate=Range(1, MAX_LIMIT))


class InboxMessageOut(Schema):
    id = UUID()
    title = String()
    content = String()
    page = String(allow_none=True)
    created_at = DateTime()
    read_at = DateTime(allow_none=True)


class InboxOut(Schema):
    items = List(Nested(InboxMessageOut))
    next_cursor = String(allow_none=True)
    unread = Integer()


class UnreadOut(Schema):
    unread = Integer()


class ReadIn(Schema):
    ids = List(UUID(), validate=Length(1, 100))
    everything = Boolean(load_default=False)

    @validates_schema
    def _says_what(self, data: dict[str, Any], **_more: Any) -> None:
        if ("ids" in data) == data["everything"]:
            raise ValidationError("either ids or everything", "ids")
