"""From the staging table into the stock, in a few statements however many rows there are."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app.events import service as events
from app.kit import acting
from app.vehicles.models import VEHICLE, Status, Vehicle, Withdrawn
from app.vehicles.service.checks import MISSING
from app.vehicles.service.plans import refresh_monthly
from app.vehicles.service.staging import VALUES, Stage

# What happened to so many cars is told at a time, so that a long feed takes no more memory than a short one.
BATCH = 2_000
PRICES = ("old_price_fen", "new_price_fen")

# What names a car is never updated; what a mapping does not fill stays as people left it.
_ALWAYS_UPDATED = ("store_id", "series_id", "search_text")
_COMES_BACK = "vehicles.status = 'withdrawn' AND vehicles.withdrawn_for IN ('missing_in_feed', 'unconfirmed')"


@dataclass(frozen=True)
class Merged:
    created: int
    updated: int


def into_stock(session: Session, stage: Stage) -> Merged:
    """Insert what is new and update what differs; sold cars stay sold. What happened is written into trails, prices and events."""
    asked = {"brand_id": stage.brand_id, "feed": stage.feed.name}
    session.execute(text("DROP TABLE IF EXISTS happened"))
    session.execute(text(_HAPPENED))
    session.execute(text(_BEFORE), asked)
    session.execute(text(_upsert(stage)), asked)
    _tell_planner(session)
    session.execute(text(_PRICES))
    session.execute(text(_TRAIL), asked | _occasion())
    session.execute(text(_KNOWN_BEFORE), asked)
    # Those that were relisted or got another price are among the changed.
    told = {
        "new": ("vehicle.listed",),
        "changed": (),
        "relisted": ("vehicle.listed", "vehicle.relisted"),
        "priced": ("vehicle.price_changed",),
    }
    for kind, names in told.items():
        for cars in _batches(session, kind):
            if kind in ("new", "changed"):
                refresh_monthly(session, stage.brand_id, [car.id for car in cars])
            for name in names:
                record_all(session, name, cars, brand_id=stage.brand_id, figures=PRICES if kind == "priced" else ())
    counts: dict[str, int] = dict(session.execute(text("SELECT kind, count(*) FROM happened GROUP BY kind")).all())
    return Merged(created=counts.get("new", 0), updated=counts.get("changed", 0))


def _tell_planner(session: Session) -> None:
    """Where more cars came than the planner knows of, as with a first feed, it would look through all of them for each: for minutes.

    Everywhere else this is left to the end of the feed, for the lock lasts until the commit.
    """
    session.execute(text("ANALYZE happened"))
    came, known = session.execute(text(_CAME)).one()
    if came > known:
        session.execute(text("ANALYZE vehicles"))


_CAME = """
    SELECT (SELECT count(*) FROM happened WHERE kind = 'new'), reltuples FROM pg_class WHERE oid = 'vehicles'::regclass
"""
_HAPPENED = """
    CREATE TEMPORARY TABLE happened (kind text, id uuid, dealer_id uuid, store_id uuid, old_price_fen bigint, new_price_fen bigint)
    ON COMMIT DROP
"""
# Which prices change and which cars come back, read and locked before they do.
_BEFORE = f"""
    WITH known AS (
        SELECT vehicles.id, vehicles.dealer_id, s.store_id, vehicles.price_fen AS old_price_fen, s.price_fen AS new_price_fen,
            {_COMES_BACK} AS comes_back
        FROM vehicles JOIN staged s USING (dealer_id, stock_number)
        WHERE s.refused_reason IS NULL AND vehicles.status NOT IN ('sold', 'delivered')
            AND (vehicles.price_fen <> s.price_fen OR {_COMES_BACK})
        ORDER BY vehicles.id FOR NO KEY UPDATE OF vehicles
    )
    INSERT INTO happened
    SELECT 'priced', id, dealer_id, store_id, old_price_fen, new_price_fen FROM known WHERE old_price_fen <> new_price_fen
    UNION ALL SELECT 'relisted', id, dealer_id, store_id, NULL, NULL FROM known WHERE comes_back
"""  # noqa: S608  # a condition of this module's own


def _upsert(stage: Stage) -> str:
    """A car that was there before under another number, with the same VIN, is as old as it was then."""
    mapped = [name for name in VALUES if name in stage.mapping.fields]
    updated = [*_ALWAYS_UPDATED, *mapped, *(["specifications"] if stage.mapping.specifications else [])]
    was, will_be = (", ".join(f"{row}.{name}" for name in updated) for row in ("vehicles", "excluded"))
    columns = ["dealer_id", "store_id", "stock_number", *VALUES]
    since = "(SELECT min(o.listed_at) FROM vehicles o WHERE o.brand_id = :brand_id AND o.vin = s.vin AND o.status = 'withdrawn')"
    return f"""
        WITH done AS (
            INSERT INTO vehicles (id, {", ".join(columns)}, series_id, brand_id, status, listed_at, confirmed_at, feed)
            SELECT marque_new_id(), {", ".join(f"s.{name}" for name in columns)}, m.id, :brand_id, 'listed',
                coalesce({since}, marque_now()), marque_now(), :feed
            FROM staged s JOIN model_series m ON m.brand_id = :brand_id AND m.key = s.series_key
            WHERE s.refused_reason IS NULL
            ON CONFLICT (dealer_id, stock_number) DO UPDATE SET
                {", ".join(f"{name} = excluded.{name}" for name in updated)},
                status = CASE WHEN {_COMES_BACK} THEN 'listed' ELSE vehicles.status END,
                listed_at = CASE WHEN {_COMES_BACK} THEN coalesce(vehicles.listed_at, marque_now()) ELSE vehicles.listed_at END,
                withdrawn_for = CASE WHEN {_COMES_BACK} THEN NULL ELSE vehicles.withdrawn_for END,
                confirmed_at = marque_now(), warned_at = NULL, missed_feeds = 0, version = vehicles.version + 1
            WHERE vehicles.status NOT IN ('sold', 'delivered')
                AND (vehicles.missed_feeds > 0 OR {_COMES_BACK} OR ({was}) IS DISTINCT FROM ({will_be}))
            RETURNING id, dealer_id, store_id, xmax = 0 AS is_new
        )
        INSERT INTO happened SELECT CASE WHEN is_new THEN 'new' ELSE 'changed' END, id, dealer_id, store_id FROM done
    """  # noqa: S608  # column names are this module's own


_PRICES = """
    INSERT INTO price_changes (id, vehicle_id, old_price_fen, new_price_fen)
    SELECT marque_new_id(), id, old_price_fen, new_price_fen FROM happened WHERE kind = 'priced'
"""
_TRAIL = """
    INSERT INTO transitions (id, brand_id, subject_type, subject_id, before, after, actor_type, actor_id, reason, cause, request_id)
    SELECT marque_new_id(), :brand_id, 'vehicles', id, CASE WHEN kind = 'new' THEN '' ELSE 'withdrawn' END, 'listed',
        :actor_type, :actor_id, 'feed', :cause, :request_id
    FROM happened WHERE kind IN ('new', 'relisted')
"""
# The same car under a new number keeps what it was offered for last: otherwise a raise could be hidden behind it.
_KNOWN_BEFORE = """
    INSERT INTO price_changes (id, vehicle_id, old_price_fen, new_price_fen)
    SELECT marque_new_id(), v.id, o.price_fen, v.price_fen
    FROM happened h JOIN vehicles v ON v.id = h.id
    CROSS JOIN LATERAL (
        SELECT price_fen FROM vehicles WHERE brand_id = :brand_id AND vin = v.vin AND status = 'withdrawn' ORDER BY number DESC LIMIT 1
    ) o
    WHERE h.kind = 'new' AND v.vin IS NOT NULL AND o.price_fen <> v.price_fen
"""


def _occasion() -> dict[str, Any]:
    now = acting.now()
    kind, actor_id = now.actor
    return {
        "actor_type": kind,
        "actor_id": None if actor_id is None else str(actor_id),
        "cause": now.cause,
        "request_id": now.request_id,
    }


def count_missing(session: Session, stage: Stage) -> int:
    """Count one more feed without them for the listed cars that it did not bring; withdraw those that it was the last for. How many."""
    feed = stage.feed
    asked = {"brand_id": stage.brand_id, "feed": feed.name, "dealer_id": feed.dealer_id}
    session.execute(text(f"UPDATE vehicles v SET missed_feeds = missed_feeds + 1 WHERE {MISSING}"), asked)  # noqa: S608
    if feed.withdraw_after <= 0:
        return 0
    of_the_feed = (Vehicle.brand_id == stage.brand_id) & (Vehicle.feed == feed.name) & (Vehicle.missed_feeds >= feed.withdraw_after)
    if feed.dealer_id:
        of_the_feed &= Vehicle.dealer_id == feed.dealer_id
    gone = withdraw_all(session, of_the_feed, why=Withdrawn.missing_in_feed)
    record_all(session, "vehicle.withdrawn", gone)
    return len(gone)


def withdraw_all(session: Session, where: Any, *, why: Withdrawn) -> Sequence[Any]:
    """Take the listed cars of a condition off sale; their id, brand_id, dealer_id, store_id. Their events are the caller's."""
    return VEHICLE.move_all(
        session,
        Vehicle,
        Status.withdrawn,
        where,
        since=[Status.listed],
        returning=[Vehicle.dealer_id, Vehicle.store_id],
        reason=why,
        withdrawn_for=why,
        version=Vehicle.version + 1,
    )


def confirm(session: Session) -> None:
    """Every car that the feed brought is there; written once a day at most. What somebody is changing at this moment is passed over."""
    brought = text("SELECT dealer_id, stock_number FROM staged WHERE refused_reason IS NULL").columns(
        Vehicle.dealer_id, Vehicle.stock_number
    )
    staged = brought.subquery()
    due = (
        select(Vehicle.id)
        .join(staged, (staged.c.dealer_id == Vehicle.dealer_id) & (staged.c.stock_number == Vehicle.stock_number))
        .where(Vehicle.status.in_((Status.draft, Status.in_preparation, Status.listed, Status.reserved)))
        .where(text("confirmed_at < marque_now() - interval '1 day'"))
        .with_for_update(key_share=True, skip_locked=True, of=Vehicle)
    )
    session.execute(
        update(Vehicle)
        .where(Vehicle.id.in_(due))
        .values(confirmed_at=text("marque_now()"), warned_at=None)
        .execution_options(synchronize_session=False)
    )


def _batches(session: Session, kind: str) -> Iterator[Sequence[Any]]:
    """What happened of this kind, as rows of `happened`, so many at a time."""
    after = uuid.UUID(int=0)
    wanted = text("SELECT * FROM happened WHERE kind = :kind AND id > :after ORDER BY id LIMIT :batch")
    while rows := session.execute(wanted, {"kind": kind, "after": after, "batch": BATCH}).all():
        yield rows
        after = rows[-1].id


def record_all(session: Session, name: str, cars: Sequence[Any], *, brand_id: uuid.UUID | None = None, figures: Sequence[str] = ()) -> None:
    """An event of each of these rows, which have id, dealer_id, store_id, and brand_id unless it is given; `figures` are told, too."""
    facts = [
        {
            "brand_id": brand_id or car.brand_id,
            "subject": ("vehicle", car.id),
            "data": {"vehicle_id": car.id, "dealer_id": car.dealer_id, "store_id": car.store_id}
            | {key: getattr(car, key) for key in figures},
        }
        for car in cars
    ]
    events.record_all(session, name, facts)
