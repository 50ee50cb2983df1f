"""Add to what is counted of walks."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from app.journeys.holding import is_looking_ahead
from app.journeys.models import JourneyCount

# (version, node, what, detail)
Count = tuple[uuid.UUID, str, str, str]
# What is counted of a visit after which the walk is as it should be, also where it rests.
WENT_WELL = ("left", "finished", "rested")


def count(session: Session, counts: Mapping[Count, int]) -> None:
    """Last of all, and in one order: whoever adds to the same count waits for this transaction. Who only looks ahead counts nothing."""
    if is_looking_ahead(session):
        return
    names = ("version_id", "node_id", "what", "detail")
    rows = [dict(zip(names, key, strict=True)) | {"times": times} for key, times in sorted(counts.items(), key=str)]
    if rows:
        added = postgresql.insert(JourneyCount).values(rows)
        more = {"times": JourneyCount.times + added.excluded.times}
        session.execute(added.on_conflict_do_update(index_elements=list(names), set_=more))
