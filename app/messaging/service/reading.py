"""What she read in her inbox, and what of messages her export tells."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.identity import queries as identity
from app.identity.models import Customer, WechatIdentity
from app.messaging.models import Credit, InboxMessage


def read(session: Session, customer: Customer, ids: Collection[uuid.UUID] | None) -> int:
    """She has read these messages of hers, or with None all; returns how many were new to her. Again changes nothing."""
    hers = update(InboxMessage).where(InboxMessage.customer_id == customer.id, InboxMessage.read_at.is_(None))
    if ids is not None:
        hers = hers.where(InboxMessage.id.in_(ids))
    done = session.execute(hers.values(read_at=func.marque_now()).returning(InboxMessage.id).execution_options(synchronize_session=False))
    return len(done.all())


@identity.also_holds("subscriptions")
def _allowed(session: Session, ids: Sequence[uuid.UUID]) -> list[dict[str, Any]]:
    rows = (
        select(WechatIdentity.appid, Credit.template_id, Credit.balance)
        .join(WechatIdentity, WechatIdentity.id == Credit.identity_id)
        .where(WechatIdentity.customer_id.in_(ids))
        .order_by(Credit.id)
    )
    return [{"appid": appid, "template_id": template_id, "left": left} for appid, template_id, left in session.execute(rows)]


@identity.also_holds("inbox")
def _held(session: Session, ids: Sequence[uuid.UUID]) -> list[dict[str, Any]]:
    rows = select(InboxMessage).where(InboxMessage.customer_id.in_(ids)).order_by(InboxMessage.id)
    return [
        {"title": one.title, "content": one.content, "at": one.created_at.isoformat(), "read": one.read_at is not None}
        for one in session.execute(rows).scalars()
    ]
