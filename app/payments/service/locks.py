"""Lock what is about to change: every step of an intent's money is made under the lock on the intent."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.payments.models import PaymentAttempt, PaymentIntent, Refund

# What was rung for is done at once; when the ring was lost, the sweep takes it after this time.
FALLBACK_AFTER = timedelta(seconds=5)


def intent(session: Session, intent_id: uuid.UUID) -> PaymentIntent:
    """The intent as it is now, locked until the end of the transaction."""
    return session.execute(
        select(PaymentIntent).filter_by(id=intent_id).with_for_update(key_share=True).execution_options(populate_existing=True)
    ).scalar_one()


def attempt(session: Session, attempt_id: uuid.UUID) -> PaymentAttempt:
    """The attempt as it is now, its intent locked."""
    intent(session, session.execute(select(PaymentAttempt.intent_id).filter_by(id=attempt_id)).scalar_one())
    return session.execute(select(PaymentAttempt).filter_by(id=attempt_id).execution_options(populate_existing=True)).scalar_one()


def refund(session: Session, refund_id: uuid.UUID) -> Refund:
    """The refund as it is now, locked until the end of the transaction."""
    return session.execute(
        select(Refund).filter_by(id=refund_id).with_for_update(key_share=True).execution_options(populate_existing=True)
    ).scalar_one()
