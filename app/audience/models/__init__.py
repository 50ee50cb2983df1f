"""Tables of who: tags and segments."""

from app.audience.models.segments import CustomerAttribute, Segment, SegmentKind, SegmentMember, SegmentTouched, SegmentVersion
from app.audience.models.tags import Action, CustomerTag, Source, Tag, TagKind, TagRule

__all__ = [
    "Action",
    "CustomerAttribute",
    "CustomerTag",
    "Segment",
    "SegmentKind",
    "SegmentMember",
    "SegmentTouched",
    "SegmentVersion",
    "Source",
    "Tag",
    "TagKind",
    "TagRule",
]
