"""Looks at who: tags and segments."""

from app.audience.queries.tags import (
    Living,
    behaviour_of,
    carriers,
    folders,
    page_of_tags,
    people_by_phone,
    rules_of,
    stands_on_tags,
    tag,
    tag_of_key,
    tags,
    tags_of,
    uses_of,
    who_now,
)

__all__ = [
    "Living",
    "behaviour_of",
    "carriers",
    "folders",
    "page_of_tags",
    "people_by_phone",
    "rules_of",
    "stands_on_tags",
    "tag",
    "tag_of_key",
    "tags",
    "tags_of",
    "uses_of",
    "who_now",
]
