"""What is not kept of facts for ever."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import String, cast, delete, func, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.events.models import ClientEvent, Event, EventDelivery


def forget_client_events(session: Session, *, older_than: timedelta) -> None:
    """Drop what tells that an event was told before; the events stay."""
    session.execute(delete(ClientEvent).where(ClientEvent.recorded_at < func.marque_now() - older_than))


def redact(session: Session, customer_ids: Sequence[uuid.UUID], *keys: str) -> None:
    """Take these values out of what was recorded about customers who are forgotten; the facts stay."""
    named = cast(list(keys), ARRAY(String))
    session.execute(
        update(Event)
        .where(Event.customer_id.in_(customer_ids), Event.data.has_any(named))
        .values(data=Event.data.op("-")(named))
        .execution_options(synchronize_session=False)
    )


def forget_receipts(session: Session, *, older_than: timedelta) -> None:
    """Drop receipts of events delivered long ago; what is due or dead stays."""
    session.execute(delete(EventDelivery).where(EventDelivery.delivered_at < func.marque_now() - older_than))
