"""How long cars stand in stock and how long they take to sell, from their trails: what is told agrees with the movements."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.kit import clock

CHINA = ZoneInfo("Asia/Shanghai")
_STOCK = "('in_preparation', 'listed', 'reserved')"
# What cars are told apart by: the key of a group, and its name.
_GROUPS = {
    "model": ("m.key || ' ' || v.model", "CASE WHEN v.model = '' THEN m.name ELSE v.model END"),
    "dealer": ("d.id::text", "d.name"),
}
# One pass over the trails: `until` is the next move of the same car, so that each line is a stay in one state.
_MOVES = """
    SELECT t.subject_id, t.before, t.after, t.created_at,
        lead(t.created_at) OVER (PARTITION BY t.subject_id ORDER BY t.created_at, t.id) AS until
    FROM transitions t JOIN vehicles v ON v.id = t.subject_id
    WHERE t.subject_type = 'vehicles' AND t.created_at < :ends AND v.brand_id = :brand_id
        AND (CAST(:dealer_id AS uuid) IS NULL OR v.dealer_id = :dealer_id)
"""
_CARS = f"""
    SELECT subject_id,
        count(*) FILTER (WHERE created_at < :begins AND (until >= :begins OR until IS NULL) AND after IN {_STOCK}) AS opening,
        count(*) FILTER (WHERE created_at >= :begins AND before NOT IN {_STOCK} AND after IN {_STOCK}) AS arrived,
        count(*) FILTER (WHERE created_at >= :begins AND before IN {_STOCK} AND after = 'sold') AS sold,
        count(*) FILTER (WHERE created_at >= :begins AND before IN {_STOCK} AND after NOT IN {_STOCK} AND after <> 'sold') AS withdrawn,
        count(*) FILTER (WHERE until IS NULL AND after IN {_STOCK}) AS closing,
        extract(epoch FROM sum(coalesce(until, :seen) - created_at) FILTER (WHERE after IN {_STOCK})) / 86400.0 AS days
    FROM ({_MOVES}) moves GROUP BY subject_id
"""  # noqa: S608  # conditions of this module's own


def ageing(
    session: Session, brand_id: uuid.UUID, dealer_id: uuid.UUID | None, *, since: date, until: date, by: str = "model"
) -> dict[str, Any]:
    """Movements between two days in China (both included) and days in stock, by model or by dealer, and in total.

    In stock is what is made ready, listed or reserved; days off sale do not count. `opening + arrived - sold - withdrawn = closing`.
    """
    key, name = _GROUPS[by]
    ends = datetime.combine(until + timedelta(days=1), time(), CHINA)
    figures = """
        sum(opening)::int AS opening, sum(arrived)::int AS arrived, sum(sold)::int AS sold, sum(withdrawn)::int AS withdrawn,
        sum(closing)::int AS closing, (avg(days) FILTER (WHERE closing > 0))::float AS days_in_stock,
        count(*) FILTER (WHERE closing > 0 AND days > 90) AS over_90_days, (avg(days) FILTER (WHERE sold > 0))::float AS days_to_sell
    """
    rows = session.execute(
        text(
            f"""
            WITH cars AS ({_CARS})
            SELECT {key} AS key, {name} AS name, grouping({key}) AS is_total, {figures}
            FROM cars JOIN vehicles v ON v.id = cars.subject_id
            JOIN model_series m ON m.id = v.series_id JOIN dealers d ON d.id = v.dealer_id
            WHERE opening + arrived > 0
            GROUP BY GROUPING SETS (({key}, {name}), ()) ORDER BY 3, 2, 1
            """  # noqa: S608
        ),
        {
            "brand_id": brand_id,
            "dealer_id": dealer_id,
            "begins": datetime.combine(since, time(), CHINA),
            "ends": ends,
            "seen": min(ends, clock.now(session)),
        },
    )
    *items, total = [_rounded(dict(row._mapping)) for row in rows]
    return {"items": items, "total": total | {"key": "", "name": ""}}


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    for name in ("days_in_stock", "days_to_sell"):
        row[name] = None if row[name] is None else round(row[name], 1)
    for name in ("opening", "arrived", "sold", "withdrawn", "closing"):
        row[name] = row[name] or 0
    return row
