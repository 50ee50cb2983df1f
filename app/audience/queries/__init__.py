"""Looks at who: tags and segments."""

from app.audience.queries.tags import carriers, tags, tags_of, who_now

__all__ = ["carriers", "tags", "tags_of", "who_now"]
