"""What becomes of two profiles of one person when they are made one."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audience.models import CustomerTag
from app.console.queries import customers
from app.console.queries.names import person
from app.console.queries.scope import Scope
from app.identity.models import Customer, WechatIdentity
from app.kit.errors import Invalid
from app.leads.models import Lead
from app.messaging.models import Send
from app.orders.models import Order

# What goes over to the one kept.
_MOVED = {
    "orders": (Order.customer_id, None),
    "leads": (Lead.customer_id, None),
    "tags": (CustomerTag.customer_id, CustomerTag.active),
    "identities": (WechatIdentity.customer_id, None),
    "messages": (Send.customer_id, None),
}


def both(session: Session, scope: Scope, kept_id: uuid.UUID, merged_id: uuid.UUID) -> tuple[Customer, Customer]:
    """Both as they are now; the same twice where they were made one before. Raises `CustomerUnknown`."""
    if kept_id == merged_id:
        raise Invalid(other_id="the same customer")
    return customers.get(session, scope, kept_id), customers.get(session, scope, merged_id)


def preview(session: Session, kept: Customer, merged: Customer) -> dict[str, Any]:
    """How much of one would go over to the other."""
    told: dict[str, Any] = {"kept": person(kept), "merged": person(merged)}
    for name, (whose, such) in _MOVED.items():
        wanted = select(func.count()).where(whose == merged.id)
        told[name] = 0 if kept is merged else session.scalar(wanted if such is None else wanted.where(such))
    return told
