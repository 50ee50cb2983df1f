"""Who is in a segment, kept up while things happen and while time passes; each real change is a fact, recorded once."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Uuid, any_, delete, func, insert, literal, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.audience.conditions import Scope
from app.audience.models import Segment, SegmentKind, SegmentMember, SegmentTouched
from app.audience.queries import who_now
from app.audience.service.compiling import Among, moved_by_time, people
from app.events import service as events
from app.events.models import Event
from app.identity.models import Customer
from app.kit import clock

AT_A_TIME = 5000
MOVES = ("segment.entered", "segment.left")


@dataclass(frozen=True)
class Heard:
    """Something that a segment may listen to: an event's name, or `attribute:name`; of coming and going, into and out of which segment."""

    brand_id: uuid.UUID
    name: str
    segment_id: str | None = None

    def concerns(self, segment: Segment) -> bool:
        if self.brand_id != segment.brand_id or self.name not in segment.listens:
            return False
        return self.segment_id is None or self.segment_id in map(str, segment.uses)


def keep_members(session: Session, happened: Sequence[Event]) -> None:
    """Look again at the people of these events, in the segments that listen to them. Twice changes nothing more."""
    living = who_now(session, {event.customer_id for event in happened if event.customer_id})
    concerned: dict[Heard, set[uuid.UUID]] = defaultdict(set)
    for event in happened:
        customer = living.get(event.customer_id) if event.customer_id else None
        if customer is not None:
            other = event.data.get("segment_id") if event.name in MOVES else None
            concerned[Heard(event.brand_id, event.name, other)].add(customer.id)
    look_again(session, concerned)


def look_again(session: Session, concerned: Mapping[Heard, Collection[uuid.UUID]]) -> None:
    """At living customers, in every segment that listens to what was heard of them."""
    names = sorted({heard.name for heard in concerned})
    listening = select(Segment).where(Segment.archived_at.is_(None), Segment.listens.overlap(names))
    wanted = {
        segment.id: {one for heard, some in concerned.items() if heard.concerns(segment) for one in some}
        for segment in session.execute(listening).scalars()
    }
    wanted = {segment_id: ids for segment_id, ids in wanted.items() if ids}
    if not wanted:
        return
    among = few(session, set().union(*wanted.values()))
    for segment in _locked(session, wanted):
        touch(session, segment, Among(wanted[segment.id], among.under))


def _locked(session: Session, segment_ids: Collection[uuid.UUID]) -> Sequence[Segment]:
    """Segments that are kept up, locked in one order, so that the members of each change by one transaction at a time."""
    wanted = select(Segment).where(Segment.id.in_(segment_ids), Segment.archived_at.is_(None)).order_by(Segment.id)
    return session.execute(wanted.with_for_update(key_share=True).execution_options(populate_existing=True)).scalars().all()


def few(session: Session, ids: Collection[uuid.UUID]) -> Among:
    """A few people, with the ids of everybody merged into them; what is asked about them is not worth more than one process."""
    session.execute(text("SELECT set_config('max_parallel_workers_per_gather', '0', true), set_config('jit', 'off', true)"))
    merged = select(Customer.id).where(Customer.merged_into_id == any_(literal(sorted(ids), ARRAY(Uuid))))
    return Among(ids, [*sorted(ids), *session.execute(merged).scalars()])


def touch(session: Session, segment: Segment, among: Among) -> None:
    """Look again at some customers of a segment that this transaction has locked, or leave them for whoever computes it."""
    if segment.computing_at is not None:
        remember(session, segment.id, among.ids)
    elif segment.computed_at is not None:
        _decide(session, segment, among)
    # Else it is still to be computed for the first time, and will see what is committed now.


def remember(session: Session, segment_id: uuid.UUID, ids: Iterable[uuid.UUID]) -> None:
    """Note customers of a segment that is being computed: they are looked at when that is done."""
    rows = [{"segment_id": segment_id, "customer_id": one} for one in sorted(ids)]
    if rows:
        session.execute(postgresql.insert(SegmentTouched).on_conflict_do_nothing(), rows)


def decide(session: Session, segment: Segment, ids: Collection[uuid.UUID]) -> None:
    """Let these customers be in a segment, which this transaction has locked, or not, as the facts stand; any id, also of the departed."""
    everybody = sorted(ids)
    for start in range(0, len(everybody), AT_A_TIME):
        _decide(session, segment, few(session, everybody[start : start + AT_A_TIME]))


def _decide(session: Session, segment: Segment, among: Among) -> None:
    scope = Scope(segment.brand_id, clock.now(session))
    found = set(session.execute(people(segment.tree, scope, among)).scalars())
    here = SegmentMember.customer_id == any_(literal(sorted(among.ids), ARRAY(Uuid)))
    held = select(SegmentMember.customer_id).where(SegmentMember.segment_id == segment.id, here)
    had = set(session.execute(held).scalars())
    change(session, segment, entered=found - had, left=had - found, moment=scope.moment)


def change(session: Session, segment: Segment, *, entered: Collection[uuid.UUID], left: Collection[uuid.UUID], moment: datetime) -> None:
    """Write who came and who went, and record it; of those who are no customers any more nothing is recorded."""
    if entered:
        rows = [{"segment_id": segment.id, "customer_id": one, "entered_at": moment} for one in sorted(entered)]
        session.execute(insert(SegmentMember), rows)
        _record(session, "segment.entered", segment, entered)
    if left:
        session.execute(delete(SegmentMember).where(SegmentMember.segment_id == segment.id, SegmentMember.customer_id.in_(left)))
        still = select(Customer.id).where(Customer.id.in_(left), Customer.merged_into_id.is_(None), Customer.erased_at.is_(None))
        _record(session, "segment.left", segment, session.execute(still).scalars())
    segment.members += len(entered) - len(left)


def _record(session: Session, name: str, segment: Segment, ids: Iterable[uuid.UUID]) -> None:
    told = {"segment_id": str(segment.id), "key": segment.key, "version": segment.version}
    facts = [{"brand_id": segment.brand_id, "customer_id": one, "subject": ("segment", segment.id), "data": told} for one in sorted(ids)]
    events.record_all(session, name, facts)


def sweep(session: Session, segment_id: uuid.UUID) -> None:
    """Look again at those whom time alone may have moved since the last time; nobody else sweeps this segment meanwhile."""
    wanted = select(Segment).where(Segment.id == segment_id, Segment.swept_at.is_not(None), Segment.computing_at.is_(None))
    locked = wanted.with_for_update(key_share=True, skip_locked=True).execution_options(populate_existing=True)
    segment = session.execute(locked).scalar_one_or_none()
    if segment is None or segment.swept_at is None:
        return
    scope = Scope(segment.brand_id, clock.now(session))
    moved = moved_by_time(segment.tree, scope, segment.swept_at)
    if moved is not None:
        decide(session, segment, session.execute(moved).scalars().all())
    segment.swept_at = scope.moment


def sweeping(session: Session, *, not_since: timedelta = timedelta(0)) -> Sequence[uuid.UUID]:
    """The segments that time moves people into and out of, and in which that was not looked at for so long; which waited longest first."""
    wanted = select(Segment.id).where(Segment.swept_at <= func.marque_now() - not_since, Segment.archived_at.is_(None))
    return session.execute(wanted.order_by(Segment.swept_at)).scalars().all()


def merge(session: Session, *, kept_id: uuid.UUID, merged_id: uuid.UUID) -> None:
    """The customer kept is in whatever either was in, without a fact: the person was there. Then it is looked at what is true of both.

    May be called twice.
    """
    brand_id = session.execute(select(Customer.brand_id).where(Customer.id == kept_id)).scalar_one()
    ours = session.execute(select(Segment.id).where(Segment.brand_id == brand_id, Segment.archived_at.is_(None))).scalars().all()
    among = few(session, [kept_id])
    for segment in _locked(session, ours):
        if segment.computing_at is not None:
            remember(session, segment.id, (kept_id, merged_id))
        _become_one(session, segment, kept_id, merged_id)
        if segment.kind == SegmentKind.dynamic:
            touch(session, segment, among)
    session.execute(delete(SegmentMember).where(SegmentMember.customer_id == merged_id))


def hold_again(session: Session, customer_ids: Collection[uuid.UUID]) -> None:
    """Hold these customers, who were one and are not any more, against every segment that asks. May be called twice."""
    brands = select(Customer.brand_id).where(Customer.id.in_(customer_ids))
    asking = Segment.brand_id.in_(brands), Segment.archived_at.is_(None), Segment.kind == SegmentKind.dynamic
    among = few(session, customer_ids)
    for segment in _locked(session, session.execute(select(Segment.id).where(*asking)).scalars().all()):
        touch(session, segment, among)


def _become_one(session: Session, segment: Segment, kept_id: uuid.UUID, merged_id: uuid.UUID) -> None:
    hers = SegmentMember.segment_id == segment.id
    since = dict(
        session.execute(
            select(SegmentMember.customer_id, SegmentMember.entered_at).where(hers, SegmentMember.customer_id.in_((kept_id, merged_id)))
        ).all()
    )
    if merged_id not in since:
        return
    session.execute(delete(SegmentMember).where(hers, SegmentMember.customer_id.in_(since)))
    row = {"segment_id": segment.id, "customer_id": kept_id, "entered_at": min(since.values())}
    session.execute(insert(SegmentMember), [row])
    segment.members -= len(since) - 1


def forget(session: Session, customer_id: uuid.UUID) -> None:
    """Keep nothing about where somebody was. May be called twice."""
    computing = select(Segment.id).join(Customer, Customer.brand_id == Segment.brand_id)
    computing = computing.where(Customer.id == customer_id, Segment.computing_at.is_not(None))
    held = select(SegmentMember.segment_id).where(SegmentMember.customer_id == customer_id)
    either = set(session.execute(held).scalars()) | set(session.execute(computing).scalars())
    for segment in _locked(session, either):
        if segment.computing_at is not None:
            remember(session, segment.id, [customer_id])
        gone = delete(SegmentMember).where(SegmentMember.segment_id == segment.id, SegmentMember.customer_id == customer_id)
        if session.execute(gone.returning(SegmentMember.customer_id)).first():
            segment.members -= 1
