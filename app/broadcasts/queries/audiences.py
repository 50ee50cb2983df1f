"""Whom a broadcast is for: the people that a segment, a tag or a list names, of those who live."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.audience import queries as audience
from app.audience.models import Tag
from app.audience.models.segments import Segment
from app.audience.queries import stands_on_tags
from app.audience.queries.segments import select_members, stands_on_segments
from app.broadcasts.models import Broadcast, BroadcastPerson, BroadcastStatus
from app.identity.models import Customer


def members(brand_id: uuid.UUID, of: dict[str, Any]) -> Select[uuid.UUID]:
    """The ids of the people whom a segment or a tag names now: neither merged nor erased."""
    if of["kind"] == "segment":
        named = select_members(uuid.UUID(of["segment_id"]))
    else:
        named = audience.carriers(brand_id, of["tag"])
    return _living(brand_id).where(Customer.id.in_(named))


def _living(brand_id: uuid.UUID) -> Select[uuid.UUID]:
    return select(Customer.id).where(Customer.brand_id == brand_id, Customer.merged_into_id.is_(None), Customer.erased_at.is_(None))


def _now(broadcast: Broadcast) -> Select[uuid.UUID]:
    """Whom it would be for if it began now; once its list is complete, whom it is for."""
    if broadcast.audience["kind"] == "list" or broadcast.listed_at is not None:
        return select(BroadcastPerson.customer_id).where(BroadcastPerson.broadcast_id == broadcast.id)
    return members(broadcast.brand_id, broadcast.audience)


def count_members(session: Session, broadcast: Broadcast) -> int:
    """How many people it is for."""
    return session.execute(select(func.count()).select_from(_now(broadcast).subquery())).scalar_one()


def has_members(session: Session, broadcast: Broadcast) -> bool:
    """Whether it is for anybody."""
    return session.execute(_now(broadcast).limit(1)).first() is not None


def is_member(session: Session, broadcast: Broadcast, customer_id: uuid.UUID) -> bool:
    """Whether a person is one of them."""
    people = _now(broadcast).subquery()
    return session.execute(select(people.c[0]).where(people.c[0] == customer_id)).first() is not None


def sample(session: Session, broadcast: Broadcast, most: int) -> Sequence[uuid.UUID]:
    """Up to `most` of them, chosen without regard to when they came."""
    people = _now(broadcast).subquery()
    # A hash is as good as chance, and gives the same people when somebody looks again.
    return session.execute(select(people.c[0]).order_by(func.uuid_hash_extended(people.c[0], 0)).limit(most)).scalars().all()


def names(session: Session, broadcasts: Sequence[Broadcast]) -> dict[uuid.UUID, str | None]:
    """What people call the audience of each: the name of its segment, the label of its tag; a list has none, nor has what is gone."""
    segments = {one.id: uuid.UUID(one.audience["segment_id"]) for one in broadcasts if one.audience["kind"] == "segment"}
    tags = {one.id: one.audience["tag"] for one in broadcasts if one.audience["kind"] == "tag"}
    by_id = dict(session.execute(select(Segment.id, Segment.name).where(Segment.id.in_(segments.values()))).all()) if segments else {}
    of_brand = (Tag.brand_id.in_({one.brand_id for one in broadcasts}), Tag.key.in_(tags.values()))
    by_key = dict(session.execute(select(Tag.key, Tag.label).where(*of_brand)).all()) if tags else {}
    return {one: by_id.get(segment_id) for one, segment_id in segments.items()} | {one: by_key.get(tag) for one, tag in tags.items()}


def segment_exists(session: Session, brand_id: uuid.UUID, segment_id: uuid.UUID) -> bool:
    """Whether the brand has this segment, and does not put it away before this transaction ends."""
    wanted = select(Segment.id).filter_by(id=segment_id, brand_id=brand_id, archived_at=None)
    return session.execute(wanted.with_for_update(read=True, key_share=True)).first() is not None


def tag_exists(session: Session, brand_id: uuid.UUID, key: str) -> bool:
    """Whether the brand has this tag, and does not put it away before this transaction ends."""
    wanted = select(Tag.id).filter_by(brand_id=brand_id, key=key, archived_at=None)
    return session.execute(wanted.with_for_update(read=True, key_share=True)).first() is not None


@stands_on_segments("broadcast")
def _to_a_segment(session: Session, segment: Segment) -> list[str]:
    return _still_to_read(session, segment.brand_id, segment_id=str(segment.id))


@stands_on_tags("broadcast")
def _to_a_tag(session: Session, tag: Tag) -> list[str]:
    return _still_to_read(session, tag.brand_id, tag=tag.key)


def _still_to_read(session: Session, brand_id: uuid.UUID, **audience: str) -> list[str]:
    """The broadcasts whose people are still to be read from this audience."""
    wanted = select(Broadcast.name).where(
        Broadcast.brand_id == brand_id,
        Broadcast.status.in_((BroadcastStatus.scheduled, BroadcastStatus.sending, BroadcastStatus.paused)),
        Broadcast.listed_at.is_(None),
        Broadcast.audience.contains(audience),
    )
    return list(session.execute(wanted.order_by(Broadcast.name)).scalars())
