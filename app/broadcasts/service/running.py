"""Stop a broadcast, let it go on, end it. Each takes effect for whatever is not claimed when it is committed."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import Session

from app.broadcasts import queries
from app.broadcasts.errors import StepImpossible
from app.broadcasts.models import BROADCAST, Broadcast, BroadcastStatus
from app.events import service as events
from app.kit import acting, queue
from app.messaging import service as messaging


def pause(session: Session, brand_id: uuid.UUID, broadcast_id: uuid.UUID) -> Broadcast:
    """Nothing more of it leaves, and nothing more is planned, until it is resumed. Raises `BroadcastUnknown`, `StepImpossible`."""
    broadcast = step(session, brand_id, broadcast_id, BroadcastStatus.paused)
    messaging.hold(session, broadcast_id=broadcast.id)
    told(session, broadcast, "broadcast.paused")
    return broadcast


def resume(session: Session, brand_id: uuid.UUID, broadcast_id: uuid.UUID) -> Broadcast:
    """It goes on where it stood. Raises `BroadcastUnknown`, `StepImpossible`."""
    broadcast = step(session, brand_id, broadcast_id, BroadcastStatus.sending, since=(BroadcastStatus.paused,), next_at=func.marque_now())
    messaging.release(session, broadcast_id=broadcast.id)
    queue.enqueue(session, "broadcasts.feed")
    told(session, broadcast, "broadcast.resumed")
    return broadcast


def cancel(session: Session, brand_id: uuid.UUID, broadcast_id: uuid.UUID) -> Broadcast:
    """It is over: what is planned is taken back, whoever was not reached is left out. Raises `BroadcastUnknown`, `StepImpossible`."""
    broadcast = step(session, brand_id, broadcast_id, BroadcastStatus.cancelled, ended_at=func.marque_now())
    messaging.cancel_planned(session, broadcast_id=broadcast.id)
    told(session, broadcast, "broadcast.cancelled")
    return broadcast


def step(
    session: Session, brand_id: uuid.UUID, broadcast_id: uuid.UUID, to: BroadcastStatus, *, since: tuple[str, ...] = (), **values: Any
) -> Broadcast:
    """The broadcast, locked and moved to a status, from one of `since` or from wherever that may follow."""
    broadcast = queries.locked(session, brand_id, broadcast_id)
    if to not in BROADCAST.table.get(broadcast.status, frozenset()) or (since and broadcast.status not in since):
        raise StepImpossible(status=broadcast.status)
    BROADCAST.move(session, broadcast, to, updated_at=func.marque_now(), **values)
    return broadcast


def told(session: Session, broadcast: Broadcast, name: str, **data: Any) -> None:
    """A fact about a broadcast, by whoever acts now."""
    events.record(
        session,
        name,
        brand_id=broadcast.brand_id,
        subject=("broadcast", broadcast.id),
        data={"broadcast_id": broadcast.id} | data,
        actor=acting.now().actor,
    )
