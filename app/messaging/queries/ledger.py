"""Which messages there are: the log of sends, by whom, what and when."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, and_, exists, func, select, tuple_
from sqlalchemy.orm import Session

from app.identity import queries as identity
from app.identity.models import Customer
from app.messaging.errors import SendUnknown
from app.messaging.models import MessageTemplate, Send, SenderStop

CHINA = ZoneInfo("Asia/Shanghai")
LOG_FILTERS = ("template_key", "broadcast_id", "walk_id", "status", "delivery", "error_code", "appid", "channel", "purpose")


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
    journey_id: uuid.UUID | None = None,
    since: date | None = None,
    until: date | None = None,
    before: tuple[datetime, uuid.UUID] | None = None,
    limit: int,
    **equal: Any,
) -> Sequence[Row[Send, str | None, str | None]]:
    """Messages with the nickname of whom they are for and the title of their template, newest first, continuing before (created_at, id);
    `since` and `until` are days in China, both of them included.

    `equal` are columns of `LOG_FILTERS`.
    """
    of_send = (MessageTemplate.brand_id == Send.brand_id, MessageTemplate.channel == Send.channel, MessageTemplate.key == Send.template_key)
    wanted: Any = (
        select(Send, Customer.nickname, MessageTemplate.title)
        .outerjoin(Customer, Customer.id == Send.customer_id)
        .outerjoin(MessageTemplate, and_(*of_send))
        .where(Send.brand_id == brand_id)
    )
    if customer_id is not None:
        wanted = wanted.where(Send.customer_id.in_(identity.ids_of(session, customer_id)))
    if journey_id is not None:
        # As the index of the messages of journeys has it.
        wanted = wanted.where(Send.walk_id.is_not(None), Send.context["journey_id"].astext == str(journey_id))
    if since is not None:
        wanted = wanted.where(Send.created_at >= datetime.combine(since, time(), CHINA))
    if until is not None:
        wanted = wanted.where(Send.created_at < datetime.combine(until, time(), CHINA) + timedelta(days=1))
    if unknown := equal.keys() - set(LOG_FILTERS):
        raise TypeError(f"no such filter: {sorted(unknown)}")
    for name, value in equal.items():
        if value is not None:
            wanted = wanted.where(getattr(Send, name) == value)
    if before is not None:
        wanted = wanted.where(tuple_(Send.created_at, Send.id) < tuple_(*before))
    return session.execute(wanted.order_by(Send.created_at.desc(), Send.id.desc()).limit(limit)).all()


def reasons_given(session: Session, brand_id: uuid.UUID, days: int) -> Sequence[str]:
    """Why messages of the last days were left out, failed or wait: each reason once, found by stepping through the index from one to the
    next.
    """
    given = Send.error_code.is_not(None)
    first = select(func.min(Send.error_code).label("code")).where(Send.brand_id == brand_id, given).cte("given", recursive=True)
    later = select(func.min(Send.error_code)).where(Send.brand_id == brand_id, given, Send.error_code > first.c.code).scalar_subquery()
    all_of_them = first.union_all(select(later).where(first.c.code.is_not(None)))
    young = exists().where(
        Send.brand_id == brand_id,
        Send.error_code == all_of_them.c.code,
        Send.created_at > func.marque_now() - timedelta(days=days),
    )
    return session.execute(select(all_of_them.c.code).where(all_of_them.c.code.is_not(None), young)).scalars().all()


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
