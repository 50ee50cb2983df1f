"""What the doors of the settings' history take and give."""

from __future__ import annotations

from apiflask import Schema
from apiflask.fields import DateTime, Integer, List, Nested, Raw, String
from apiflask.validators import Length, OneOf, Range

from app.kit.paging import MAX_LIMIT

# What tells that settings of a kind were changed.
SETTINGS = {
    "keys": ("partner_key.issued", "partner_key.revoked"),
    "messages": ("messaging.policy_changed",),
    "places": ("dealer.opened", "store.opened", "store.changed"),
    "plans": ("finance_plan.published", "finance_plan.ended"),
    "terms": ("terms.published", "terms.ended"),
}


class HistoryIn(Schema):
    of = String(validate=OneOf(SETTINGS), metadata={"description": "what the settings are about; all without it"})
    cursor = String(validate=Length(1, 200))
    limit = Integer(load_default=20, validate=Range(1, MAX_LIMIT))


class ChangerOut(Schema):
    type = String(metadata={"description": "staff, or system where a command of the operator's did it"})
    name = String(allow_none=True)


class ChangeOut(Schema):
    field = String()
    before = Raw(allow_none=True, metadata={"description": "null: nothing was set"})
    after = Raw(allow_none=True)


class HistoryRowOut(Schema):
    id = String()
    at = DateTime()
    label = String(metadata={"description": "zh-CN"})
    actor = Nested(ChangerOut)
    dealer = String(allow_none=True, metadata={"description": "the dealer for whom it is; null: for the whole brand"})
    about = String(allow_none=True, metadata={"description": "the name of what was changed, where there are several of its kind"})
    changes = List(Nested(ChangeOut))


class HistoryOut(Schema):
    items = List(Nested(HistoryRowOut))
    next_cursor = String(allow_none=True)
