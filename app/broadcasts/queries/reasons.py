"""Why somebody did or did not get a broadcast: whether it was for her, how it ran, and the story of her message."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.broadcasts.models import Broadcast, BroadcastPerson, BroadcastStatus
from app.broadcasts.queries.audiences import is_member
from app.identity import queries as identity
from app.kit.states import Transition
from app.kit.texts import t
from app.messaging import queries as messaging
from app.messaging.models import Send
from app.messaging.queries import Line

# What its people want to hear of how it ran.
_TOLD = ("sending", "paused", "cancelled", "finished")


def why(session: Session, broadcast: Broadcast, customer_id: uuid.UUID) -> list[Line]:
    """The whole story of one person and one broadcast, in order, in Chinese sentences."""
    send = messaging.last_of(session, customer_id, broadcast_id=broadcast.id)
    if send is not None:
        return messaging.story(session, send)
    lines = [Line(broadcast.created_at, "written", t("broadcasts.why.written", name=broadcast.name)), *_ran(session, broadcast, None)]
    hers = session.execute(
        select(BroadcastPerson)
        .where(BroadcastPerson.broadcast_id == broadcast.id, BroadcastPerson.customer_id.in_(identity.ids_of(session, customer_id)))
        .limit(1)
    ).scalar()
    return [*lines, _not_sent(session, broadcast, hers, customer_id)]


def _not_sent(session: Session, broadcast: Broadcast, hers: BroadcastPerson | None, customer_id: uuid.UUID) -> Line:
    if broadcast.started_at is None:
        member = is_member(session, broadcast, customer_id)
        if broadcast.status == BroadcastStatus.cancelled:
            return Line(None, "cancelled", t("broadcasts.why.cancelled_before"))
        return Line(None, "not_begun", t(f"broadcasts.why.{'will_be' if member else 'would_not_be'}_for_her"))
    if hers is not None:
        ended = broadcast.status in (BroadcastStatus.finished, BroadcastStatus.cancelled)
        key = "left_out_expired" if broadcast.status == BroadcastStatus.finished else "left_out_cancelled" if ended else "not_planned_yet"
        return Line(None, "not_planned", t(f"broadcasts.why.{key}"))
    if broadcast.listed_at is None and broadcast.ended_at is not None:
        return Line(None, "not_listed", t("broadcasts.why.ended_before_listed"))
    if broadcast.listed_at is None:
        return Line(None, "not_listed", t("broadcasts.why.not_listed_yet"))
    until = messaging.moment(broadcast.listed_at)
    return Line(None, "not_in_audience", t("broadcasts.why.not_in_audience", since=messaging.moment(broadcast.started_at), until=until))


def _ran(session: Session, broadcast: Broadcast, since: datetime | None) -> list[Line]:
    rows = session.execute(
        select(Transition)
        .filter_by(subject_type=Broadcast.__tablename__, subject_id=broadcast.id)
        .where(Transition.after.in_(_TOLD))
        .order_by(Transition.created_at, Transition.id)
    ).scalars()
    lines = []
    for row in rows:
        what = "resumed" if row.before == BroadcastStatus.paused and row.after == BroadcastStatus.sending else row.after
        if since is None or row.created_at > since:
            lines.append(Line(row.created_at, what, t(f"broadcasts.why.{what}")))
    return lines


@messaging.also_tells
def _of_send(session: Session, send: Send) -> Iterable[Line]:
    """By which broadcast a message was planned, and when that was stopped and went on while the message was open."""
    broadcast: Any = session.get(Broadcast, send.broadcast_id) if send.broadcast_id else None
    if broadcast is None:
        return []
    added = session.execute(select(BroadcastPerson.added_at).filter_by(broadcast_id=broadcast.id, customer_id=send.customer_id)).scalar()
    listed = [Line(added, "listed", t("broadcasts.why.listed", name=broadcast.name))] if added else []
    ran = _ran(session, broadcast, send.created_at)
    open_until = send.claimed_at or send.settled_at
    return [*listed, *(line for line in ran if open_until is None or (line.at and line.at <= open_until))]
