"""Find all members of a segment at once, in one statement, while facts go on being recorded."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ClauseElement,
    Executable,
    Select,
    Uuid,
    column,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    table,
    text,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session

from app.audience.conditions import Scope
from app.audience.models import Segment, SegmentKind, SegmentMember, SegmentTouched
from app.audience.service.compiling import about_everybody, is_moved_by_time, memory_for, people
from app.audience.service.membership import AT_A_TIME, change, decide
from app.kit import db

# Then another worker looks whether the one that took it is still at it, which a lock of its transaction says, or was killed.
LEASE = timedelta(minutes=1)
WRITERS_TAKE_S = 60.0

# Whoever reads who listens to what, and has not ended yet, may have recorded something that a segment saved since is not told of.
_RECORDERS = text(
    "SELECT DISTINCT virtualtransaction FROM pg_locks WHERE relation = 'event_subscriptions'::regclass AND pid <> pg_backend_pid() "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)

_FOUND = table("segment_found", column("customer_id", Uuid))


class _Kept(Executable, ClauseElement):
    """CREATE TABLE … AS with its values bound. Unlike INSERT … SELECT it lets several processes of the database look at once."""

    inherit_cache = False

    def __init__(self, wanted: Select[uuid.UUID]) -> None:
        self.wanted = wanted


@compiles(_Kept)
def _write_out(kept: _Kept, compiler: Any, **more: Any) -> str:
    return f"CREATE TEMPORARY TABLE segment_found (customer_id) ON COMMIT DROP AS {compiler.process(kept.wanted, **more)}"


def compute_due() -> int:
    """Compute every segment that is due, one after the other; how many. Two workers at once compute different ones."""
    done = 0
    while segment_id := _claim():
        _wait_for_recorders()
        with db.transaction() as session:
            done += compute(session, segment_id)
    return done


def _claim() -> uuid.UUID | None:
    """Take a segment that is due for a while: from now on nobody else changes its members, and what happens to them is noted."""
    with db.transaction() as session:
        due = select(Segment.id).where(Segment.due_at <= func.marque_now(), Segment.archived_at.is_(None)).order_by(Segment.due_at).limit(1)
        claimed = (
            update(Segment)
            .where(Segment.id == db.one_of(due.with_for_update(key_share=True, skip_locked=True)))
            .values(computing_at=func.coalesce(Segment.computing_at, func.marque_now()), due_at=func.marque_now() + LEASE)
            .returning(Segment.id)
        )
        return session.execute(claimed).scalar_one_or_none()


def _wait_for_recorders() -> None:
    """Until all have ended who were recording when the segment was claimed: what they recorded is found, and the others tell."""
    until = time.monotonic() + WRITERS_TAKE_S
    with db.transaction() as session:
        before = set(session.execute(_RECORDERS).scalars())
    while before and time.monotonic() < until:
        time.sleep(0.05)
        with db.transaction() as session:
            before &= set(session.execute(_RECORDERS).scalars())


def compute(session: Session, segment_id: uuid.UUID) -> bool:
    """Make the members of a claimed segment those whom its tree finds now. False where another transaction is at it.

    Whom a segment finds the first time has not come into it: that is no fact. What a new version changes is.
    """
    if not session.execute(select(func.pg_try_advisory_xact_lock(func.hashtext(f"segment {segment_id}")))).scalar_one():
        return False
    segment = session.get_one(Segment, segment_id, populate_existing=True)
    version, claimed_at, scope = segment.version, segment.computing_at, about_everybody(session, segment.brand_id)
    _find(session, people(segment.tree, scope), memory=memory_for(segment.tree))
    # With those that ask about it, in the order in which everybody locks them.
    both = select(Segment).where(or_(Segment.id == segment_id, Segment.uses.contains([segment_id]))).order_by(Segment.id)
    locked = session.execute(both.with_for_update(key_share=True).execution_options(populate_existing=True)).scalars().all()
    if claimed_at is None or segment.computing_at != claimed_at or segment.archived_at is not None:
        return False  # done by another, or to be done again
    if segment.version != version:
        segment.due_at = scope.moment  # somebody saved it meanwhile
        return False
    if segment.computed_at is None:
        rows = select(literal(segment.id, Uuid), _FOUND.c.customer_id, literal(scope.moment))
        session.execute(delete(SegmentMember).where(SegmentMember.segment_id == segment.id))
        session.execute(insert(SegmentMember).from_select(["segment_id", "customer_id", "entered_at"], rows))
        segment.members = session.execute(select(func.count()).select_from(_FOUND)).scalar_one()
        # Nobody tells them of those whom it has found.
        for other in locked:
            if other is not segment and other.kind == SegmentKind.dynamic and other.archived_at is None:
                other.due_at, other.computing_at = scope.moment, None
    else:
        _become(session, segment, scope)
    touched = delete(SegmentTouched).where(SegmentTouched.segment_id == segment.id).returning(SegmentTouched.customer_id)
    segment.computing_at = segment.due_at = None
    segment.computed_at = scope.moment
    decide(session, segment, session.execute(touched).scalars().all())
    by_time = segment.kind == SegmentKind.dynamic and is_moved_by_time(segment.tree, scope)
    segment.swept_at = scope.moment if by_time else None
    session.flush()
    return True


def _find(session: Session, wanted: Select[uuid.UUID], *, memory: str) -> None:
    """Put whom a statement finds into a table of this transaction, which several processes of the database may fill."""
    session.execute(text("SELECT set_config('work_mem', :memory, true)"), {"memory": memory})
    session.execute(text("DROP TABLE IF EXISTS pg_temp.segment_found"))
    session.execute(_Kept(wanted))
    session.execute(text("ANALYZE segment_found"))


def _become(session: Session, segment: Segment, scope: Scope) -> None:
    """Let those come who were found and are not there, and those go who are there and were not found; each is a fact."""
    here = SegmentMember.segment_id == segment.id
    came = select(_FOUND.c.customer_id).where(~exists().where(here, SegmentMember.customer_id == _FOUND.c.customer_id))
    went = select(SegmentMember.customer_id).where(here, ~exists().where(_FOUND.c.customer_id == SegmentMember.customer_id))
    for some in session.execute(came.execution_options(yield_per=AT_A_TIME)).scalars().partitions():
        change(session, segment, entered=some, left=(), moment=scope.moment)
    for some in session.execute(went.execution_options(yield_per=AT_A_TIME)).scalars().partitions():
        change(session, segment, entered=(), left=some, moment=scope.moment)
