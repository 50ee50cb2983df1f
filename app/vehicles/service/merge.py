"""From the staging table into the stock, in a few statements however many rows there are."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from app.events import service as events
from app.kit.db import new_id
from app.vehicles.mapping import Mapping
from app.vehicles.models import PriceChange

# Column of the staging table → its type.
TYPES = {
    "id": "uuid",
    "dealer_id": "uuid",
    "store_id": "uuid",
    "stock_number": "text",
    "series_key": "text",
    "vin": "text",
    "title": "text",
    "trim": "text",
    "condition": "text",
    "model_year": "integer",
    "first_registration_date": "date",
    "odometer_km": "integer",
    "previous_owners": "integer",
    "accident_free": "boolean",
    "exterior_color": "text",
    "interior_color": "text",
    "body": "text",
    "drivetrain": "text",
    "energy": "text",
    "gearbox": "text",
    "price_fen": "bigint",
    "guide_price_fen": "bigint",
    "options": "text[]",
    "specifications": "jsonb",
    "search_text": "text",
}
COLUMNS = tuple(TYPES)
STAGED = f"CREATE TEMPORARY TABLE staged ({', '.join(f'{name} {kind}' for name, kind in TYPES.items())}) ON COMMIT DROP"

# What names a car is never updated; what a mapping does not fill stays as people left it.
_ALWAYS_UPDATED = ("store_id", "series_id", "specifications", "search_text")


@dataclass(frozen=True)
class Merged:
    created: int
    updated: int


def into_stock(session: Session, brand_id: uuid.UUID, mapping: Mapping) -> Merged:
    """Insert what is new and update what differs; sold cars stay sold. Prices and listings that changed are recorded."""
    columns = [name for name in COLUMNS if name != "series_key"]
    mapped = [name for name in columns if name in mapping.fields]
    updated = [*_ALWAYS_UPDATED, *mapped]
    session.execute(text("ANALYZE staged"))
    dearer = session.execute(text(_PRICES)).all()
    relisted = session.execute(text(_RELISTED)).all()
    statement = f"""
        INSERT INTO vehicles ({", ".join(columns)}, series_id, brand_id, status, listed_at, feed)
        SELECT {", ".join(f"s.{name}" for name in columns)}, m.id, :brand_id, 'listed', marque_now(), :feed
        FROM staged s JOIN model_series m ON m.brand_id = :brand_id AND m.key = s.series_key
        ON CONFLICT (dealer_id, stock_number) DO UPDATE SET
            {", ".join(f"{name} = excluded.{name}" for name in updated)},
            status = CASE WHEN vehicles.status = 'withdrawn' AND vehicles.missed_feeds > 0 THEN 'listed' ELSE vehicles.status END,
            missed_feeds = 0, version = vehicles.version + 1
        WHERE vehicles.status NOT IN ('sold', 'delivered') AND (vehicles.missed_feeds > 0 OR
            ({", ".join(f"vehicles.{name}" for name in updated)}) IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in updated)}))
        RETURNING id, dealer_id, store_id, xmax = 0 AS is_new
    """  # noqa: S608  # column names are this module's own
    rows = session.execute(text(statement), {"brand_id": brand_id, "feed": mapping.name}).all()
    new = [row for row in rows if row.is_new]
    if dearer:
        changes = [
            {"id": new_id(), "vehicle_id": row.id, "old_price_fen": row.old_price_fen, "new_price_fen": row.new_price_fen} for row in dearer
        ]
        session.execute(insert(PriceChange), changes)
    _record(session, "vehicle.listed", brand_id, [*new, *relisted])
    _record(session, "vehicle.price_changed", brand_id, dearer, figures=("old_price_fen", "new_price_fen"))
    return Merged(created=len(new), updated=len(rows) - len(new))


_PRICES = """
    SELECT v.id, v.dealer_id, v.store_id, v.price_fen AS old_price_fen, s.price_fen AS new_price_fen
    FROM vehicles v JOIN staged s USING (dealer_id, stock_number)
    WHERE v.price_fen <> s.price_fen AND v.status NOT IN ('sold', 'delivered')
    FOR UPDATE OF v
"""
_RELISTED = """
    SELECT v.id, v.dealer_id, v.store_id FROM vehicles v JOIN staged s USING (dealer_id, stock_number)
    WHERE v.status = 'withdrawn' AND v.missed_feeds > 0
    FOR UPDATE OF v
"""


def count_missing(
    session: Session, brand_id: uuid.UUID, name: str, dealer_id: uuid.UUID | None, *, withdraw_after: int, spared: Sequence[str]
) -> int:
    """Count one more feed without them for the listed cars that it did not bring; withdraw those that it was the last for. How many.

    `spared` are the stock numbers of rows that did not hold: the feed did bring those cars.
    """
    gone_now = ":after > 0 AND missed_feeds + 1 >= :after"
    rows = session.execute(
        text(
            f"""
            UPDATE vehicles v SET
                missed_feeds = missed_feeds + 1,
                status = CASE WHEN {gone_now} THEN 'withdrawn' ELSE status END,
                version = version + CASE WHEN {gone_now} THEN 1 ELSE 0 END
            WHERE brand_id = :brand_id AND feed = :feed AND status = 'listed'
                AND (dealer_id = :dealer_id OR CAST(:dealer_id AS uuid) IS NULL)
                AND stock_number <> ALL (CAST(:spared AS text[]))
                AND NOT EXISTS (SELECT FROM staged s WHERE s.dealer_id = v.dealer_id AND s.stock_number = v.stock_number)
            RETURNING id, dealer_id, store_id, status
            """  # noqa: S608
        ),
        {"brand_id": brand_id, "feed": name, "dealer_id": dealer_id, "after": withdraw_after, "spared": list(spared)},
    ).all()
    withdrawn = [row for row in rows if row.status == "withdrawn"]
    _record(session, "vehicle.withdrawn", brand_id, withdrawn)
    return len(withdrawn)


def _record(session: Session, name: str, brand_id: uuid.UUID, cars: Iterable[Any], *, figures: Sequence[str] = ()) -> None:
    facts = [
        {
            "brand_id": brand_id,
            "subject": ("vehicle", car.id),
            "data": {"vehicle_id": car.id, "dealer_id": car.dealer_id, "store_id": car.store_id}
            | {key: getattr(car, key) for key in figures},
        }
        for car in cars
    ]
    events.record_all(session, name, facts)
