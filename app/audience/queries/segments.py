"""Looks at segments and at who is in them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.audience.errors import SegmentUnknown
from app.audience.models import Segment, SegmentMember, SegmentVersion


def segment(session: Session, brand_id: uuid.UUID, segment_id: uuid.UUID) -> Segment:
    """A segment of the brand, also an archived one. Raises `SegmentUnknown`."""
    found = session.execute(select(Segment).filter_by(brand_id=brand_id, id=segment_id)).scalar_one_or_none()
    if found is None:
        raise SegmentUnknown
    return found


def segments(session: Session, brand_id: uuid.UUID, *, archived: bool = False) -> Sequence[Segment]:
    """The brand's segments that are kept up, or those that are not any more, the newest first."""
    wanted = select(Segment).where(
        Segment.brand_id == brand_id, Segment.archived_at.is_not(None) if archived else Segment.archived_at.is_(None)
    )
    return session.execute(wanted.order_by(Segment.id.desc())).scalars().all()


def versions(session: Session, segment_id: uuid.UUID) -> Sequence[SegmentVersion]:
    """What a segment asked over time, the newest first."""
    wanted = select(SegmentVersion).filter_by(segment_id=segment_id).order_by(SegmentVersion.number.desc())
    return session.execute(wanted).scalars().all()


def select_members(segment_id: uuid.UUID) -> Select[uuid.UUID]:
    """The ids of those who are in a segment, as a selection: to be used inside another, or paged through in the order of the ids."""
    return select(SegmentMember.customer_id).where(SegmentMember.segment_id == segment_id)


def members(session: Session, segment_id: uuid.UUID, *, after: uuid.UUID | None = None, limit: int = 1000) -> Sequence[uuid.UUID]:
    """A page of those who are in a segment, in the order of their ids, continuing after one."""
    wanted = select_members(segment_id)
    if after is not None:
        wanted = wanted.where(SegmentMember.customer_id > after)
    return session.execute(wanted.order_by(SegmentMember.customer_id).limit(limit)).scalars().all()


def count(session: Session, segment_id: uuid.UUID) -> int:
    """How many are in a segment, as it is written down where they come and go."""
    return session.execute(select(Segment.members).where(Segment.id == segment_id)).scalar_one()


def segments_of(session: Session, customer_id: uuid.UUID) -> Sequence[Segment]:
    """The segments in which a customer is now, by name."""
    wanted = select(Segment).join(SegmentMember, SegmentMember.segment_id == Segment.id)
    wanted = wanted.where(SegmentMember.customer_id == customer_id, Segment.archived_at.is_(None))
    return session.execute(wanted.order_by(Segment.name, Segment.id)).scalars().all()


def asking_about(session: Session, segment_id: uuid.UUID) -> Sequence[Segment]:
    """The segments that are kept up and ask whether somebody is in this one."""
    wanted = select(Segment).where(Segment.uses.contains([segment_id]), Segment.archived_at.is_(None)).order_by(Segment.name)
    return session.execute(wanted).scalars().all()
