"""Record a fact, listen to facts, and deliver each to each listener exactly once in effect."""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import String, and_, cast, delete, func, insert, or_, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.events import queries, totals
from app.events.catalogue import BEHAVIOUR, NAMES
from app.events.models import ClientEvent, Event, EventDelivery, EventSubscription, told_by
from app.kit import clock, db, queue
from app.kit.logging import logger, mask_text

log = logger(__name__)

BATCH = 200
# What comes by the hundred is copied, which is several times as fast.
COPIED_FROM = 100
MAX_ATTEMPTS = 12

Handler = Callable[[Session, Sequence[Event]], None]

_handlers: dict[str, Handler] = {}
_listeners: dict[str, set[str]] = {}


def on(*names: str) -> Callable[[Handler], Handler]:
    """Make a function the handler of these events; without names it hears what it subscribes to at run time.

    A handler gets a batch, oldest first, in its own transaction together with the receipts: delivering twice changes nothing more.
    It raises to be called again later; then each event of the batch is tried alone, so that one bad event holds up no other.
    """
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise RuntimeError(f"not in the event catalogue: {unknown}")

    def register(handler: Handler) -> Handler:
        key = handler_key(handler)
        _handlers[key] = handler
        for name in names:
            _listeners.setdefault(name, set()).add(key)
        return handler

    return register


def handler_key(handler: Handler) -> str:
    """What receipts call a handler: `orders.confirm_deposit`."""
    return f"{handler.__module__.split('.')[1]}.{handler.__name__}"


def handlers() -> dict[str, Handler]:
    """Every handler by its key."""
    return dict(_handlers)


def listeners(name: str) -> set[str]:
    """The keys of the handlers that always hear of a name."""
    return set(_listeners.get(name, ()))


def subscribe(session: Session, handler: Handler, names: set[str]) -> None:
    """Make `names` the whole set of events that this handler hears of from now on."""
    key = handler_key(handler)
    session.execute(delete(EventSubscription).filter_by(handler=key))
    if names:
        session.execute(insert(EventSubscription), [{"handler": key, "event_name": name} for name in sorted(names)])


def record(
    session: Session,
    name: str,
    *,
    brand_id: uuid.UUID,
    customer_id: uuid.UUID | None = None,
    subject: tuple[str, Any] | None = None,
    data: dict[str, Any] | None = None,
    actor: tuple[str, Any] = ("system", None),
) -> Event:
    """Write a fact in this transaction, with a delivery for each of its listeners, and ring for them after the commit.

    `subject` and `actor` are (kind, id). `data` holds ids and figures as JSON values: no names, numbers or texts of a person.
    """
    fact = {"brand_id": brand_id, "customer_id": customer_id, "subject": subject, "data": data, "actor": actor}
    return next(record_all(session, name, [fact]))


def record_all(session: Session, name: str, facts: Sequence[dict[str, Any]]) -> Iterator[Event]:
    """Write many facts of one name, each given as `record`'s keyword arguments, in as many statements as one takes."""
    if name not in NAMES:
        raise RuntimeError(f"not in the event catalogue: {name}")
    moment = clock.now(session)
    rows = [_columns(name, moment, **fact) for fact in facts]
    _write(session, rows)
    return (Event(**row) for row in rows)


def _write(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Events of whatever names, with a delivery for each of their listeners, who are rung for after the commit."""
    session.flush()
    if not rows:
        return
    if len(rows) > COPIED_FROM:
        values = ([Jsonb(value) if key == "data" else value for key, value in row.items()] for row in rows)
        db.copy_rows(session, Event.__tablename__, list(rows[0]), values)
    else:
        # With its nulls written out, every row goes into the same statement.
        session.execute(insert(Event).execution_options(render_nulls=True), rows)
    hearing = {name: listeners(name) for name in {row["name"] for row in rows}}
    for name, key in session.execute(
        select(EventSubscription.event_name, EventSubscription.handler).where(EventSubscription.event_name.in_(hearing))
    ):
        hearing[name].add(key)
    deliveries = [
        {"handler": key, "event_id": row["id"], "recorded_at": row["recorded_at"], "due_at": row["recorded_at"]}
        for row in rows
        for key in sorted(hearing[row["name"]])
    ]
    if len(deliveries) > COPIED_FROM:
        db.copy_rows(session, EventDelivery.__tablename__, list(deliveries[0]), (list(one.values()) for one in deliveries))
    elif deliveries:
        session.execute(insert(EventDelivery), deliveries)
    if deliveries:
        queue.enqueue(session, "events.deliver")


@dataclass(frozen=True)
class Device:
    """A phone in the hands of somebody, whom we may not know: what it calls itself, and the run of the app that tells."""

    brand_id: uuid.UUID
    visitor_id: str
    session_id: str


def ingest(session: Session, device: Device, told: Sequence[dict[str, Any]], *, customer: Any = None) -> int:
    """Keep what a device tells of what somebody did, and return how much of it is new.

    `told` is as `schemas.BehaviourIn` loads it. What was told before, by this batch or one that runs at the same moment, changes nothing.
    Told by nobody in particular, such as a batch that was under way when she signed in, it is hers who signed in on the device last.
    """
    if customer is not None:
        # Whoever leaves for good at this moment is waited for, and is nobody then.
        session.refresh(customer, with_for_update={"read": True})
        customer = None if customer.erased_at else customer
    hers = customer.id if customer else None
    if hers is None:
        _hold(session, device.brand_id, device.visitor_id, shared=True)
        hers = queries.owner_of(session, device.brand_id, device.visitor_id)
    moment = clock.now(session)
    actor = ("customer", customer.id) if customer else ("visitor", None)
    rows: dict[uuid.UUID, dict[str, Any]] = {}
    for one in told:
        rows.setdefault(one["id"], _behaviour(device, one, moment, customer_id=hers, actor=actor))
    # In a fixed order: of two batches with the same events one waits for the other, and neither for both.
    keys = [
        {
            "brand_id": device.brand_id,
            "visitor_id": device.visitor_id,
            "client_id": client_id,
            "event_id": rows[client_id]["id"],
            "recorded_at": moment,
        }
        for client_id in sorted(rows)
    ]
    if not keys:
        return 0
    claim = postgresql.insert(ClientEvent).on_conflict_do_nothing().returning(ClientEvent.event_id)
    new = set(session.execute(claim, keys).scalars())
    _write(session, [row for row in rows.values() if row["id"] in new])
    return len(new)


def _behaviour(device: Device, one: dict[str, Any], moment: datetime, **whose: Any) -> dict[str, Any]:
    about = {f"{kind}_id": one.get(f"{kind}_id") for kind in ("vehicle", "store", "share")}
    named = {key: value for key, value in about.items() if value is not None}
    subject = next(((key.removesuffix("_id"), value) for key, value in named.items()), None)
    context = {"visitor_id": device.visitor_id, "session_id": device.session_id, "at": one["at"].isoformat()}
    page = {"page": one["page"]} if "page" in one else {}
    return _columns(
        one["name"],
        moment,
        brand_id=device.brand_id,
        subject=subject,
        # Under the keys that mean something to us stands what we know.
        data=one["data"] | named | page | context,
        **whose,
    )


def _hold(session: Session, brand_id: uuid.UUID, visitor_id: str, *, shared: bool = False) -> None:
    """Let nobody sign in on a device, or leave, while it tells, until this transaction ends. Whoever locks a customer does that before."""
    lock = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    session.execute(text(f"SELECT {lock}(hashtextextended(:key, 0))"), {"key": f"device {brand_id} {visitor_id}"})


def attach(session: Session, *, brand_id: uuid.UUID, visitor_id: str, customer_id: uuid.UUID) -> None:
    """What a device told while nobody was signed in on it, she did who signs in now; what somebody did who was, stays his.

    The `customer.logged_in` that names the device is recorded in the same transaction: what the device tells afterwards is hers, too.
    """
    _hold(session, brand_id, visitor_id)
    nobodys = update(Event).where(Event.brand_id == brand_id, told_by == visitor_id, Event.customer_id.is_(None))
    hers = session.execute(nobodys.values(customer_id=customer_id).returning(Event.id).execution_options(synchronize_session=False))
    if hers.first():
        totals.count_again(session, customer_id)


def forget_behaviour(session: Session, brand_id: uuid.UUID, customer_ids: Sequence[uuid.UUID]) -> None:
    """Let nothing lead from customers who are forgotten to their devices; that somebody did this and that stays."""
    devices = queries.devices_of(session, brand_id, customer_ids)
    for visitor_id in devices:
        _hold(session, brand_id, visitor_id)
    session.execute(delete(ClientEvent).where(ClientEvent.brand_id == brand_id, ClientEvent.visitor_id.in_(devices)))
    nobodys = and_(Event.brand_id == brand_id, told_by.in_(devices), Event.customer_id.is_(None))
    session.execute(
        update(Event)
        .where(or_(Event.customer_id.in_(customer_ids), nobodys), Event.name.in_(BEHAVIOUR))
        .values(data={})
        .execution_options(synchronize_session=False)
    )


def forget_client_events(session: Session, *, older_than: timedelta) -> None:
    """Drop what tells that an event was told before; the events stay."""
    session.execute(delete(ClientEvent).where(ClientEvent.recorded_at < func.marque_now() - older_than))


def redact(session: Session, customer_ids: Sequence[uuid.UUID], *keys: str) -> None:
    """Take these values out of what was recorded about customers who are forgotten; the facts stay."""
    named = cast(list(keys), ARRAY(String))
    session.execute(
        update(Event)
        .where(Event.customer_id.in_(customer_ids), Event.data.has_any(named))
        .values(data=Event.data.op("-")(named))
        .execution_options(synchronize_session=False)
    )


def _columns(
    name: str,
    moment: datetime,
    *,
    brand_id: uuid.UUID,
    customer_id: uuid.UUID | None = None,
    subject: tuple[str, Any] | None = None,
    data: dict[str, Any] | None = None,
    actor: tuple[str, Any] = ("system", None),
) -> dict[str, Any]:
    return {
        "id": db.new_id(),
        "brand_id": brand_id,
        "name": name,
        "customer_id": customer_id,
        "subject_type": subject[0] if subject else None,
        "subject_id": str(subject[1]) if subject else None,
        "actor_type": actor[0],
        "actor_id": str(actor[1]) if actor[1] else None,
        "data": {key: str(value) if isinstance(value, uuid.UUID) else value for key, value in (data or {}).items()},
        "recorded_at": moment,
    }


def deliver_all(*, seconds: float = math.inf) -> int:
    """Deliver everything due, and what that brings about, until nothing is left or this time is over. Returns the number of deliveries."""
    done, until = 0, time.monotonic() + seconds
    while keys := due_handlers():
        done_before = done
        for key in keys:
            done += deliver(key, until=until)
            if time.monotonic() >= until:
                return done
        if done == done_before:
            break
    return done


def due_handlers() -> list[str]:
    """Who has something to hear. Whoever has waited longest, or of a feed has most left, comes first, so that nobody is always the last."""
    with db.transaction() as session:
        rows = session.execute(
            select(EventDelivery.handler)
            .where(EventDelivery.delivered_at.is_(None), EventDelivery.dead_at.is_(None), EventDelivery.due_at <= func.marque_now())
            .group_by(EventDelivery.handler)
            .order_by(func.min(EventDelivery.due_at), func.count().desc())
        )
        return [key for key in rows.scalars() if key in _handlers]


def deliver(key: str, *, until: float = math.inf) -> int:
    """Give a handler its next batch; when that fails, its events one by one until then (`time.monotonic`). How many were delivered."""
    try:
        return _deliver_batch(key, BATCH)
    except Exception:
        log.exception("handler failed on a batch", handler=key)
    done = 0
    for _ in range(BATCH):
        tried: list[uuid.UUID] = []
        try:
            one = _deliver_batch(key, 1, tried)
            if not one:
                break
            done += one
        except Exception as error:
            _postpone(key, tried, error)
        if time.monotonic() >= until:
            break
    return done


def _deliver_batch(key: str, limit: int, tried: list[uuid.UUID] | None = None) -> int:
    """One transaction of deliveries; `tried` is told which events they were, also when it fails."""
    with db.transaction() as session:
        # One deliverer per handler at a time keeps a customer's events in order; the lock ends with the transaction.
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": f"deliver {key}"})
        due = list(_next(session, key, limit))
        if not due:
            return 0
        ids = [row.event_id for row in due]
        if tried is not None:
            tried.extend(ids)
        found = session.execute(
            select(Event)
            .where(Event.id.in_(ids), Event.recorded_at.in_({row.recorded_at for row in due}))
            .order_by(Event.recorded_at, Event.id)
        )
        _handlers[key](session, found.scalars().all())
        session.execute(
            update(EventDelivery)
            .where(EventDelivery.handler == key, EventDelivery.event_id.in_(ids))
            .values(delivered_at=func.marque_now(), error=None)
        )
        return len(ids)


def _next(session: Session, key: str, limit: int) -> Sequence[EventDelivery]:
    return (
        session.execute(
            select(EventDelivery)
            .where(
                EventDelivery.handler == key,
                EventDelivery.delivered_at.is_(None),
                EventDelivery.dead_at.is_(None),
                EventDelivery.due_at <= func.marque_now(),
            )
            .order_by(EventDelivery.event_id)
            .limit(limit)
        )
        .scalars()
        .all()
    )


def _postpone(key: str, event_ids: list[uuid.UUID], error: Exception) -> None:
    """Try these events later, twice as late each time; after the last attempt they are dead and visible."""
    log.exception("handler failed on an event", handler=key)
    with db.transaction() as session:
        wanted = select(EventDelivery).where(
            EventDelivery.handler == key, EventDelivery.event_id.in_(event_ids), EventDelivery.delivered_at.is_(None)
        )
        for row in session.execute(wanted.with_for_update()).scalars():
            row.attempts += 1
            row.error = mask_text(f"{type(error).__name__}: {error}")[:500]
            if row.attempts >= MAX_ATTEMPTS:
                row.dead_at = clock.now(session)
            else:
                row.due_at = clock.now(session) + timedelta(seconds=min(2**row.attempts, 600))


def revive(session: Session, handler: str | None = None) -> int:
    """Give dead deliveries, of one handler or all, their attempts again; returns how many. For when the cause is mended."""
    wanted = update(EventDelivery).where(EventDelivery.dead_at.is_not(None), EventDelivery.delivered_at.is_(None))
    if handler:
        wanted = wanted.where(EventDelivery.handler == handler)
    revived = session.execute(wanted.values(dead_at=None, attempts=0, due_at=func.marque_now()).returning(EventDelivery.event_id)).all()
    queue.enqueue(session, "events.deliver")
    return len(revived)


def forget_receipts(session: Session, *, older_than: timedelta) -> None:
    """Drop receipts of events delivered long ago; what is due or dead stays."""
    session.execute(delete(EventDelivery).where(EventDelivery.delivered_at < func.marque_now() - older_than))


def make_partitions(session: Session, months_ahead: int = 3) -> None:
    """Make the monthly partitions of `events` up to some months ahead; those that exist stay as they are."""
    session.execute(text("SELECT events_make_partitions(:ahead)"), {"ahead": months_ahead})
