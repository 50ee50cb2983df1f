"""Looks at shares and at what came of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import String, cast, func, literal, select
from sqlalchemy.orm import Session

from app.sharing.errors import ShareUnknown
from app.sharing.models import Share, ShareConversion, ShareOpen, ShareTouch

ATTRIBUTION_WINDOW = timedelta(days=30)
CHAIN_DEPTH = 3


@dataclass(frozen=True)
class Stats:
    """What a share, or a chain of shares, led to. `opens` counts people or devices, each once per share, without the sharer."""

    opens: int
    logins: int
    leads: int
    orders: int
    deposits: int


def get(session: Session, brand_id: uuid.UUID, share_id: str) -> Share:
    """A share of the brand. Raises `ShareUnknown`."""
    found = session.execute(select(Share).filter_by(id=share_id, brand_id=brand_id)).scalar_one_or_none()
    if found is None:
        raise ShareUnknown
    return found


def opened_on(session: Session, brand_id: uuid.UUID, visitor_id: str, *, until: datetime) -> Sequence[tuple[Share, datetime, datetime]]:
    """The shares that were opened on a device, each with the first and the last time."""
    rows = session.execute(
        select(Share, func.min(ShareOpen.opened_at), func.max(ShareOpen.opened_at))
        .join(ShareOpen, ShareOpen.share_id == Share.id)
        .where(Share.brand_id == brand_id, ShareOpen.visitor_id == visitor_id, ShareOpen.opened_at <= until)
        .group_by(Share.id)
        .order_by(func.min(ShareOpen.opened_at))
    )
    return [(row[0], row[1], row[2]) for row in rows]


def last_touch(session: Session, customer_id: uuid.UUID, *, at: datetime) -> ShareTouch | None:
    """The last share of somebody else that touched a customer in the window before a moment."""
    wanted = select(ShareTouch).where(ShareTouch.customer_id == customer_id)
    in_time = wanted.where(ShareTouch.first_at <= at, ShareTouch.last_at > at - ATTRIBUTION_WINDOW)
    return session.execute(in_time.order_by(ShareTouch.last_at.desc(), ShareTouch.share_id).limit(1)).scalar_one_or_none()


def first_touch(session: Session, customer_id: uuid.UUID, *, at: datetime) -> ShareTouch | None:
    """The first share of somebody else that ever touched a customer before a moment."""
    wanted = select(ShareTouch).where(ShareTouch.customer_id == customer_id, ShareTouch.first_at <= at)
    return session.execute(wanted.order_by(ShareTouch.first_at, ShareTouch.share_id).limit(1)).scalar_one_or_none()


def stats(session: Session, share_id: str, *, depth: int = 0) -> Stats:
    """What a share led to, and with a `depth` also the shares that its people passed on, so many times removed."""
    ids = chain(session, share_id, depth=depth)
    who = func.coalesce(cast(ShareOpen.customer_id, String), ShareOpen.visitor_id)
    opens = session.execute(
        select(func.count(func.distinct(ShareOpen.share_id + literal(" ") + who)))
        .join(Share, Share.id == ShareOpen.share_id)
        .where(ShareOpen.share_id.in_(ids), ShareOpen.customer_id.is_distinct_from(Share.customer_id))
    ).scalar_one()
    rows = session.execute(
        select(ShareConversion.kind, func.count()).where(ShareConversion.share_id.in_(ids)).group_by(ShareConversion.kind)
    )
    counts: dict[str, int] = {row[0]: row[1] for row in rows}
    return Stats(opens, counts.get("login", 0), counts.get("lead", 0), counts.get("order", 0), counts.get("deposit", 0))


def chain(session: Session, share_id: str, *, depth: int = CHAIN_DEPTH) -> Sequence[str]:
    """A share and those that people made whom it brought here, up to `depth` times removed, nearest first."""
    start = select(Share.id, literal(0).label("removed")).where(Share.id == share_id).cte("chain", recursive=True)
    passed_on = select(Share.id, start.c.removed + 1).join(start, Share.parent_id == start.c.id).where(start.c.removed < depth)
    whole = start.union_all(passed_on)
    return session.execute(select(whole.c.id).order_by(whole.c.removed, whole.c.id)).scalars().all()
