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
# And this one those that behavioural tags count.
count_behaviour = on()(service.count_behaviour)


@on("customer.merged")
def merge_tags(session: Session, events: Sequence[Event]) -> None:
    people = queries.who_now(session, {event.customer_id for event in events if event.customer_id})
    for event in events:
        if event.customer_id in people:
            kept = people[event.customer_id]
            service.merge(session, kept_id=kept.id, merged_id=uuid.UUID(event.data["merged_id"]))
            service.count_again(session, kept.brand_id, [kept.id])


@on("customer.erased")
def forget_tags(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        if event.customer_id:
            service.forget(session, event.customer_id)
