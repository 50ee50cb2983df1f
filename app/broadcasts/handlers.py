"""What broadcasts do when people turn out to be one, or are forgotten."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.broadcasts import service
from app.events.models import Event
from app.events.service import on
from app.identity import queries as identity
from app.identity.service import undoable


@on("customer.merged")
def follow_merge(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        assert event.customer_id is not None
        kept = identity.get(session, event.brand_id, event.customer_id)
        with undoable(session, event):
            service.follow_merge(session, kept_id=kept.id, merged_id=uuid.UUID(event.data["merged_id"]))


@on("customer.erased")
def forget_customer(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        assert event.customer_id is not None
        service.forget(session, event.customer_id)
