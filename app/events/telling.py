"""Which facts make which pages of the console stale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.kit import live

# By the whole name, or by what stands before the dot. What people do by the thousand (views, messages, tags) is told to no page.
_TOPICS = {
    "lead": "leads",
    "order": "orders",
    "deposit": "orders",
    "refund": "money",
    "payment.mismatched": "money",
    "vehicle": "stock",
    "broadcast": "broadcasts",
}
_NOT_OF_THEM = frozenset({"vehicle.viewed", "vehicle.gallery_viewed", "vehicle.favourited", "vehicle.unfavourited"})


def tell(session: Session, facts: Iterable[Mapping[str, Any]]) -> None:
    """Once they are committed, pages that show such facts hear that they are stale; a dealer's only by facts that name it."""
    told = {(topic, fact["brand_id"], fact["data"].get("dealer_id")) for fact in facts if (topic := _topic(fact["name"]))}
    for topic, brand_id, dealer_id in told:
        live.tell(session, topic, brand_id=brand_id, dealer_id=dealer_id)


def _topic(name: str) -> str | None:
    return None if name in _NOT_OF_THEM else _TOPICS.get(name) or _TOPICS.get(name.partition(".")[0])
