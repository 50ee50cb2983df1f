"""What we do when something happened to orders, cards and customers."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.dealers import queries as dealers
from app.events.models import Event
from app.events.service import on
from app.identity import queries as identity
from app.identity.service import undoable
from app.leads import service

ENDS = ("order.cancelled", "order.expired", "order.declined", "order.sold_offline")


@on("order.reserved", "deposit.paid", *ENDS)
def follow_orders(session: Session, events: Sequence[Event]) -> None:
    """One handler for all, so that they are heard in the order in which they happened."""
    for event in events:
        assert event.customer_id is not None
        if identity.get(session, event.brand_id, event.customer_id).erased_at:
            # Her orders end because she left: that makes her nobody's lead again.
            if event.name in ENDS:
                service.order_of_erased_ended(session, event)
        elif event.name == "order.reserved":
            service.order_reserved(session, event)
        elif event.name == "deposit.paid":
            service.deposit_paid(session, event)
        else:
            service.order_ended(session, event)


@on("lead.created")
def ask_for_new(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        service.created(session, event)


@on("message.button_pressed")
def take_answer(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        assignment_id = event.data["context"].get("assignment_id")
        if assignment_id:
            staff = dealers.staff(session, uuid.UUID(event.data["staff_id"]))
            service.press(session, staff, assignment_id=uuid.UUID(assignment_id), key=event.data["key"])


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
