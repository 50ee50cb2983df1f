"""What becomes of payments when customers are merged or erased."""

from __future__ import annotations

import uuid

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.payments.models import PaymentAttempt, PaymentIntent


def follow_merge(session: Session, *, kept_id: uuid.UUID, merged_id: uuid.UUID) -> None:
    """The kept customer's are all payments of the other."""
    session.execute(update(PaymentIntent).where(PaymentIntent.customer_id == merged_id).values(customer_id=kept_id))


def erase(session: Session, customer_id: uuid.UUID) -> None:
    """Forget who paid; what was paid stays, for the law wants transactions kept (E-commerce Law, art. 31)."""
    intents = select(PaymentIntent.id).where(PaymentIntent.customer_id == customer_id)
    session.execute(update(PaymentAttempt).where(PaymentAttempt.intent_id.in_(intents)).values(openid=None))
