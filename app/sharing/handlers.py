"""What we do when somebody logs in, becomes a lead, orders, pays, or leaves."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.events.models import Event
from app.events.service import on
from app.identity import queries as identity
from app.identity.service import undoable
from app.sharing import service
from app.sharing.models import Conversion

_CREDITED = {
    "lead.created": (Conversion.lead, "lead_id"),
    "order.reserved": (Conversion.order, "order_id"),
    "deposit.paid": (Conversion.deposit, "order_id"),
}


@on("customer.logged_in", *_CREDITED)
def attribute(session: Session, events: Sequence[Event]) -> None:
    """One handler for all, so that a login is heard before what followed it."""
    for event in events:
        assert event.customer_id is not None
        customer_id = identity.get(session, event.brand_id, event.customer_id).id
        if event.name == "customer.logged_in":
            service.logged_in(
                session,
                event.brand_id,
                customer_id,
                share_id=event.data.get("share_id"),
                visitor_id=event.data.get("visitor_id"),
                at=event.recorded_at,
            )
        else:
            kind, subject = _CREDITED[event.name]
            service.credit(session, customer_id, kind=kind, subject_id=event.data[subject], at=event.recorded_at)


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
