"""What headquarters changed in the settings of the brand: who, when, from what to what, as the events keep it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.console.queries.names import named
from app.console.queries.paging import Page, page_of
from app.console.settings_schemas import SETTINGS
from app.dealers.models import Dealer, Staff
from app.events.models import Event
from app.kit.texts import t
from app.orders.models import DepositTerms

TERMS = (
    "version",
    "deposit_type",
    "amount_fen",
    "refund_rule",
    "payee",
    "pay_minutes",
    "hold_hours",
    "extension_hours",
    "active_per_customer",
)


def history(session: Session, brand_id: uuid.UUID, *, of: str | None = None, cursor: str | None = None, limit: int) -> Page:
    """Changes of the settings of one kind, or of all, the latest first. Raises `CursorInvalid`."""
    names = [name for kind in SETTINGS if of in (None, kind) for name in SETTINGS[kind]]
    wanted = [Event.brand_id == brand_id, Event.name.in_(names)]
    page = page_of(session, Event, wanted, cursor=cursor, limit=limit, counted=False)
    people = named(session, Staff, (uuid.UUID(one.actor_id) for one in page.items if one.actor_type == "staff" and one.actor_id))
    dealers = named(session, Dealer, (uuid.UUID(one.data["dealer_id"]) for one in page.items if one.data.get("dealer_id")))
    terms = _changed_terms(session, brand_id, page.items)
    return page.of(
        [
            {
                "id": one.id,
                "at": one.recorded_at,
                "label": t(f"events.{one.name}"),
                "actor": {"type": one.actor_type, "name": _name(people, one.actor_id)},
                "dealer": _name(dealers, one.data.get("dealer_id")),
                "about": one.data.get("name"),
                "changes": _changes(one, terms),
            }
            for one in page.items
        ]
    )


def _name(found: dict[uuid.UUID | None, dict[str, Any]], row_id: str | None) -> str | None:
    one = found.get(uuid.UUID(row_id)) if row_id else None
    return str(one["name"]) if one else None


def _changes(event: Event, terms: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    if event.name == "terms.published":
        return terms.get(event.data["terms_id"], [])
    return [{"field": field, "before": before, "after": after} for field, (before, after) in event.data.get("changed", {}).items()]


def _changed_terms(session: Session, brand_id: uuid.UUID, events: Sequence[Event]) -> dict[str, list[dict[str, Any]]]:
    """By the id of each version that was published: in what it differs from that of the same dealer, or of the brand, before it."""
    if not any(one.name == "terms.published" for one in events):
        return {}
    columns = [getattr(DepositTerms, name) for name in TERMS]
    rows = session.execute(select(DepositTerms.id, DepositTerms.dealer_id, *columns).filter_by(brand_id=brand_id).order_by(DepositTerms.id))
    last: dict[uuid.UUID | None, dict[str, Any]] = {}
    told = {}
    for terms_id, dealer_id, *values in rows:
        after = dict(zip(TERMS, values, strict=True))
        before = last.get(dealer_id, {})
        changed = [name for name in TERMS if before.get(name) != after[name]]
        told[str(terms_id)] = [{"field": name, "before": before.get(name), "after": after[name]} for name in changed]
        last[dealer_id] = after
    return told
