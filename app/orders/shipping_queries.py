"""Looks at what WeChat was told about the handing over of what was paid."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.orders.shipping_models import ShippingUpload


def of_order(session: Session, order_id: uuid.UUID) -> Sequence[ShippingUpload]:
    """One per payment that WeChat keeps, or kept, for this order, oldest first; none where WeChat does not manage the trade."""
    return session.execute(select(ShippingUpload).filter_by(order_id=order_id).order_by(ShippingUpload.id)).scalars().all()


def by_transaction(session: Session, transaction_id: str) -> ShippingUpload | None:
    """The one for a payment, by WeChat's number for it; locked until the end of the transaction."""
    found = select(ShippingUpload).filter_by(transaction_id=transaction_id).with_for_update(key_share=True)
    return session.execute(found.execution_options(populate_existing=True)).scalar_one_or_none()
