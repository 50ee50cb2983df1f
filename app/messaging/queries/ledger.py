"""Which messages there are: the log of sends, by whom, what and when."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select, tuple_
from sqlalchemy.orm import Session

from app.identity import queries as identity
from app.identity.models import Customer
from app.messaging.errors import SendUnknown
from app.messaging.models import Send, SenderStop

CHINA = ZoneInfo("Asia/Shanghai")
LOG_FILTERS = ("template_key", "broadcast_id", "walk_id", "status", "error_code", "appid", "channel", "purpose")


def send(session: Session, brand_id: uuid.UUID, send_id: uuid.UUID) -> Send:
    """A message of the brand. Raises `SendUnknown`, also for another brand's."""
    found = session.execute(select(Send).filter_by(id=send_id, brand_id=brand_id)).scalar_one_or_none()
    if found is None:
        raise SendUnknown
    return found


def log(
    session: Session,
    brand_id: uuid.UUID,
    *,
    customer_id: uuid.UUID | None = None,
    day: date | None = None,
    before: tuple[datetime, uuid.UUID] | None = None,
    limit: int,
    **equal: Any,
) -> Sequence[Row[Send, str | None]]:
    """Messages with the nickname of whom they are for, newest first, continuing before (created_at, id); `day` is one of China's.

    `equal` are columns of `LOG_FILTERS`.
    """
    wanted: Any = select(Send, Customer.nickname).outerjoin(Customer, Customer.id == Send.customer_id).where(Send.brand_id == brand_id)
    if customer_id is not None:
        wanted = wanted.where(Send.customer_id.in_(identity.ids_of(session, customer_id)))
    if day is not None:
        begins = datetime.combine(day, time(), CHINA)
        wanted = wanted.where(Send.created_at >= begins, Send.created_at < begins + timedelta(days=1))
    if unknown := equal.keys() - set(LOG_FILTERS):
        raise TypeError(f"no such filter: {sorted(unknown)}")
    for name, value in equal.items():
        if value is not None:
            wanted = wanted.where(getattr(Send, name) == value)
    if before is not None:
        wanted = wanted.where(tuple_(Send.created_at, Send.id) < tuple_(*before))
    return session.execute(wanted.order_by(Send.created_at.desc(), Send.id.desc()).limit(limit)).all()


def last_of(
    session: Session,
    customer_id: uuid.UUID,
    *,
    broadcast_id: uuid.UUID | None = None,
    template_key: str | None = None,
    walk_id: uuid.UUID | None = None,
) -> Send | None:
    """The last message to a person of a broadcast, of a template, or of a journey's walk."""
    wanted = select(Send).where(Send.customer_id.in_(identity.ids_of(session, customer_id)))
    for column, value in ((Send.broadcast_id, broadcast_id), (Send.template_key, template_key), (Send.walk_id, walk_id)):
        if value is not None:
            wanted = wanted.where(column == value)
    return session.execute(wanted.order_by(Send.id.desc()).limit(1)).scalar_one_or_none()


def senders_stopped(session: Session, brand_id: uuid.UUID) -> Sequence[SenderStop]:
    """The brand's senders that stopped themselves and were not let go on yet, the latest first."""
    wanted = select(SenderStop).where(SenderStop.brand_id == brand_id, SenderStop.stopped_at.is_not(None))
    return session.execute(wanted.order_by(SenderStop.stopped_at.desc())).scalars().all()
