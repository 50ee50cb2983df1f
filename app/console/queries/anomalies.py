"""What was out of the ordinary, as the console lists it, and whom it was about."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.analytics import anomalies, store_days
from app.analytics.models import Anomaly
from app.console.queries.names import named, person
from app.console.queries.paging import Page
from app.console.queries.scope import Scope
from app.dealers.models import Staff, Store
from app.identity.models import Customer
from app.kit import paging
from app.kit.texts import t


def search(session: Session, scope: Scope, *, page: int, limit: int, is_seen: bool | None = None, **equal: Any) -> dict[str, Any]:
    """A page of what the scope covers, the newest day first and on a day what is furthest from the usual; `equal` narrows by columns."""
    wanted = [scope.covers(Anomaly), *(getattr(Anomaly, name) == value for name, value in equal.items())]
    if is_seen is not None:
        wanted.append(Anomaly.seen_at.is_not(None) if is_seen else Anomaly.seen_at.is_(None))
    far = func.abs(Anomaly.times - Anomaly.median) / Anomaly.bound
    rows = select(Anomaly).where(*wanted).order_by(Anomaly.on_day.desc(), far.desc(), Anomaly.id.desc())
    found = session.execute(rows.limit(limit).offset((page - 1) * limit)).scalars().all()
    until = anomalies.judged_until(session)
    old_enough = anomalies.comparable(session, scope.brand_id, until) if until else set()
    return {
        "items": told(session, found),
        "total": session.scalar(select(func.count()).select_from(Anomaly).where(*wanted)),
        "judged_until": until,
        "stores": session.scalar(select(func.count()).select_from(Store).where(scope.covers(Store), Store.id.in_(old_enough))),
    }


def told(session: Session, found: Sequence[Anomaly]) -> list[dict[str, Any]]:
    """Anomalies with the names of their stores and of who looked at them."""
    stores, staff = named(session, Store, (one.store_id for one in found)), named(session, Staff, (one.seen_by_id for one in found))
    shown = ("id", "on_day", "figure", "times", "median", "bound", "before", "seen_at")
    return [
        {name: getattr(one, name) for name in shown} | {"store": stores.get(one.store_id), "seen_by": staff.get(one.seen_by_id)}
        for one in found
    ]


def behind(session: Session, scope: Scope, anomaly_id: uuid.UUID, *, cursor: str | None = None, limit: int) -> Page:
    """What was counted that day, in its order; who the scope does not know has no name. Raises `AnomalyUnknown`, `CursorInvalid`."""
    one = anomalies.of(session, scope, anomaly_id)
    stores = {one.store_id} if one.store_id else anomalies.comparable(session, one.brand_id, one.on_day)
    after = paging.moment_and_id(cursor) if cursor else None
    found = store_days.behind(session, one, stores, after=after, limit=limit + 1)
    shown = found[:limit]
    people = select(Customer).where(Customer.id.in_({fact.customer_id for fact in shown}), Customer.erased_at.is_(None))
    known = {who.id: person(who) for who in session.execute(people.where(scope.covers_customer())).scalars()}
    at = named(session, Store, (fact.store_id for fact in shown))
    items = [
        {
            "id": fact.id,
            "label": t(f"events.{fact.name}"),
            "at": fact.recorded_at,
            "person": known.get(fact.customer_id),
            "store": at.get(fact.store_id),
            "send_id": fact.subject_id if fact.subject_type == "send" else None,
        }
        for fact in shown
    ]
    more = len(found) > limit
    return Page(items, paging.encode(shown[-1].recorded_at, shown[-1].id) if more else None, one.times)
