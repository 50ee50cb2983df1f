"""Make two customers of one again: what a merge changed is kept row by row, and given back.

A row that nobody touched since is again exactly as it was. One that went on stays as it went on, and is only again of whom it was. What
came after the merge stays with the customer who was kept.
"""

# ruff: noqa: S608  # tables and columns are those of our models
from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Table, delete, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.events.models import Event
from app.identity import queries
from app.identity.errors import MergeUnknown
from app.identity.models import Customer, CustomerMerge, CustomerMergeChange, CustomerSession
from app.identity.service.ground import lock, record
from app.kit import clock
from app.kit.db import Base

# What says whose a row is.
WHOSE = ("customer_id", "lead_id")
# A place in a line that was given up is not asked back: somebody else may have had the car since.
ONLY_WHOSE = frozenset({"waitlist_entries"})
# Added to and taken from, never set.
COUNTED = {"journey_counts": "times"}
# That there was a merge stays in the log of a lead.
LOGS = frozenset({"lead_activities"})


@contextmanager
def kept_for_undoing(session: Session, merge_id: uuid.UUID) -> Iterator[None]:
    """What is changed inside is kept as a change of this merge, by triggers of the database."""
    session.flush()
    _note_for(session, str(merge_id))
    yield
    session.flush()
    _note_for(session, "")


@contextmanager
def undoable(session: Session, event: Event) -> Iterator[None]:
    """Around what a handler of `customer.merged` does for one event, so that it can be undone; for events of before there were such merges
    nothing is kept.
    """
    merge_id = event.data.get("merge_id")
    if merge_id is None:
        yield
        return
    with kept_for_undoing(session, uuid.UUID(merge_id)):
        yield


def _note_for(session: Session, merge_id: str) -> None:
    session.execute(text("SELECT set_config('marque.merge', :merge, true)"), {"merge": merge_id})


def unmerge(session: Session, kept: Customer, merge_id: uuid.UUID, *, staff_id: uuid.UUID) -> Customer:
    """Two customers again; returns the one who comes back. Both are signed out where they signed in since the merge.

    Raises:
        MergeUnknown, MergeUndone, MergeMoving, MergeCovered, MergeForgotten, SameInWechat.
    """
    found = queries.merge_of(session, kept, merge_id)
    lock(session, found.kept_id, found.merged_id)
    # Of two who undo at once the second sees that it was done.
    merge = session.get(CustomerMerge, merge_id, with_for_update=True, populate_existing=True)
    if merge is None:
        raise MergeUnknown
    if why := queries.why_merge_stays(session, merge):
        raise why
    session.execute(text("SET LOCAL timezone = 'UTC'"))
    members: Counter[str] = Counter()
    wanted = select(CustomerMergeChange).filter_by(merge_id=merge.id).order_by(CustomerMergeChange.id.desc())
    for change in session.execute(wanted).scalars().all():
        if _give_back(session, change) and change.table_name == "segment_members" and not (change.before and change.after):
            row = change.before or change.after or {}
            members[row["segment_id"]] += 1 if change.before else -1
    for segment_id, more in sorted(members.items()):
        session.execute(text("UPDATE segments SET members = members + :more WHERE id = :id"), {"more": more, "id": segment_id})
    signed_in_since = CustomerSession.customer_id.in_((merge.kept_id, merge.merged_id)), CustomerSession.created_at > merge.created_at
    session.execute(delete(CustomerSession).where(*signed_in_since))
    merge.undone_at, merge.undone_by = clock.now(session), staff_id
    session.flush()
    session.expire_all()
    both = [session.get_one(Customer, one) for one in (merge.merged_id, merge.kept_id)]
    for one, other in (both, both[::-1]):
        record(session, one, "customer.unmerged", actor=("staff", staff_id), other_id=other.id, merge_id=merge.id)
    return both[0]


def _give_back(session: Session, change: CustomerMergeChange) -> bool:
    """Whether the row is as it was; a row that cannot be, because another took its place, stays."""
    table = Base.metadata.tables[change.table_name]
    for statement in _statements(table, change):
        try:
            with session.begin_nested():
                done = session.execute(text(statement), {"before": _json(change.before), "after": _json(change.after)})
        except IntegrityError:
            continue
        if done.rowcount:  # type: ignore[attr-defined]
            return True
    return False


def _json(row: dict[str, Any] | None) -> str | None:
    return None if row is None else json.dumps(row)


def _statements(table: Table, change: CustomerMergeChange) -> list[str]:
    """What gives a row back, the best first."""
    name, before, after = table.name, change.before, change.after
    was = f"jsonb_populate_record(NULL::{name}, CAST(:before AS jsonb)) was"
    left = f"jsonb_populate_record(NULL::{name}, CAST(:after AS jsonb)) became"
    this = " AND ".join(f"t.{key.name} = became.{key.name}" for key in table.primary_key)
    untouched = f"{this} AND to_jsonb(t) = CAST(:after AS jsonb)"
    if before is None:
        return [] if name in LOGS else [f"DELETE FROM {name} t USING {left} WHERE {untouched}"]
    if after is None:
        columns = ", ".join(before)
        values = ", ".join(f"was.{column}" for column in before)
        return [f"INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE SELECT {values} FROM {was} ON CONFLICT DO NOTHING"]
    changed = [column for column in before if before[column] != after.get(column)]
    if name in COUNTED:
        column = COUNTED[name]
        return [f"UPDATE {name} t SET {column} = t.{column} - (became.{column} - was.{column}) FROM {was}, {left} WHERE {this}"]
    if name == "customers":
        each = ", ".join(f"{one} = CASE WHEN t.{one} IS NOT DISTINCT FROM became.{one} THEN was.{one} ELSE t.{one} END" for one in changed)
        return [f"UPDATE {name} t SET {each} FROM {was}, {left} WHERE {this}"]
    whole = ", ".join(f"{column} = was.{column}" for column in changed)
    hers = [column for column in changed if column in WHOSE]
    only = [
        f"UPDATE {name} t SET {', '.join(f'{one} = was.{one}' for one in hers)} FROM {was}, {left} "
        f"WHERE {this} AND {' AND '.join(f't.{one} = became.{one}' for one in hers)}"
    ]
    return [
        *([] if name in ONLY_WHOSE else [f"UPDATE {name} t SET {whole} FROM {was}, {left} WHERE {untouched}"]),
        *(only if hers else []),
    ]


def forget(session: Session, customer_ids: Collection[uuid.UUID]) -> None:
    """Of whoever is forgotten it is not kept what she was."""
    hers = select(CustomerMerge.id).where(CustomerMerge.kept_id.in_(customer_ids) | CustomerMerge.merged_id.in_(customer_ids))
    session.execute(delete(CustomerMergeChange).where(CustomerMergeChange.merge_id.in_(hers)))
