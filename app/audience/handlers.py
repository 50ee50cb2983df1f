"""What tags do when something happened elsewhere."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.audience import queries, service
from app.events.models import Event
from app.events.service import on

# It hears the names that the rules subscribed to.
apply_rules = on()(service.apply_rules)


@on("customer.merged")
def merge_tags(session: Session, events: Sequence[Event]) -> None:
    people = queries.who_now(session, {event.customer_id for event in events if event.customer_id})
    for event in events:
        if event.customer_id in people:
            service.merge(session, kept_id=people[event.customer_id].id, merged_id=uuid.UUID(event.data["merged_id"]))


@on("customer.erased")
def forget_tags(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        if event.customer_id:
            service.forget(session, event.customer_id)
