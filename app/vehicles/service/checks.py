"""What can be said of the rows of a feed only when all are there: where their cars already stand, and whose number or VIN is another's."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.vehicles.service.staging import Stage

# Cars that look the same are numbered in the order in which they stand in the file.
_NUMBERED = """
    UPDATE staged s SET stock_number = s.stock_number || '-' || told.place
    FROM (SELECT line, row_number() OVER (PARTITION BY stock_number ORDER BY line) AS place FROM staged WHERE stock_number IS NOT NULL) told
    WHERE told.line = s.line AND told.place > 1
"""
# Where a car of this feed stands goes before where we would put it; a row that names the store has the last word.
_WHERE_IT_STANDS = """
    UPDATE staged s SET dealer_id = v.dealer_id, store_id = v.store_id, refused_field = NULL, refused_value = NULL, refused_reason = NULL
    FROM vehicles v
    WHERE v.brand_id = :brand_id AND v.feed = :feed AND v.stock_number = s.stock_number
        AND (CAST(:dealer_id AS uuid) IS NULL OR v.dealer_id = :dealer_id)
        AND (s.placed_by = 'none' OR s.placed_by = 'dealer' AND v.dealer_id = s.dealer_id)
        AND (s.refused_reason IS NOT NULL OR v.store_id <> s.store_id)
"""
_DUPLICATES = """
    UPDATE staged s SET refused_field = 'stock_number', refused_value = s.stock_number, refused_reason = 'duplicate'
    FROM (
        SELECT line, row_number() OVER (PARTITION BY dealer_id, stock_number ORDER BY line) AS place
        FROM staged WHERE refused_reason IS NULL
    ) told
    WHERE told.line = s.line AND told.place > 1
"""
# A car that will be live needs a VIN that no other live one has. The other one is named to its own dealer only.
_VINS_TAKEN = """
    UPDATE staged s SET refused_field = 'vin', refused_reason = 'vin_taken',
        refused_value = told.vin || CASE WHEN other.dealer_id = told.dealer_id THEN ' = ' || other.stock_number ELSE '' END
    FROM (
        SELECT s.line, s.dealer_id, s.stock_number, coalesce(s.vin, v.vin) AS vin,
            row_number() OVER (PARTITION BY coalesce(s.vin, v.vin)
                ORDER BY v.status IN ('in_preparation', 'listed', 'reserved') DESC NULLS LAST, s.line) AS place
        FROM staged s LEFT JOIN vehicles v USING (dealer_id, stock_number)
        WHERE s.refused_reason IS NULL AND coalesce(s.vin, v.vin) IS NOT NULL AND (v.id IS NULL
            OR v.status IN ('in_preparation', 'listed', 'reserved')
            OR v.status = 'withdrawn' AND v.withdrawn_for IN ('missing_in_feed', 'unconfirmed'))
    ) told
    LEFT JOIN vehicles other ON other.brand_id = :brand_id AND other.vin = told.vin
        AND other.status IN ('in_preparation', 'listed', 'reserved')
        AND (other.dealer_id, other.stock_number) <> (told.dealer_id, told.stock_number)
    WHERE s.line = told.line AND (told.place > 1 OR other.id IS NOT NULL)
"""


@dataclass(frozen=True)
class Checked:
    accepted: int
    rejected: int


def check(session: Session, stage: Stage) -> Checked:
    """Place the rows of `staged`, and refuse those whose stock number or VIN is taken; how many hold and how many do not."""
    asked = {"brand_id": stage.brand_id, "feed": stage.feed.name, "dealer_id": stage.feed.dealer_id}
    if stage.mapping.numbers_by_content:
        session.execute(text(_NUMBERED))
    session.execute(text(_WHERE_IT_STANDS), asked)
    session.execute(text(_DUPLICATES))
    session.execute(text(_VINS_TAKEN), asked)
    counts = "SELECT count(*) FILTER (WHERE refused_reason IS NULL) AS accepted, count(refused_reason) AS rejected FROM staged"
    return Checked(**session.execute(text(counts)).one()._mapping)


# The cars of the feed on sale that it does not bring. A row that does not hold brings its car all the same.
MISSING = """
    v.brand_id = :brand_id AND v.feed = :feed AND v.status = 'listed' AND (CAST(:dealer_id AS uuid) IS NULL OR v.dealer_id = :dealer_id)
    AND NOT EXISTS (SELECT FROM staged s WHERE s.dealer_id = v.dealer_id AND s.stock_number = v.stock_number)
    AND NOT EXISTS (SELECT FROM staged s WHERE s.stock_number = v.stock_number AND s.refused_reason IS NOT NULL)
"""


def most_withdrawn(session: Session, stage: Stage) -> list[dict[str, Any]]:
    """Per dealer that would lose cars by this feed: dealer_id, how many `cars` of the feed are on sale, and how many would be `gone`."""
    asked = {"brand_id": stage.brand_id, "feed": stage.feed.name, "dealer_id": stage.feed.dealer_id, "after": stage.feed.withdraw_after}
    found = session.execute(
        text(
            f"""
            SELECT v.dealer_id, count(*) AS cars, count(*) FILTER (WHERE v.missed_feeds + 1 >= :after AND {MISSING}) AS gone
            FROM vehicles v
            WHERE v.brand_id = :brand_id AND v.feed = :feed AND v.status IN ('listed', 'reserved') AND :after > 0
                AND (CAST(:dealer_id AS uuid) IS NULL OR v.dealer_id = :dealer_id)
            GROUP BY v.dealer_id
            """  # noqa: S608  # a condition of this module's own
        ),
        asked,
    )
    return [dict(row._mapping) for row in found if row.gone]


def keep_report(session: Session, run_id: uuid.UUID) -> None:
    """Keep what is wrong with each row that does not hold; a second reading of the file says it anew."""
    session.execute(text("DELETE FROM import_rows WHERE run_id = :run_id"), {"run_id": run_id})
    session.execute(
        text(
            """
            INSERT INTO import_rows (run_id, line, stock_number, field, value, reason)
            SELECT :run_id, line, stock_number, refused_field, refused_value, refused_reason FROM staged WHERE refused_reason IS NOT NULL
            ON CONFLICT DO NOTHING
            """
        ),
        {"run_id": run_id},
    )
