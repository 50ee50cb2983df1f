"""How a share looks, to the one who passes it on and to the one who opens it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.identity.models import Customer
from app.sharing.cards import card
from app.sharing.models import Share


def as_made(session: Session, share: Share) -> dict[str, Any]:
    """id, path, title, image_url: what onShareAppMessage takes."""
    kind = card(share.kind)
    preview = kind.preview(session, share)
    thing = f"id={share.vehicle_id}&" if share.vehicle_id else ""
    return {"id": share.id, "path": f"{kind.page}?{thing}share_id={share.id}", "title": preview.title, "image_url": preview.image_url}


def as_opened(session: Session, share: Share, *, customer: Customer | None) -> dict[str, Any]:
    """The share with who made it, and what was shared as it is now: `vehicle` or `list`, and `similar` to a sold car.

    `customer` is the one who opens it, when she is known.
    """
    made_by = session.get_one(Customer, share.customer_id)
    sharer = {"nickname": made_by.nickname, "is_self": customer is not None and customer.id == made_by.id}
    told = {"id": share.id, "kind": share.kind, "channel": share.channel, "sharer": sharer}
    return {"share": told, "vehicle": None, "list": None} | card(share.kind).content(session, share)
