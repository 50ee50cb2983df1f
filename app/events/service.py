"""Record a fact, listen to facts, and deliver each to each listener exactly once in effect."""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from psycopg.types.json import Jsonb
from sqlalchemy import Uuid, and_, any_, delete, func, insert, literal, or_, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.events import listening, queries, telling, totals
from app.events.catalogue import BEHAVIOUR, NAMES, OURS
from app.events.forgetting import forget_client_events, forget_receipts, redact  # noqa: F401  # verbs of this service
from app.events.listening import ears, hand_over, handler_key, rest, subscribe, subscribe_each, subscribe_for, wake  # noqa: F401  # these, too
from app.events.models import ClientEvent, Event, EventDelivery, told_by
from app.kit import clock, db, json, queue
from app.kit.logging import logger, mask_text

log = logger(__name__)

BATCH, MAX_ATTEMPTS = 200, 12
# What comes by the hundred is copied, which is several times as fast.
COPIED_FROM = 100

# One that hears for many is told for whom, as `whom`.
Handler = Callable[..., None]
# Of whoever failed on a batch: how long nothing more is told to it; None: each event is tried alone. Called in no transaction.
Diagnosis = Callable[[str, Exception], timedelta | None]

_handlers: dict[str, Handler] = {}
_listeners: dict[str, set[str]] = {}
_batches: dict[str, int] = {}
_diagnoses: dict[str, Diagnosis] = {}
# When each had its last turn in this process, so that nobody is always the last, however long a flood is.
_turns: dict[str, float] = {}
# How long turns are given before it is asked again who has something to hear.
A_ROUND_S = 0.5


def on(*names: str, batch: int | None = None, diagnosis: Diagnosis | None = None) -> Callable[[Handler], Handler]:
    """Make a function the handler of these events; without names it hears what it subscribes to at run time.

    A handler gets a batch, oldest first, in its own transaction together with the receipts: delivering twice changes nothing more.
    It raises to be called again later; then each event of the batch is tried alone, so that one bad event holds up no other, unless the
    `diagnosis` says that it can hear nothing at all for now.
    """
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise RuntimeError(f"not in the event catalogue: {unknown}")

    def register(handler: Handler) -> Handler:
        key = handler_key(handler)
        _handlers[key] = handler
        if batch:
            _batches[key] = batch
        if diagnosis:
            _diagnoses[key] = diagnosis
        for name in names:
            _listeners.setdefault(name, set()).add(key)
        return handler

    return register


def handlers() -> dict[str, Handler]:
    """Every handler by its key."""
    return dict(_handlers)


def listeners(name: str) -> set[str]:
    """The keys of the handlers that always hear of a name."""
    return set(_listeners.get(name, ()))


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
        values = ([Jsonb(value, json.dumps) if key == "data" else value for key, value in row.items()] for row in rows)
        db.copy_rows(session, Event.__tablename__, list(rows[0]), values)
    else:
        # With its nulls written out, every row goes into the same statement.
        session.execute(insert(Event).execution_options(render_nulls=True), rows)
    subscribed = ears(session, {row["name"] for row in rows})
    deliveries = [
        {"handler": key, "event_id": row["id"], "recorded_at": row["recorded_at"], "due_at": row["recorded_at"]}
        for row in rows
        for key in sorted(listeners(row["name"]) | {one.handler for one in subscribed[row["name"]] if one.hears(row)})
    ]
    if len(deliveries) > COPIED_FROM:
        db.copy_rows(session, EventDelivery.__tablename__, list(deliveries[0]), (list(one.values()) for one in deliveries))
    elif deliveries:
        session.execute(insert(EventDelivery), deliveries)
    if deliveries:
        queue.enqueue(session, "events.deliver")
    telling.tell(session, rows)


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
        data={key: value for key, value in one["data"].items() if key not in OURS} | named | page | context,
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
        done_before, began = done, time.monotonic()
        for key in keys:
            done += deliver(key, until=until)
            if time.monotonic() >= until:
                return done
            if time.monotonic() - began >= A_ROUND_S and done > done_before:
                break
        if done == done_before:
            break
    return done


def due_handlers() -> list[str]:
    """Who has something to hear. Whoever had no turn for longest comes first, so that nobody is always the last."""
    with db.transaction() as session:
        keys = [key for key in listening.due(session) if _kind(key) in _handlers]
    return sorted(keys, key=lambda key: _turns.get(key, -math.inf))


def _kind(key: str) -> str:
    """The handler behind a key, whomever it hears for."""
    return key.partition(":")[0]


def deliver(key: str, *, until: float = math.inf) -> int:
    """Give a handler its next batch; when that fails, its events one by one until then (`time.monotonic`). How many were delivered."""
    _turns[key] = time.monotonic()
    most = _batches.get(_kind(key), BATCH)
    try:
        return _deliver_batch(key, most)
    except Exception as error:
        log.exception("handler failed on a batch", handler=key)
        if _must_rest(key, error):
            return 0
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


def _must_rest(key: str, error: Exception) -> bool:
    """Whether whoever failed can hear nothing for now: then nothing is told to it for a while, and nothing of it is given up."""
    diagnosis = _diagnoses.get(_kind(key))
    lasting = diagnosis(key.partition(":")[2], error) if diagnosis else None
    if lasting is None:
        return False
    with db.transaction() as session:
        listening.rest(session, key, lasting, _in_words(error))
    return True


def _in_words(error: Exception) -> str:
    return mask_text(f"{type(error).__name__}: {error}")[:500]


def _deliver_batch(key: str, limit: int, tried: list[uuid.UUID] | None = None) -> int:
    """One transaction of deliveries; `tried` is told which events they were, also when it fails."""
    with db.transaction() as session:
        # One deliverer per handler at a time keeps a customer's events in order; the lock ends with the transaction. Where somebody else
        # delivers to it, others have their turn meanwhile.
        free = text("SELECT pg_try_advisory_xact_lock(hashtext(:key))")
        if not session.execute(free, {"key": f"deliver {key}"}).scalar_one():
            return 0
        due = list(_next(session, key, limit))
        if not due:
            return 0
        ids = [event_id for event_id, _ in due]
        if tried is not None:
            tried.extend(ids)
        times = {recorded_at for _, recorded_at in due}
        # Between the first and the last, so that no other months are looked into.
        within = Event.recorded_at >= min(times), Event.recorded_at <= max(times)
        # As rows: nobody changes what happened, and entities of the session cost as much again as to read them.
        wanted = select(*Event.__table__.c).where(Event.id == _any(ids), *within).order_by(Event.recorded_at, Event.id)
        happened = cast(Sequence[Event], session.execute(wanted).all())
        whom = key.partition(":")[2]
        _handlers[_kind(key)](session, happened, **({"whom": whom} if whom else {}))
        heard = update(EventDelivery).where(EventDelivery.handler == key, EventDelivery.event_id == _any(ids))
        # As a select the moment is asked for once, not for each row.
        heard = heard.values(delivered_at=select(func.marque_now()).scalar_subquery(), error=None)
        session.execute(heard.execution_options(synchronize_session=False))
        if _kind(key) in _diagnoses:
            wake(session, key)
        return len(ids)


def _any(ids: Sequence[uuid.UUID]) -> Any:
    """One parameter, however many there are."""
    return any_(literal(list(ids), ARRAY(Uuid)))


def _next(session: Session, key: str, limit: int) -> Sequence[tuple[uuid.UUID, datetime]]:
    wanted = select(EventDelivery.event_id, EventDelivery.recorded_at).where(
        EventDelivery.handler == key,
        EventDelivery.delivered_at.is_(None),
        EventDelivery.dead_at.is_(None),
        EventDelivery.due_at <= select(func.marque_now()).scalar_subquery(),
    )
    return [(event_id, at) for event_id, at in session.execute(wanted.order_by(EventDelivery.event_id).limit(limit))]


def _postpone(key: str, event_ids: list[uuid.UUID], error: Exception) -> None:
    """Try these events later, twice as late each time; after the last attempt they are dead and visible."""
    log.exception("handler failed on an event", handler=key)
    with db.transaction() as session:
        wanted = select(EventDelivery).where(
            EventDelivery.handler == key, EventDelivery.event_id.in_(event_ids), EventDelivery.delivered_at.is_(None)
        )
        for row in session.execute(wanted.with_for_update()).scalars():
            row.attempts += 1
            row.error = _in_words(error)
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


def make_partitions(session: Session, months_ahead: int = 3) -> None:
    """Make the monthly partitions of `events` up to some months ahead; those that exist stay as they are."""
    session.execute(text("SELECT events_make_partitions(:ahead)"), {"ahead": months_ahead})
