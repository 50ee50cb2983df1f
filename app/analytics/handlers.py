"""What becomes of somebody's steps when she signs in, turns out to be another, or is forgotten."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.analytics import service
from app.events.models import Event
from app.events.service import on
from app.identity import queries as identity
from app.identity.service import undoable


@on("customer.logged_in")
def follow_sign_in(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        if event.customer_id and "visitor_id" in event.data:
            service.signed_in(
                session, event.customer_id, brand_id=event.brand_id, visitor_id=event.data["visitor_id"], at=event.recorded_at
            )


@on("customer.merged")
def follow_merge(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        assert event.customer_id is not None
        kept = identity.get(session, event.brand_id, event.customer_id)
        with undoable(session, event):
            service.merge(session, kept_id=kept.id, merged_id=uuid.UUID(event.data["merged_id"]))


@on("customer.erased")
def forget_customer(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        assert event.customer_id is not None
        service.forget(session, event.customer_id)
