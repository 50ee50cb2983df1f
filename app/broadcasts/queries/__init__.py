"""Looks at broadcasts: which there are, whom they are for, how far they are, and why somebody did or did not get one."""

from app.broadcasts.queries.audiences import count_members, has_members, is_member, members, names, sample, segment_exists, tag_exists
from app.broadcasts.queries.listing import by_id, listing, locked
from app.broadcasts.queries.progress import ahead_of, not_planned, on_their_way, outcomes, people, progress, shares
from app.broadcasts.queries.reasons import why

__all__ = [
    "ahead_of",
    "by_id",
    "count_members",
    "has_members",
    "is_member",
    "listing",
    "locked",
    "members",
    "names",
    "not_planned",
    "on_their_way",
    "outcomes",
    "people",
    "progress",
    "sample",
    "segment_exists",
    "shares",
    "tag_exists",
    "why",
]
