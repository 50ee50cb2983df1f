"""Tables of who: tags, people in files, and segments."""

from app.audience.models.imports import (
    PEOPLE_RUN,
    PeopleChange,
    PeopleChunk,
    PeoplePage,
    PeopleRow,
    PeopleRun,
    PeopleStatus,
    RunKind,
)
from app.audience.models.segments import (
    CustomerAttribute,
    Segment,
    SegmentCrowd,
    SegmentKind,
    SegmentMember,
    SegmentTouched,
    SegmentVersion,
)
from app.audience.models.syncing import ContactReading, TagLink, TagMark
from app.audience.models.tags import Action, BehaviourRule, CustomerTag, Source, Tag, TagFolder, TagKind, TagRule, ValueType

__all__ = [
    "PEOPLE_RUN",
    "Action",
    "BehaviourRule",
    "ContactReading",
    "CustomerAttribute",
    "CustomerTag",
    "PeopleChange",
    "PeopleChunk",
    "PeoplePage",
    "PeopleRow",
    "PeopleRun",
    "PeopleStatus",
    "RunKind",
    "Segment",
    "SegmentCrowd",
    "SegmentKind",
    "SegmentMember",
    "SegmentTouched",
    "SegmentVersion",
    "Source",
    "Tag",
    "TagFolder",
    "TagKind",
    "TagLink",
    "TagMark",
    "TagRule",
    "ValueType",
]
