"""Make, change, copy and archive segments, and show beforehand whom they find."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.errors import QueryCanceled
from sqlalchemy import Row, Select, delete, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.audience.errors import (
    SegmentArchived,
    SegmentChanged,
    SegmentCircle,
    SegmentFixed,
    SegmentKeyTaken,
    SegmentUsed,
    SegmentWrong,
    TooSlow,
)  # fmt: skip
from app.audience.models import Segment, SegmentKind, SegmentMember, SegmentTouched, SegmentVersion
from app.audience.queries import segments as queries
from app.audience.service.compiling import Tree, about_everybody, listens, memory_for, people, problems, uses
from app.audience.service.membership import keep_members
from app.dealers.models import Staff
from app.events import service as events
from app.events.catalogue import NAMES
from app.kit import clock, db, queue, texts

# Somebody waits for the answer, and a few such questions are all that the web processes can ask at once.
WAITS_S = 8
SAMPLE = 10


@dataclass(frozen=True)
class Found:
    """How many people a tree finds now, and some of them."""

    count: int
    sample: Sequence[uuid.UUID]


@dataclass(frozen=True)
class Difference:
    """How many are in a segment, how many another tree would find, and how many would come and go."""

    before: int
    after: int
    entering: int
    leaving: int


def preview(session: Session, brand_id: uuid.UUID, tree: Any) -> Found:
    """Whom a tree would find now. Raises `SegmentWrong`, `TooSlow`."""
    found = people(_sound(session, brand_id, tree), about_everybody(session, brand_id)).subquery()
    count, sample = _soon(session, memory_for(tree), select(func.count(), func.array_agg(found.c.id)[1:SAMPLE]))
    return Found(count, sample or [])


def difference(session: Session, segment: Segment, tree: Any) -> Difference:
    """What would become of a segment's members with another tree, as they stand now. Raises `SegmentWrong`, `TooSlow`."""
    found = people(_sound(session, segment.brand_id, tree), about_everybody(session, segment.brand_id)).subquery()
    held = select(SegmentMember.customer_id).where(SegmentMember.segment_id == segment.id).subquery()
    both = select(func.count(), func.count(held.c.customer_id)).select_from(found.outerjoin(held, held.c.customer_id == found.c.id))
    after, staying = _soon(session, memory_for(tree), both)
    before = session.execute(select(func.count()).select_from(held)).scalar_one()
    return Difference(before, after, entering=after - staying, leaving=before - staying)


def _sound(session: Session, brand_id: uuid.UUID, tree: Any) -> Tree:
    wrong = problems(session, brand_id, tree)
    if wrong:
        raise SegmentWrong(problems=wrong)
    return tree


def _soon(session: Session, memory: str, wanted: Select[*tuple[Any, ...]]) -> Row[*tuple[Any, ...]]:
    """The one row of what may take long, if it comes as long as somebody waits. Raises `TooSlow`; the transaction goes on."""
    # A second process halves the reading of facts, and there is no third core. A year of facts is on no page that memory still has: to jump
    # from one to the next costs what it costs on a disk. What is grouped is sorted: see where it is compiled.
    limits = text(
        "SELECT set_config('statement_timeout', :most, true), set_config('work_mem', :memory, true), set_config('jit', 'off', true), "
        "set_config('max_parallel_workers_per_gather', '1', true), set_config('random_page_cost', '4', true), "
        "set_config('enable_hashagg', 'off', true)"
    )
    attempt = session.begin_nested()
    try:
        session.execute(limits, {"most": f"{WAITS_S}s", "memory": memory})
        return session.execute(wanted).one()
    except OperationalError as error:
        if isinstance(error.orig, QueryCanceled):
            raise TooSlow(seconds=WAITS_S) from error
        raise
    finally:
        # Nothing was changed but the limits, which are what they were before.
        attempt.rollback()


def create(
    session: Session, staff: Staff, *, name: str, tree: Any, kind: SegmentKind = SegmentKind.dynamic, key: str | None = None
) -> Segment:
    """A segment whose members are found at once by a job; a snapshot's stay as they were found.

    Raises:
        SegmentWrong: with everything that is wrong in `details["problems"]`.
        SegmentKeyTaken: `key` is what journeys know it by; without one it gets its own.
    """
    tree = _sound(session, staff.brand_id, tree)
    segment = Segment(id=db.new_id(), brand_id=staff.brand_id, name=name, kind=kind, tree=tree, listens=[], uses=sorted(uses(tree)))
    segment.key = key or f"s{segment.id.hex[-12:]}"
    if session.execute(select(Segment.id).filter_by(brand_id=segment.brand_id, key=segment.key)).first():
        raise SegmentKeyTaken(key=segment.key)
    session.add(segment)
    _save(session, segment, staff)
    return segment


def copy(session: Session, staff: Staff, segment: Segment, *, name: str, kind: SegmentKind) -> Segment:
    """Another segment that asks the same. Raises what `create` raises."""
    return create(session, staff, name=name, tree=segment.tree, kind=kind)


def edit(session: Session, staff: Staff, segment: Segment, *, version: int, name: str | None = None, tree: Any = None) -> Segment:
    """Ask something else from now on; who comes and who goes by that is found by a job, and told of as any coming and going.

    `version` is the one that was looked at. Raises `SegmentWrong`, `SegmentArchived`, `SegmentFixed`, `SegmentCircle`, `SegmentChanged`.
    """
    _only_one(session)
    session.refresh(segment, with_for_update={"key_share": True})
    if segment.archived_at is not None:
        raise SegmentArchived
    if segment.version != version:
        raise SegmentChanged(version=segment.version)
    if name is not None:
        segment.name = name
    if tree is None or tree == segment.tree:
        segment.updated_at = clock.now(session)
        return segment
    if segment.kind == SegmentKind.snapshot:
        raise SegmentFixed
    segment.tree = _sound(session, segment.brand_id, tree)
    segment.uses = sorted(uses(segment.tree))
    _refuse_circles(session, segment)
    segment.version += 1
    _save(session, segment, staff)
    return segment


def _refuse_circles(session: Session, segment: Segment) -> None:
    """Where everything that a segment asks about, and those ask about, leads back to it."""
    seen: set[uuid.UUID] = set()
    wanted = set(segment.uses)
    while wanted:
        for other in session.execute(select(Segment).where(Segment.id.in_(wanted))).scalars().all():
            if other.id == segment.id or segment.id in other.uses:
                raise SegmentCircle(name=other.name)
            seen.add(other.id)
            wanted |= set(other.uses)
        wanted -= seen


def _save(session: Session, segment: Segment, staff: Staff) -> None:
    """Keep what a segment asks as a version, hear what can change the answer, and have its members found."""
    _only_one(session)
    moment = clock.now(session)
    segment.listens = sorted(listens(segment.tree)) if segment.kind == SegmentKind.dynamic else []
    segment.due_at = segment.updated_at = moment
    session.flush()
    session.add(SegmentVersion(segment_id=segment.id, number=segment.version, tree=segment.tree, made_by=staff.id))
    _record(session, "segment.saved", segment, staff)
    _subscribe(session)
    queue.enqueue(session, "audience.compute_segments")


def archive(session: Session, staff: Staff, segment: Segment) -> None:
    """Keep a segment up no longer, and forget who was in it. Again changes nothing. Raises `SegmentUsed`."""
    _only_one(session)
    # Whoever begins to use it holds its key.
    session.refresh(segment, with_for_update=True)
    if segment.archived_at is not None:
        return
    if users := queries.uses_of(session, segment):
        raise SegmentUsed(names=texts.listed(users))
    segment.archived_at = segment.updated_at = clock.now(session)
    segment.due_at = segment.computing_at = segment.swept_at = None
    segment.members = 0
    for table in (SegmentMember, SegmentTouched):
        session.execute(delete(table).where(table.segment_id == segment.id))
    _record(session, "segment.archived", segment, staff)
    _subscribe(session)


def _only_one(session: Session) -> None:
    """One segment is saved at a time: two would each subscribe to what they see, and could ask about each other."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('audience segments'))"))


def _subscribe(session: Session) -> None:
    """Hear everything that a segment listens to which is kept up; what is computed tells of itself."""
    session.flush()
    heard = set(session.execute(select(func.unnest(Segment.listens)).where(Segment.archived_at.is_(None)).distinct()).scalars())
    events.subscribe(session, keep_members, heard & NAMES.keys())


def _record(session: Session, name: str, segment: Segment, staff: Staff) -> None:
    told = {"segment_id": str(segment.id), "key": segment.key, "version": segment.version}
    subject, actor = ("segment", segment.id), ("staff", str(staff.id))
    events.record(session, name, brand_id=segment.brand_id, subject=subject, data=told, actor=actor)
