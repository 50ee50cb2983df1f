"""Tell customers: a row in her list of alerts and an event of the same name, which a journey may carry on to a channel."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.events import service as events
from app.interests.models import Alert, AlertKind
from app.kit import db
from app.vehicles.models import Vehicle

# How many cars an event names.
NAMED = 10


@dataclass(frozen=True)
class News:
    """What one customer is told. `cause` makes it known when it is told again.

    Of `count` cars the last ones found are named, the very last first.
    """

    kind: AlertKind
    brand_id: uuid.UUID
    customer_id: uuid.UUID
    cause: uuid.UUID
    vehicle_ids: Sequence[uuid.UUID]
    count: int = 1
    saved_search_id: uuid.UUID | None = None
    frequency: str | None = None
    old_price_fen: int | None = None
    new_price_fen: int | None = None


def tell(session: Session, news: Sequence[News]) -> None:
    """Each of these once, however often it is told."""
    if not news:
        return
    news = sorted(news, key=lambda one: (one.customer_id, one.cause))
    rows: list[dict[str, Any]] = [
        {
            "id": db.new_id(),
            "brand_id": one.brand_id,
            "customer_id": one.customer_id,
            "kind": one.kind,
            "vehicle_id": one.vehicle_ids[0],
            "saved_search_id": one.saved_search_id,
            "count": one.count,
            "old_price_fen": one.old_price_fen,
            "new_price_fen": one.new_price_fen,
            "cause": one.cause,
        }
        for one in news
    ]
    new = insert(Alert).on_conflict_do_nothing(index_elements=["customer_id", "cause"]).returning(Alert.id)
    kept = set(session.execute(new, rows).scalars())
    told = [(row["id"], one) for row, one in zip(rows, news, strict=True) if row["id"] in kept]
    named = select(Vehicle.id, Vehicle.dealer_id, Vehicle.store_id).where(Vehicle.id.in_({one.vehicle_ids[0] for _, one in told}))
    cars = {row.id: row for row in session.execute(named)}
    for kind in AlertKind:
        facts = [_fact(alert_id, one, cars[one.vehicle_ids[0]]) for alert_id, one in told if one.kind == kind]
        if facts:
            events.record_all(session, kind.value, facts)


def _fact(alert_id: uuid.UUID, one: News, car: Any) -> dict[str, Any]:
    data: dict[str, Any] = {"vehicle_id": car.id, "dealer_id": car.dealer_id, "store_id": car.store_id, "alert_id": alert_id}
    if one.saved_search_id is not None:
        data |= {"saved_search_id": one.saved_search_id, "frequency": one.frequency, "count": one.count}
        data["vehicle_ids"] = [str(each) for each in one.vehicle_ids[:NAMED]]
    if one.old_price_fen is not None and one.new_price_fen is not None:
        data |= {"old_price_fen": one.old_price_fen, "new_price_fen": one.new_price_fen}
    about = ("saved_search", one.saved_search_id) if one.saved_search_id else ("vehicle", car.id)
    return {"brand_id": one.brand_id, "customer_id": one.customer_id, "subject": about, "data": data}
