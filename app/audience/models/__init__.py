"""Tables of who: tags and segments."""

from app.audience.models.tags import Action, CustomerTag, Source, Tag, TagKind, TagRule

__all__ = ["Action", "CustomerTag", "Source", "Tag", "TagKind", "TagRule"]
