"""Stores side by side: how fast they answer, and what becomes of who asked them; a period beside the same number of days before it.

Leads, deposits and sales are people of the funnel. What an adviser was asked, a booked test drive and money that went back are of the store
whose car, or which itself, she asked about last.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.analytics import queries as analytics
from app.analytics.models import NONE, Step
from app.analytics.queries import Asked, By
from app.console.queries.scope import Scope
from app.dealers.models import Dealer, Store
from app.leads.service.assigning import ANSWER_WITHIN
from app.vehicles.queries import CHINA

# A share of fewer than so many says nothing of a store, so it is neither told nor ranked.
FEW = 10
Stores = dict[uuid.UUID, "Figures"]


class Sort(StrEnum):
    """By what stores are ranked; the best first, of answers the quickest."""

    leads = "leads"
    in_time = "in_time"
    answer_seconds = "answer_seconds"
    test_drives = "test_drives"
    deposits = "deposits"
    sales = "sales"
    refunds = "refunds"
    sales_of_leads = "sales_of_leads"


@dataclass
class Figures:
    """Of one store in one period. `asked` are requests to answer whose time is over or that were answered."""

    leads: int = 0
    deposits: int = 0
    sales: int = 0
    asked: int = 0
    answered_in_time: int = 0
    answer_seconds: int | None = None
    test_drives: int = 0
    refunds: int = 0

    @property
    def in_time(self) -> float | None:
        return _share(self.answered_in_time, self.asked)

    @property
    def sales_of_leads(self) -> float | None:
        return _share(self.sales, self.leads)

    def told(self) -> dict[str, Any]:
        return vars(self) | {"in_time": self.in_time, "sales_of_leads": self.sales_of_leads}


# Each gives rows of (store, figures…) of a brand from one moment until another. Whoever asks again of the same lead is asked anew.
_WHERE = """
    JOIN leads l ON l.id = {of}.lead_id AND l.brand_id = :brand_id
    JOIN LATERAL (
        SELECT coalesce(v.store_id, i.store_id) AS store_id
        FROM lead_interests i LEFT JOIN vehicles v ON v.id = i.vehicle_id
            JOIN stores s ON s.id = coalesce(v.store_id, i.store_id) AND s.dealer_id = {dealer}
        WHERE i.lead_id = l.id ORDER BY i.latest_at DESC, i.id DESC LIMIT 1
    ) place ON true
"""
_ANSWERS = f"""
    SELECT place.store_id, count(*) AS asked, count(*) FILTER (WHERE a.answered_at <= a.created_at + given.time) AS answered_in_time,
        round(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM a.answered_at - a.created_at)))::int AS answer_seconds
    FROM lead_assignments a {_WHERE.format(of="a", dealer="a.dealer_id")}
        JOIN unnest(CAST(:grades AS text[]), CAST(:times AS interval[])) AS given (grade, time) ON given.grade = l.grade
    WHERE a.dealer_id IN (SELECT id FROM dealers WHERE brand_id = :brand_id) AND a.created_at >= :since AND a.created_at < :until
        AND (a.answered_at IS NOT NULL OR a.created_at + given.time < marque_now())
    GROUP BY place.store_id
"""  # noqa: S608  # no input in the text
_DRIVES = f"""
    SELECT place.store_id, count(DISTINCT d.lead_id) AS test_drives
    FROM lead_activities d {_WHERE.format(of="d", dealer="l.dealer_id")}
    WHERE d.kind = 'test_drive_booked' AND d.created_at >= :since AND d.created_at < :until
    GROUP BY place.store_id
"""  # noqa: S608  # no input in the text
# What was paid twice and went back is no refund of hers.
_REFUNDS = """
    SELECT v.store_id, count(DISTINCT o.id) AS refunds
    FROM refunds r JOIN payment_attempts p ON p.id = r.attempt_id AND NOT p.is_surplus
        JOIN orders o ON o.intent_id = r.intent_id JOIN vehicles v ON v.id = o.vehicle_id
    WHERE r.brand_id = :brand_id AND r.status = 'succeeded' AND r.settled_at >= :since AND r.settled_at < :until
    GROUP BY v.store_id
"""


def league(
    session: Session, scope: Scope, since: date, until: date, *, sort: Sort, page: int = 1, limit: int | None = 20
) -> dict[str, Any]:
    """A page of the stores in the scope, each with its rank among all of the brand's; no `limit` is all of them.

    A dealer is told nothing of another's stores but how many have a rank; equals share one, and who has too little to compare has none.
    """
    days = until - since + timedelta(days=1)
    now = _figures(session, scope.brand_id, since, until)
    before = _figures(session, scope.brand_id, since - days, until - days)
    ranks = _ranks(now, sort)
    stores = session.execute(select(Store.id, Store.name, Store.city, Dealer.name.label("dealer")).join(Dealer).where(scope.covers(Store)))
    rows = sorted(stores, key=lambda one: (ranks.get(one.id, len(ranks) + 1), one.name, str(one.id)))
    first = (page - 1) * limit if limit else 0
    shown = rows[first : first + limit] if limit else rows
    return {
        "items": [
            {
                **one._mapping,
                "rank": ranks.get(one.id),
                "now": now.get(one.id, Figures()).told(),
                "before": before.get(one.id, Figures()).told(),
            }
            for one in shown
        ],
        "total": len(rows),
        "ranked": len(ranks),
        "before": {"since": since - days, "until": until - days},
        "read_until": analytics.read_until(session),
    }


def _figures(session: Session, brand_id: uuid.UUID, since: date, until: date) -> Stores:
    found: Stores = {}
    steps = analytics.people_by(session, Scope(brand_id, None), Asked(since, until), By.store)
    for key, people in steps.items():
        if key != str(NONE):
            counted = (people.get(step, 0) for step in (Step.lead, Step.deposit, Step.sale))
            found[uuid.UUID(key)] = Figures(*counted)
    begins, ends = (datetime.combine(day, time(), CHINA) for day in (since, until + timedelta(days=1)))
    given = {"grades": [str(grade) for grade in ANSWER_WITHIN], "times": list(ANSWER_WITHIN.values())}
    asked = {"brand_id": brand_id, "since": begins, "until": ends}
    for statement, more in ((_ANSWERS, given), (_DRIVES, {}), (_REFUNDS, {})):
        for store_id, *values in (rows := session.execute(text(statement), asked | more)):
            store = found.setdefault(store_id, Figures())
            for name, value in zip(list(rows.keys())[1:], values, strict=True):
                setattr(store, name, value)
    return found


def _share(part: int, of: int) -> float | None:
    return round(part / of, 4) if of >= FEW else None


def _ranks(stores: Stores, sort: Sort) -> dict[uuid.UUID, int]:
    """The rank of each store that can be compared, equals the same one."""
    better: Callable[[float], float] = (lambda value: value) if sort in (Sort.answer_seconds, Sort.refunds) else (lambda value: -value)
    compared = {key: _compared(store, sort) for key, store in stores.items()}
    values = {key: better(value) for key, value in compared.items() if value is not None}
    ranks: dict[float, int] = {}
    for place, value in enumerate(sorted(values.values()), 1):
        ranks.setdefault(value, place)
    return {key: ranks[value] for key, value in values.items()}


def _compared(store: Figures, sort: Sort) -> float | None:
    """What ranks it; None where there is too little to compare."""
    if sort is Sort.answer_seconds and store.asked < FEW:
        return None
    if sort is Sort.refunds and store.deposits == 0 and store.refunds == 0:
        return None
    value: float | None = getattr(store, sort)
    return value
