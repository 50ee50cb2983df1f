"""What happened to a customer, in words: each event's label and one line of detail, made from the ids that it carries."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Uuid, and_, case, cast, exists, or_, select, tuple_
from sqlalchemy.orm import Session

from app.audience.models import Tag
from app.console.queries.scope import DEALER_OF_WALK, Scope
from app.console.schemas import GROUPS
from app.dealers.models import Staff, Store
from app.events.catalogue import NAMES
from app.events.models import Event
from app.identity.models import Customer
from app.journeys.models import Journey, Walk
from app.kit import paging
from app.kit.money import yuan
from app.kit.texts import has, t
from app.leads.models import Lead
from app.orders.models import Order
from app.vehicles.models import Vehicle

# What a line of detail says, by the first word of the event; an event carries more than a reader wants to see.
SAYS = {
    "order": ("vehicle_id",),
    "deposit": ("amount_fen", "vehicle_id"),
    "payment": ("amount_fen",),
    "refund": ("amount_fen",),
    "lead": ("staff_id", "vehicle_id", "grade"),
    "share": ("vehicle_id",),
    "vehicle": ("vehicle_id",),
    "search": ("q",),
    "finance": ("vehicle_id",),
    "poster": ("vehicle_id",),
    "reserve": ("vehicle_id",),
    "contact": ("vehicle_id", "store_id"),
    "navigation": ("store_id",),
    "phone_call": ("store_id",),
    "subscription": ("moment", "answer"),
    "message": ("channel", "key"),
    "tag": ("tag",),
    "journey": ("journey_id", "reason"),
}
# Values that the catalogue has words for; what it has none for is left out.
# What tells how the mini-program fares, not what she did: shown to those who ask for it by name.
QUIET = [name for name in NAMES if name.split(".")[0] in ("app", "page", "subscribe", "location", "api")]
WORDED = {"channel": "messaging.channels.{}", "key": "journeys.templates.{}", "reason": "events.{}", "grade": "leads.grade.{}"}
WORDED |= {"moment": "messaging.moments.{}", "answer": "messaging.answers.{}"}


def of_customer(
    session: Session, scope: Scope, customer: Customer, *, name: str | None, group: str | None, cursor: str | None, limit: int
) -> dict[str, Any]:
    """A page of a customer's timeline, newest first: {items, next_cursor}. Raises `CursorInvalid`."""
    wanted = [Event.brand_id == customer.brand_id, Event.customer_id.in_(_ids_of(customer)), _within(session, scope, customer)]
    if name:
        wanted.append(Event.name == name)
    else:
        wanted.append(Event.name.not_in(QUIET))
    if group:
        wanted.append(Event.name.in_([one for one in NAMES if one.split(".")[0] in GROUPS[group]]))
    if cursor:
        wanted.append(tuple_(Event.recorded_at, Event.id) < tuple_(*paging.moment_and_id(cursor)))
    rows = select(Event).where(*wanted).order_by(Event.recorded_at.desc(), Event.id.desc()).limit(limit + 1)
    found = session.execute(rows).scalars().all()
    shown, more = found[:limit], len(found) > limit
    return {"items": in_words(session, shown), "next_cursor": paging.encode(shown[-1].recorded_at, shown[-1].id) if more else None}


def _ids_of(customer: Customer) -> Any:
    """Her own id and those of the customers who were merged into her: their past is hers."""
    return select(Customer.id).where(or_(Customer.id == customer.id, Customer.merged_into_id == customer.id))


def _within(session: Session, scope: Scope, customer: Customer) -> ColumnElement[bool]:
    """Leaves out what she did with another dealer, and what the brand told her about that."""
    if scope.dealer_id is None:
        return Event.brand_id == scope.brand_id
    elsewhere = [
        str(one)
        for model, dealer_id in ((Order, Order.dealer_id), (Lead, Lead.dealer_id), (Walk, DEALER_OF_WALK))
        for one in session.execute(select(model.id).where(model.customer_id.in_(_ids_of(customer)), dealer_id != scope.dealer_id)).scalars()
    ]
    told = [(*within, key) for within in ((), ("context",)) for key in ("order_id", "lead_id", "walk_id")]
    about = [Event.subject_id, *(Event.data[path].astext for path in (*told, ("subject_id",)))]
    at = [Event.data[path].astext for path in (("dealer_id",), ("context", "dealer_id"))]
    # A car or a store of another dealer, at which she looked.
    subject = {kind: cast(case((Event.subject_type == kind, Event.subject_id)), Uuid) for kind in ("vehicle", "store")}
    looked_at = (
        exists().where(model.id == subject[kind], model.dealer_id != scope.dealer_id)
        for kind, model in (("vehicle", Vehicle), ("store", Store))
    )
    return and_(
        *(~one for one in looked_at),
        *(or_(one.is_(None), one == str(scope.dealer_id)) for one in at),
        *(or_(one.is_(None), one.not_in(elsewhere)) for one in about),
    )


def in_words(session: Session, events: Sequence[Event]) -> list[dict[str, Any]]:
    """Events as a person reads them."""
    words = _Words(session, events)
    return [
        {
            "id": event.id,
            "name": event.name,
            "label": t(f"events.{event.name}"),
            "detail": words.detail(event),
            "recorded_at": event.recorded_at,
            "actor": {"type": event.actor_type, "name": words.actor(event)},
            "subject": {"type": event.subject_type, "id": event.subject_id} if event.subject_type else None,
        }
        for event in events
    ]


class _Words:
    """The names behind the ids of a page of events, looked up once for all of them."""

    def __init__(self, session: Session, events: Sequence[Event]) -> None:
        facts = [event.data for event in events]
        actors = [event.actor_id for event in events if event.actor_type == "staff"]
        # A phone may tell of any id: it gets a name only within the brand, whose timeline a page is.
        brands = {event.brand_id for event in events}
        self.names = {
            "vehicle_id": _names(session, Vehicle, Vehicle.title, (data.get("vehicle_id") for data in facts), brands=brands),
            "store_id": _names(session, Store, Store.name, (data.get("store_id") for data in facts), brands=brands),
            "staff_id": _names(session, Staff, Staff.name, (*actors, *(data.get("staff_id") for data in facts)), brands=brands),
            "journey_id": _names(session, Journey, Journey.name, (data.get("journey_id") for data in facts), brands=brands),
        }
        keys = {data["tag"] for data in facts if "tag" in data}
        tags = session.execute(select(Tag.key, Tag.label).where(Tag.key.in_(keys), Tag.brand_id.in_(brands)))
        self.tags = dict(tags.all())

    def actor(self, event: Event) -> str | None:
        return self.names["staff_id"].get(event.actor_id or "") if event.actor_type == "staff" else None

    def detail(self, event: Event) -> str | None:
        said = (self._word(key, event.data.get(key)) for key in SAYS.get(event.name.split(".")[0], ()))
        return " · ".join(word for word in said if word) or None

    def _word(self, key: str, value: Any) -> str | None:
        if key in self.names:
            return self.names[key].get(str(value))
        if key == "amount_fen":
            return yuan(value) if isinstance(value, int) else None
        if key == "q":
            return str(value) if value else None
        if key == "tag":
            return self.tags.get(value)
        wanted = WORDED[key].format(value)
        return t(wanted) if has(wanted) else None


def _names(session: Session, kind: Any, name: Any, ids: Iterable[Any], *, brands: Collection[uuid.UUID]) -> dict[str, str]:
    wanted = {found for one in ids if (found := _uuid(one))}
    rows = select(kind.id, name).where(kind.id.in_(wanted), kind.brand_id.in_(brands))
    return {str(row_id): text for row_id, text in session.execute(rows)} if wanted else {}


def _uuid(value: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(value))
    except ValueError:
        return None
