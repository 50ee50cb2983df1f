"""Who hears of what, who has something to hear, and who cannot hear anything for now."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from app.events.models import Event, EventDelivery, EventRest, EventSubscription

# Of what waits for each handler the first is looked at, and not all of it: a flood makes this no slower.
_DUE = text("""
    WITH RECURSIVE waiting AS (
        (SELECT handler FROM event_deliveries WHERE delivered_at IS NULL AND dead_at IS NULL ORDER BY handler LIMIT 1)
        UNION ALL
        SELECT (SELECT d.handler FROM event_deliveries d
                WHERE d.delivered_at IS NULL AND d.dead_at IS NULL AND d.handler > waiting.handler ORDER BY d.handler LIMIT 1)
        FROM waiting WHERE waiting.handler IS NOT NULL
    )
    SELECT waiting.handler FROM waiting CROSS JOIN LATERAL (
        SELECT d.due_at FROM event_deliveries d
        WHERE d.handler = waiting.handler AND d.delivered_at IS NULL AND d.dead_at IS NULL AND d.due_at <= marque_now()
        ORDER BY d.event_id LIMIT 1
    ) first
    WHERE NOT EXISTS (SELECT FROM event_rests r WHERE r.handler = waiting.handler AND r.until > marque_now())
    ORDER BY first.due_at, waiting.handler
""")


@dataclass(frozen=True)
class Ear:
    """A handler that hears of a name: only of facts of this brand, where there is one, whose data has all of `about`."""

    handler: str
    about: Mapping[str, Any]
    brand_id: uuid.UUID | None

    def hears(self, row: Mapping[str, Any]) -> bool:
        if self.brand_id is not None and self.brand_id != row["brand_id"]:
            return False
        return all(name in row["data"] and row["data"][name] == value for name, value in self.about.items())


def handler_key(handler: Callable[..., None], whom: str = "") -> str:
    """What receipts call a handler: `orders.confirm_deposit`; of one that hears for many, `journeys.hear:…` with for whom."""
    key = f"{handler.__module__.split('.')[1]}.{handler.__name__}"
    return f"{key}:{whom}" if whom else key


def subscribe(session: Session, handler: Callable[..., None], names: set[str]) -> None:
    """Make `names` the whole set of events that this handler hears of from now on."""
    subscribe_for(session, handler, "", [(name, {}) for name in names])


def subscribe_for(
    session: Session,
    handler: Callable[..., None],
    whom: str,
    wanted: Iterable[tuple[str, Mapping[str, Any]]],
    *,
    brand_id: uuid.UUID | None = None,
) -> None:
    """Make these the whole set of facts, each a name and what its data has at least, that a handler hears of for somebody from now on.

    For each of those for whom it hears it has a line of its own: what floods or fails for one holds up no other.
    """
    key = handler_key(handler, whom)
    session.execute(delete(EventSubscription).filter_by(handler=key))
    told: list[tuple[str, dict[str, Any]]] = []
    for name, about in wanted:
        if (name, dict(about)) not in told:
            told.append((name, dict(about)))
    rows = [{"handler": key, "event_name": name, "about": about, "brand_id": brand_id} for name, about in sorted(told, key=str)]
    if rows:
        session.execute(insert(EventSubscription), rows)


def subscribe_each(session: Session, handler: Callable[..., None], names: Collection[str]) -> None:
    """Make `names` the whole set of events that this handler hears of, each for itself and in a line of its own."""
    key = handler_key(handler)
    session.execute(delete(EventSubscription).where(EventSubscription.handler.startswith(f"{key}:", autoescape=True)))
    rows: list[dict[str, Any]] = [{"handler": f"{key}:{name}", "event_name": name, "about": {}, "brand_id": None} for name in sorted(names)]
    if rows:
        session.execute(insert(EventSubscription), rows)


def ears(session: Session, names: Collection[str], *, brand_id: uuid.UUID | None = None) -> dict[str, list[Ear]]:
    """Who subscribed to these names, for facts of that brand where it is given."""
    found: dict[str, list[Ear]] = defaultdict(list)
    columns = (EventSubscription.event_name, EventSubscription.handler, EventSubscription.about, EventSubscription.brand_id)
    wanted = select(*columns).where(EventSubscription.event_name.in_(names))
    if brand_id is not None:
        wanted = wanted.where(or_(EventSubscription.brand_id.is_(None), EventSubscription.brand_id == brand_id))
    for name, *ear in session.execute(wanted.order_by(EventSubscription.handler)):
        found[name].append(Ear(*ear))
    return found


def due(session: Session) -> Sequence[str]:
    """The handlers that have something to hear and do not rest: for whom the oldest waits comes first."""
    return session.execute(_DUE).scalars().all()


def rest(session: Session, key: str, lasting: timedelta, error: str) -> None:
    """What a handler is to hear waits for so long, and no attempt is counted."""
    values = {"until": func.marque_now() + lasting, "error": error}
    rests = postgresql.insert(EventRest).values(handler=key, **values)
    session.execute(rests.on_conflict_do_update(index_elements=["handler"], set_=values))


def wake(session: Session, key: str) -> None:
    """It need not rest any longer."""
    session.execute(delete(EventRest).filter_by(handler=key))


def hand_over(session: Session, handler: Callable[..., None], whom: str, happened: Sequence[Event]) -> None:
    """Let a handler hear of these facts for somebody, once more where it has."""
    key = handler_key(handler, whom)
    rows = [{"handler": key, "event_id": one.id, "recorded_at": one.recorded_at, "due_at": func.marque_now()} for one in happened]
    for row in rows:
        again = postgresql.insert(EventDelivery).values(**row)
        heard = {"delivered_at": None, "due_at": func.marque_now(), "attempts": 0}
        again = again.on_conflict_do_update(
            index_elements=["handler", "event_id"], set_=heard, where=EventDelivery.delivered_at.is_not(None)
        )
        session.execute(again)
