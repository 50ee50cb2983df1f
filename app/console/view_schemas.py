"""What the doors of saved views take and give."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode

from apiflask import Schema
from apiflask.fields import Boolean, DateTime, List, Nested, String
from apiflask.validators import Length, OneOf, Regexp
from marshmallow import ValidationError, post_load, validates

from app.kit.texts import t

# The console's pages that keep their filters in the address, as it names them.
LISTS = (
    "customers",
    "leads",
    "orders",
    "stock",
    "insight",
    "insight/attribution",
    "insight/league",
    "insight/sharing",
    "journeys",
    "messages",
    "messages/templates",
    "messages/log",
    "campaigns",
    "campaigns/report",
    "audience",
    "audience/tags",
    "finance",
    "finance/refunds",
    "finance/ledger",
    "finance/tasks",
    "plans",
    "team",
    "team/dealers",
    "operations/audit",
)
MOST_FILTERS, LONGEST_FILTER, LONGEST_QUERY, LONGEST_NAME = 20, 100, 1_000, 40
_FILTER = re.compile(r"[a-z][a-z_]{0,39}")
# A view outlives its day, and whoever is erased must not stay in it.
_PHONE = re.compile(r"1[3-9]\d{9}")
NAME = [Length(1, LONGEST_NAME), Regexp(r"(?=.*\S)[^\x00-\x1f]+\Z")]

_QUERY = {"description": "the filters as the address has them", "example": "status=open"}
_SHARED = {"description": "whether those who see as much as the caller see it: the brand's people, or her dealer's"}


class _ViewIn(Schema):
    query = String(
        validate=Length(0, LONGEST_QUERY), metadata={"description": "the filters as the address has them", "example": "status=open"}
    )
    is_shared = Boolean(metadata={"description": "whether those who see as much as the caller see it: the brand's people, or her dealer's"})

    @validates("query")
    def are_filters(self, value: str, **_: Any) -> None:
        try:
            filters = parse_qsl(value, keep_blank_values=True, strict_parsing=bool(value), errors="strict", max_num_fields=MOST_FILTERS)
        except ValueError as error:
            raise ValidationError(t("console.views.query")) from error
        if len({name for name, _ in filters}) < len(filters):
            raise ValidationError(t("console.views.query"))
        for name, said in filters:
            if not _FILTER.fullmatch(name) or len(said) > LONGEST_FILTER or re.search(r"[\x00-\x1f]", said):
                raise ValidationError(t("console.views.query"))
            if _PHONE.search(re.sub(r"[\s\-]", "", said)):
                raise ValidationError(t("console.views.phone"))

    @post_load
    def in_one_spelling(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if "query" in data:
            data["query"] = urlencode(sorted((name, said) for name, said in parse_qsl(data["query"]) if said))
        return data


class NewViewIn(_ViewIn):
    list = String(required=True, validate=OneOf(LISTS), metadata={"description": "the page, as the console names it"})
    name = String(required=True, validate=NAME)
    query = String(required=True, validate=Length(0, LONGEST_QUERY), metadata=_QUERY)
    is_shared = Boolean(load_default=False, metadata=_SHARED)


class ChangedViewIn(_ViewIn):
    """What is not said stays as it is."""

    name = String(validate=NAME)


class ViewsIn(Schema):
    list = String(required=True, validate=OneOf(LISTS))


class ViewOut(Schema):
    id = String()
    list = String(attribute="list_key")
    name = String()
    query = String()
    is_shared = Boolean()
    is_yours = Boolean()
    may_remove = Boolean(metadata={"description": "it is the caller's, or she answers for those who see it"})
    owner = String(metadata={"description": "who keeps it"})
    created_at = DateTime()


class ViewsOut(Schema):
    items = List(Nested(ViewOut))
