"""What payments does when WeChat notifies, and when customers change."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.events.models import Event
from app.events.service import on
from app.identity import queries as identity
from app.identity.service import undoable
from app.payments import service


@on("wechat.payment_notified")
def take_payment(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        service.payment_notified(session, event.data["inbox_id"])


@on("wechat.refund_notified")
def take_refund(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        service.refund_notified(session, event.data["inbox_id"])


@on("customer.merged")
def follow_merge(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        assert event.customer_id is not None
        kept = identity.get(session, event.brand_id, event.customer_id)
        with undoable(session, event):
            service.follow_merge(session, kept_id=kept.id, merged_id=uuid.UUID(event.data["merged_id"]))


@on("customer.erased")
def forget_payer(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        assert event.customer_id is not None
        service.erase(session, event.customer_id)
