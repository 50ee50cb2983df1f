"""What people passed on in a period, whom that brought, and how far it was passed on.

Of the shares that were made on those days everything counts that they led to since: what a share leads to is known only later. A newcomer
is counted once, for the first share that ever touched her, when she became a customer on that visit or within the window after it.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select, text, tuple_
from sqlalchemy.orm import Session

from app.console.queries import names
from app.console.queries.paging import Page
from app.console.queries.scope import Scope
from app.identity.models import Customer
from app.kit import paging
from app.sharing.models import Conversion, Share, ShareConversion, ShareTouch
from app.sharing.queries import ATTRIBUTION_WINDOW, CHAIN_DEPTH
from app.sharing.service.passing_on import SAME_OPEN
from app.vehicles.queries import CHINA

FIGURES = ("opens", "newcomers", "leads", "orders", "deposits")

# Whether a touch brought a newcomer: by the first share that ever touched her, on the visit on which she became a customer or before it.
_IS_NEWCOMER = """
    customers.created_at >= share_touches.first_at - CAST(:visit AS interval)
    AND customers.created_at < share_touches.first_at + CAST(:window AS interval)
    AND share_touches.share_id = (SELECT e.share_id FROM share_touches e
        WHERE e.customer_id = share_touches.customer_id ORDER BY e.first_at, e.share_id LIMIT 1)
"""
_RULES = {"visit": SAME_OPEN, "window": ATTRIBUTION_WINDOW}

# `above` has each share with itself and with those it was passed on from, so many times removed.
_MADE = f"""
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
            JOIN share_touches ON share_touches.customer_id = c.customer_id AND share_touches.share_id = c.share_id
            JOIN customers ON customers.id = share_touches.customer_id
        WHERE {_IS_NEWCOMER}
        GROUP BY m.id
    ), figures AS (
        SELECT m.id, m.customer_id, coalesce(o.opens, 0) AS opens, coalesce(n.newcomers, 0) AS newcomers,
            coalesce(l.leads, 0) AS leads, coalesce(l.orders, 0) AS orders, coalesce(l.deposits, 0) AS deposits
        FROM made m LEFT JOIN opened o ON o.id = m.id LEFT JOIN led l ON l.id = m.id LEFT JOIN came n ON n.id = m.id
    )
"""  # noqa: S608  # no input in the text
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
    return {"brand_id": brand_id, "since": begins, "until": ends, "depth": CHAIN_DEPTH} | _RULES


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


def brought(session: Session, scope: Scope, customer_id: uuid.UUID, *, cursor: str | None = None, limit: int) -> Page:
    """The newcomers whom a customer's shares brought, ever, the latest first: when, what it led to, and how many each brought in turn.

    A dealer sees those whom it knows, and no others are counted. Raises `CursorInvalid`.
    """
    mine = _newcomers_of(scope, literal(customer_id))
    total = session.execute(select(func.count()).select_from(mine.subquery())).scalar_one()
    if cursor:
        mine = mine.where(tuple_(ShareTouch.first_at, Customer.id) < tuple_(*paging.moment_and_id(cursor)))
    page = mine.order_by(ShareTouch.first_at.desc(), Customer.id.desc()).limit(limit + 1).subquery()
    led = {
        f"{kind}s": select(func.count())
        .select_from(ShareConversion)
        .where(ShareConversion.customer_id == page.c.id, ShareConversion.kind == kind)
        for kind in (Conversion.lead, Conversion.order, Conversion.deposit)
    }
    in_turn = select(func.count()).select_from(_newcomers_of(scope, page.c.id).correlate(page).subquery())
    columns = [*(one.scalar_subquery().label(name) for name, one in led.items()), in_turn.scalar_subquery().label("newcomers")]
    rows = session.execute(select(page, *columns).order_by(page.c.first_at.desc(), page.c.id.desc())).mappings().all()
    shown = rows[:limit]
    people = names.people(session, [row["id"] for row in shown])
    items = [dict(row) | {"person": people[row["id"]]} for row in shown]
    return Page(items, paging.encode(shown[-1]["first_at"], shown[-1]["id"]) if len(rows) > limit else None, total)


def _newcomers_of(scope: Scope, customer_id: ColumnElement[uuid.UUID]) -> Select[uuid.UUID, datetime]:
    """(id, first_at) of those whom this person's shares brought, of whom the scope knows."""
    login = (ShareConversion.share_id == Share.id) & (ShareConversion.kind == Conversion.login)
    touch = (ShareTouch.customer_id == ShareConversion.customer_id) & (ShareTouch.share_id == Share.id)
    wanted = select(Customer.id, ShareTouch.first_at).select_from(Share).join(ShareConversion, login).join(ShareTouch, touch)
    hers = wanted.join(Customer, Customer.id == ShareTouch.customer_id).where(Share.customer_id == customer_id)
    return hers.where(text(_IS_NEWCOMER).bindparams(**_RULES), scope.covers_customer())
