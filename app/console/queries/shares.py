"""What people passed on in a period, whom that brought, and how far it was passed on.

Of the shares that were made on those days everything counts that they led to since: what a share leads to is known only later. A newcomer
is counted once, for the first share that ever touched her, when she became a customer on that visit or within the window after it.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.console.queries import names
from app.sharing.queries import ATTRIBUTION_WINDOW, CHAIN_DEPTH
from app.sharing.service.passing_on import SAME_OPEN
from app.vehicles.queries import CHINA

FIGURES = ("opens", "newcomers", "leads", "orders", "deposits")

# `above` has each share with itself and with those it was passed on from, so many times removed.
_MADE = """
    WITH RECURSIVE made AS MATERIALIZED (
        SELECT id, customer_id FROM shares WHERE brand_id = :brand_id AND created_at >= :since AND created_at < :until
    ), above (id, at, sharer_id, parent_id, removed) AS (
        SELECT m.id, s.id, s.customer_id, s.parent_id, 0 FROM made m JOIN shares s ON s.id = m.id
        UNION ALL
        SELECT a.id, s.id, s.customer_id, s.parent_id, a.removed + 1 FROM above a JOIN shares s ON s.id = a.parent_id
        WHERE a.removed < :depth
    ), opened AS (
        SELECT o.share_id AS id, count(DISTINCT coalesce(o.customer_id::text, o.visitor_id)) AS opens
        FROM made m JOIN share_opens o ON o.share_id = m.id
        WHERE o.customer_id IS DISTINCT FROM m.customer_id GROUP BY o.share_id
    ), led AS (
        SELECT m.id, count(*) FILTER (WHERE c.kind = 'lead') AS leads, count(*) FILTER (WHERE c.kind = 'order') AS orders,
            count(*) FILTER (WHERE c.kind = 'deposit') AS deposits
        FROM made m JOIN share_conversions c ON c.share_id = m.id GROUP BY m.id
    ), came AS (
        SELECT m.id, count(*) AS newcomers
        FROM made m JOIN share_conversions c ON c.share_id = m.id AND c.kind = 'login'
            JOIN share_touches t ON t.customer_id = c.customer_id AND t.share_id = c.share_id
            JOIN customers n ON n.id = t.customer_id
        WHERE n.created_at >= t.first_at - CAST(:visit AS interval) AND n.created_at < t.first_at + CAST(:window AS interval)
            AND t.share_id = (SELECT e.share_id FROM share_touches e
                WHERE e.customer_id = t.customer_id ORDER BY e.first_at, e.share_id LIMIT 1)
        GROUP BY m.id
    ), figures AS (
        SELECT m.id, m.customer_id, coalesce(o.opens, 0) AS opens, coalesce(n.newcomers, 0) AS newcomers,
            coalesce(l.leads, 0) AS leads, coalesce(l.orders, 0) AS orders, coalesce(l.deposits, 0) AS deposits
        FROM made m LEFT JOIN opened o ON o.id = m.id LEFT JOIN led l ON l.id = m.id LEFT JOIN came n ON n.id = m.id
    )
"""
_SUMS = ", ".join(f"coalesce(sum(f.{name}), 0)::int AS {name}" for name in FIGURES)
_LEVELS = f"""{_MADE}
    SELECT d.removed, count(*) AS shares, count(DISTINCT f.customer_id) AS sharers, {_SUMS}
    FROM figures f JOIN (SELECT id, max(removed) AS removed FROM above GROUP BY id) d ON d.id = f.id
    GROUP BY GROUPING SETS ((), (d.removed)) ORDER BY d.removed NULLS FIRST
"""  # noqa: S608  # no input in the text
# A share that somebody passed on from her own is of her once.
_SHARERS = f"""{_MADE}, hers AS (SELECT id, sharer_id, min(removed) AS removed FROM above GROUP BY id, sharer_id)
    SELECT h.sharer_id, count(*) FILTER (WHERE h.removed = 0)::int AS shares,
        coalesce(sum(f.newcomers) FILTER (WHERE h.removed = 0), 0)::int AS own_newcomers, {_SUMS}
    FROM hers h JOIN figures f ON f.id = h.id
    GROUP BY h.sharer_id HAVING bool_or(h.removed = 0)
    ORDER BY newcomers DESC, deposits DESC, leads DESC, opens DESC, h.sharer_id LIMIT :limit OFFSET :skipped
"""  # noqa: S608  # no input in the text


def _asked(brand_id: uuid.UUID, since: date, until: date) -> dict[str, Any]:
    begins, ends = (datetime.combine(day, time(), CHINA) for day in (since, until + timedelta(days=1)))
    rules = {"depth": CHAIN_DEPTH, "visit": SAME_OPEN, "window": ATTRIBUTION_WINDOW}
    return {"brand_id": brand_id, "since": begins, "until": ends} | rules


def summary(session: Session, brand_id: uuid.UUID, since: date, until: date) -> dict[str, Any]:
    """All shares of the period together, and by how many times removed they are from the first of their chain; the last is so many or more.

    `k` is how many newcomers each person who shared brought: shares a sharer times newcomers a share; None when nobody shared.
    """
    everything, *levels = (dict(row) for row in session.execute(text(_LEVELS), _asked(brand_id, since, until)).mappings())
    sharers = everything["sharers"]
    k = round(everything["newcomers"] / sharers, 4) if sharers else None
    return {"total": everything, "levels": levels, "k": k}


def sharers(session: Session, brand_id: uuid.UUID, since: date, until: date, *, page: int = 1, limit: int) -> list[dict[str, Any]]:
    """Those who shared in the period, who brought most first; what others passed on from theirs is in their figures too."""
    paging = {"limit": limit, "skipped": (page - 1) * limit}
    rows = session.execute(text(_SHARERS), _asked(brand_id, since, until) | paging).mappings().all()
    people = names.people(session, [row["sharer_id"] for row in rows])
    return [dict(row) | {"person": people[row["sharer_id"]]} for row in rows]
