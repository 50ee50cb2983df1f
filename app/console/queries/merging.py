"""What becomes of two profiles of one person when they are made one."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audience.models import CustomerTag
from app.console.queries import customers
from app.console.queries.names import named, people, person
from app.console.queries.scope import Scope
from app.dealers.models import Staff
from app.identity import queries as identity
from app.identity.models import Customer, CustomerMerge, WechatIdentity
from app.kit.errors import Invalid
from app.kit.texts import t
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


# What goes back to whom it was of, by its table, and of what came later how much stays.
_BACK = {
    "orders": "orders",
    "leads": "leads",
    "tags": "customer_tags",
    "identities": "wechat_identities",
    "messages": "sends",
    "favourites": "favourites",
    "walks": "walks",
}
_LATER = {"orders": Order, "leads": Lead, "messages": Send}


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


def merges(session: Session, kept: Customer) -> list[dict[str, Any]]:
    """Who became a part of this customer, the latest first: what an undoing would give back, what would stay, and why it cannot be."""
    found = identity.merges_into(session, kept)
    merged = people(session, (one.merged_id for one in found))
    staff = named(session, Staff, (one.staff_id for one in found))
    return [
        {
            "id": one.id,
            "at": one.created_at,
            "by": (staff.get(one.staff_id) or {}).get("name"),
            "merged": merged[one.merged_id],
            "undone_at": one.undone_at,
            "why_not": (why := identity.why_merge_stays(session, one)) and t(f"errors.{why.code}"),
            "goes_back": _going_back(session, one) if why is None else None,
            "stays": _staying(session, one) if why is None else None,
        }
        for one in found
    ]


def _going_back(session: Session, merge: CustomerMerge) -> dict[str, int]:
    rows = identity.goes_back(session, merge)
    return {name: rows.get(table, 0) for name, table in _BACK.items()}


def _staying(session: Session, merge: CustomerMerge) -> dict[str, int]:
    since = {"customer_id": merge.kept_id}
    wanted = {name: select(func.count()).select_from(model).filter_by(**since) for name, model in _LATER.items()}
    return {name: session.scalar(one.where(_LATER[name].created_at > merge.created_at)) or 0 for name, one in wanted.items()}
