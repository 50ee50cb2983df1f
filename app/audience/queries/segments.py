"""Looks at segments and at who is in them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Select, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.orm import Session

from app.audience.errors import SegmentUnknown
from app.audience.models import Segment, SegmentMember, SegmentVersion, Tag
from app.audience.queries.attributes import attributes_of
from app.audience.queries.tags import stands_on_tags
from app.dealers.models import Staff
from app.identity import queries as identity
from app.identity.models import Customer
from app.kit import paging, phone
from app.kit.texts import t

Teller = Callable[[Session, Segment], Sequence[str]]
_users: dict[str, Teller] = {}


def segment(session: Session, brand_id: uuid.UUID, segment_id: uuid.UUID) -> Segment:
    """A segment of the brand, also an archived one. Raises `SegmentUnknown`."""
    found = session.execute(select(Segment).filter_by(brand_id=brand_id, id=segment_id)).scalar_one_or_none()
    if found is None:
        raise SegmentUnknown
    return found


def page_of_segments(
    session: Session,
    brand_id: uuid.UUID,
    *,
    q: str | None = None,
    kind: str | None = None,
    archived: bool = False,
    cursor: str | None = None,
    limit: int,
) -> tuple[Sequence[Segment], str | None]:
    """Segments that are kept up, or those that are not any more, the newest first, and the cursor of the next page.

    `q` is a part of the name or of the key. Raises `CursorInvalid`.
    """
    wanted = select(Segment).where(
        Segment.brand_id == brand_id, Segment.archived_at.is_not(None) if archived else Segment.archived_at.is_(None)
    )
    if q:
        wanted = wanted.where(or_(Segment.name.icontains(q, autoescape=True), Segment.key.icontains(q, autoescape=True)))
    if kind:
        wanted = wanted.where(Segment.kind == kind)
    if cursor:
        wanted = wanted.where(Segment.id < paging.row_id(cursor))
    found = session.execute(wanted.order_by(Segment.id.desc()).limit(limit + 1)).scalars().all()
    return found[:limit], paging.encode(found[limit - 1].id) if len(found) > limit else None


def versions(session: Session, segment_id: uuid.UUID) -> Sequence[tuple[SegmentVersion, str | None]]:
    """What a segment asked over time and who said so, the newest first."""
    wanted = select(SegmentVersion, Staff.name).outerjoin(Staff, Staff.id == SegmentVersion.made_by)
    rows = session.execute(wanted.where(SegmentVersion.segment_id == segment_id).order_by(SegmentVersion.number.desc()))
    return [(version, name) for version, name in rows]


def row_of(segment: Segment) -> dict[str, Any]:
    """A segment as lists show it, with how far it is computed."""
    if segment.archived_at is not None:
        status = "archived"
    elif segment.computing_at is not None:
        status = "computing"
    else:
        status = "ready" if segment.due_at is None else "waiting"
    names = ("id", "key", "name", "kind", "version", "members", "computing_at", "computed_at", "updated_at")
    return {name: getattr(segment, name) for name in names} | {"status": status}


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


def stands_on_segments(what: str) -> Callable[[Teller], Teller]:
    """Let a part that uses segments tell by what names it uses one; `what` is a key of `audience.segment_uses`. Such a one is kept up."""

    def register(teller: Teller) -> Teller:
        _users[what] = teller
        return teller

    return register


def uses_of(session: Session, segment: Segment) -> list[str]:
    """What stands on a segment, in words."""
    return [t(f"audience.segment_uses.{what}", name=name) for what, teller in sorted(_users.items()) for name in teller(session, segment)]


@stands_on_segments("segment")
def _that_ask_about_it(session: Session, segment: Segment) -> list[str]:
    return [one.name for one in asking_about(session, segment.id)]


def people(session: Session, ids: Sequence[uuid.UUID]) -> list[dict[str, Any]]:
    """Customers as staff see them in lists, in the order of their ids; a phone number is masked, always."""
    rows = session.execute(select(Customer).where(Customer.id.in_(ids)).order_by(Customer.id)).scalars()
    return [{"id": one.id, "nickname": one.nickname, "phone_masked": phone.mask(one.phone)} for one in rows]


def page(session: Session, segment_id: uuid.UUID, *, cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of members with since when they are in it: {items, next_cursor}. Raises `CursorInvalid`."""
    wanted = select(SegmentMember.customer_id, SegmentMember.entered_at).where(SegmentMember.segment_id == segment_id)
    if cursor:
        try:
            wanted = wanted.where(SegmentMember.customer_id > uuid.UUID(*paging.decode(cursor, 1)))
        except (ValueError, AttributeError) as error:
            raise paging.CursorInvalid(cursor="of another list") from error
    rows = session.execute(wanted.order_by(SegmentMember.customer_id).limit(limit + 1)).all()
    since = {row.customer_id: row.entered_at for row in rows[:limit]}
    items = [one | {"entered_at": since[one["id"]]} for one in people(session, list(since))]
    return {"items": items, "next_cursor": paging.encode(rows[limit - 1][0]) if len(rows) > limit else None}


@identity.also_holds("segments")
def everything_about(session: Session, customer_ids: Sequence[uuid.UUID]) -> dict[str, Any]:
    """In which segments she is, and what was computed about her, for herself to read."""
    held = select(Segment.name, SegmentMember.entered_at).join(SegmentMember, SegmentMember.segment_id == Segment.id)
    held = held.where(SegmentMember.customer_id.in_(customer_ids)).order_by(SegmentMember.entered_at, Segment.id)
    computed = [{name: told} for told_of in attributes_of(session, customer_ids).values() for name, told in sorted(told_of.items())]
    return {"in": [{"name": row.name, "since": row.entered_at} for row in session.execute(held)], "computed": computed}


@stands_on_tags("segment")
def _that_ask_about(session: Session, tag: Tag) -> list[str]:
    asking = '$.** ? (@.kind == "tag" && @.config.tag == $tag)'
    wanted = select(Segment.name).where(Segment.brand_id == tag.brand_id, Segment.archived_at.is_(None))
    wanted = wanted.where(func.jsonb_path_exists(Segment.tree, cast(asking, JSONPATH), func.jsonb_build_object("tag", tag.key)))
    return list(session.execute(wanted.order_by(Segment.name)).scalars())
