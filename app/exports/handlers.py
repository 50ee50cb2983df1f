"""What exports do when something happened elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.events.models import Event
from app.events.service import on
from app.exports import service
from app.identity import queries as identity


@on("customer.erased")
def forget(session: Session, events: Sequence[Event]) -> None:
    erased = [event.customer_id for event in events if event.customer_id]
    service.forget_people(session, [one for customer_id in erased for one in identity.ids_of(session, customer_id)])
