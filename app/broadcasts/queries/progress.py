"""How far a broadcast is, and which people it came to which end with."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, literal_column, null, select
from sqlalchemy.orm import Session

from app.broadcasts.models import Broadcast, BroadcastPerson, BroadcastStatus
from app.identity.models import Customer
from app.messaging.models import Delivery, Send, SendStatus

ON_THEIR_WAY = (SendStatus.planned, SendStatus.claimed)
# What the people of a broadcast are listed by: not handed to the ledger yet, or what became of their message.
NOT_PLANNED = "not_planned"


@dataclass
class Progress:
    """Counts of people. `skipped`, `failed` and `waiting` are by reason; `waiting_until` is when the first of those goes on."""

    listed: int = 0
    not_planned: int = 0
    sent: int = 0
    delivered: int = 0
    undelivered: int = 0
    unknown_outcome: int = 0
    cancelled: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    on_their_way: int = 0
    waiting_until: datetime | None = None


def on_their_way(session: Session, broadcast_id: uuid.UUID, *, most: int) -> int:
    """How many of its messages are planned or being sent; counted up to `most`."""
    wanted: Any = select(literal_column("1")).where(Send.broadcast_id == broadcast_id, Send.status.in_(ON_THEIR_WAY)).limit(most)
    return session.execute(select(func.count()).select_from(wanted.subquery())).scalar_one()


def not_planned(session: Session, broadcast_id: uuid.UUID) -> int:
    """How many of its people no message was planned for so far."""
    return session.execute(
        select(func.count())
        .select_from(BroadcastPerson)
        .where(BroadcastPerson.broadcast_id == broadcast_id, BroadcastPerson.planned_at.is_(None))
    ).scalar_one()


def ahead_of(session: Session, broadcast: Broadcast) -> Counter[str]:
    """How many people of the brand's other broadcasts that are being sent wait to be planned for, by the channel that they begin with."""
    counts: Counter[str] = Counter()
    others = select(Broadcast).filter_by(brand_id=broadcast.brand_id, status=BroadcastStatus.sending).where(Broadcast.id != broadcast.id)
    for other in session.execute(others).scalars():
        counts[other.ladder[0]["channel"]] += not_planned(session, other.id)
    return counts


def progress(session: Session, broadcast: Broadcast) -> Progress:
    """How far it is."""
    told = Progress(not_planned=not_planned(session, broadcast.id))
    rows = session.execute(
        select(Send.status, Send.error_code, Send.delivery, func.count())
        .where(Send.broadcast_id == broadcast.id)
        .group_by(Send.status, Send.error_code, Send.delivery)
    )
    planned = 0
    for status, reason, delivery, count in rows:
        planned += count
        if status == SendStatus.accepted:
            told.sent += count
            told.delivered += count if delivery == Delivery.success else 0
            told.undelivered += count if delivery == Delivery.failed else 0
        elif status == SendStatus.skipped:
            told.skipped[reason or ""] += count
        elif status == SendStatus.rejected:
            told.failed[reason or ""] += count
        elif status == SendStatus.unknown:
            told.unknown_outcome += count
        elif status == SendStatus.cancelled:
            told.cancelled += count
        else:
            told.on_their_way += count
            if status == SendStatus.planned and reason:
                told.waiting[reason] += count
    told.listed = told.not_planned + planned
    if told.waiting.keys() - {"paused"}:
        told.waiting_until = session.execute(
            select(func.min(Send.due_at)).where(
                Send.broadcast_id == broadcast.id,
                Send.status == SendStatus.planned,
                Send.error_code.is_not(None),
                Send.error_code != "paused",
            )
        ).scalar()
    return told


def shares(session: Session, broadcasts: Sequence[Broadcast]) -> dict[uuid.UUID, tuple[int, int, int]]:
    """For how many people each is, of how many the outcome is certain, and to how many it was sent. Counted from indexes alone."""
    ids = [one.id for one in broadcasts if one.started_at is not None]
    planned = func.count(BroadcastPerson.planned_at)
    lists = select(BroadcastPerson.broadcast_id, func.count(), planned).where(BroadcastPerson.broadcast_id.in_(ids))
    listed = {row[0]: (row[1], row[2]) for row in session.execute(lists.group_by(BroadcastPerson.broadcast_id))}
    over, sent = Send.status.not_in(ON_THEIR_WAY), Send.status == SendStatus.accepted
    ledger = select(Send.broadcast_id, func.count(), func.count().filter(over), func.count().filter(sent)).where(Send.broadcast_id.in_(ids))
    ledgers = {row[0]: (row[1], row[2], row[3]) for row in session.execute(ledger.group_by(Send.broadcast_id))}
    told = {}
    for one in ids:
        people, planned_for = listed.get(one, (0, 0))
        sends, done, left = ledgers.get(one, (0, 0, 0))
        told[one] = (people - planned_for + sends, done, left)
    return told


def outcomes() -> tuple[str, ...]:
    """By what the people of a broadcast are listed."""
    return (NOT_PLANNED, *SendStatus, "delivered", "undelivered")


def people(
    session: Session,
    broadcast: Broadcast,
    *,
    outcome: str | None = None,
    reason: str | None = None,
    after: uuid.UUID | None = None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Its people with what became of their message (customer_id, nickname, phone, send_id, status, channel, error_code, error_message,
    delivery, settled_at, due_at, key), in the order of `key`, continuing after it. `outcome` is one of `outcomes()`.
    """
    if outcome is None or outcome == NOT_PLANNED:
        wanted = _of_list(broadcast, only_waiting=outcome == NOT_PLANNED)
        key = BroadcastPerson.customer_id
    else:
        wanted, key = _of_ledger(broadcast, outcome, reason), Send.id
    if after is not None:
        wanted = wanted.where(key > after)
    return session.execute(wanted.add_columns(key.label("key")).order_by(key).limit(limit)).all()


_OF_SEND = (
    Send.id.label("send_id"),
    Send.status,
    Send.channel,
    Send.error_code,
    Send.error_message,
    Send.delivery,
    Send.settled_at,
    Send.due_at,
)


def _of_list(broadcast: Broadcast, *, only_waiting: bool) -> Any:
    hers = and_(Send.broadcast_id == BroadcastPerson.broadcast_id, Send.customer_id == BroadcastPerson.customer_id)
    of_send = [null().label(column.name) for column in _OF_SEND] if only_waiting else _OF_SEND
    wanted = select(Customer.id.label("customer_id"), Customer.nickname, Customer.phone, *of_send).join(
        BroadcastPerson, BroadcastPerson.customer_id == Customer.id
    )
    wanted = wanted if only_waiting else wanted.outerjoin(Send, hers)
    wanted = wanted.where(BroadcastPerson.broadcast_id == broadcast.id)
    return wanted.where(BroadcastPerson.planned_at.is_(None)) if only_waiting else wanted


def _of_ledger(broadcast: Broadcast, outcome: str, reason: str | None) -> Any:
    wanted = (
        select(Customer.id.label("customer_id"), Customer.nickname, Customer.phone, *_OF_SEND)
        .join(Send, Send.customer_id == Customer.id)
        .where(Send.broadcast_id == broadcast.id)
    )
    if outcome in ("delivered", "undelivered"):
        delivery = Delivery.success if outcome == "delivered" else Delivery.failed
        return wanted.where(Send.status == SendStatus.accepted, Send.delivery == delivery)
    wanted = wanted.where(Send.status == outcome)
    return wanted if reason is None else wanted.where(Send.error_code == reason)
