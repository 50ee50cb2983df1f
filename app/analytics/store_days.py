"""Count what happened at each store on each day: a day is counted anew as a whole, so that it may be read again and told late."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.analytics.models import NONE, Anomaly, Figure, StoreDay, StoreDaysRead
from app.dealers.hours import CHINA
from app.dealers.models import Brand
from app.events.models import Event
from app.events.totals import DAY, RECORDED_WITHIN
from app.kit import clock
from app.leads.service.assigning import ANSWER_WITHIN

# So long what is said of a finished day may change: a lead that nobody answers becomes late without a fact, within a day.
OPEN_DAYS = 3
COUNTED = {
    Figure.lead: ("lead.created",),
    Figure.late: ("lead.created",),
    Figure.test_drive: ("lead.test_drive_booked",),
    Figure.deposit: ("deposit.paid",),
    Figure.sale: ("order.converted",),
    Figure.cancelled: ("order.cancelled", "order.declined", "order.sold_offline"),
    Figure.refund: ("deposit.refunded",),
    Figure.failed_send: ("message.rejected", "message.undelivered"),
}

# An order says its store; a car may have moved since. The promise to a lead is by the grade that it has now, from the moment somebody was
# first asked to answer it; what became a part of another lead is counted with that one.
_FACTS = """
    SELECT e.id, e.recorded_at, e.name, e.customer_id, e.subject_type, e.subject_id, e.brand_id, f.figure,
        coalesce(s.id, :none) AS store_id, coalesce(s.dealer_id, :none) AS dealer_id
    FROM events e JOIN unnest(CAST(:names AS text[]), CAST(:figures AS text[])) AS f (name, figure) ON f.name = e.name
        LEFT JOIN stores said ON said.id = CAST(e.data ->> 'store_id' AS uuid) AND said.brand_id = e.brand_id
        LEFT JOIN vehicles v ON v.id = CAST(e.data ->> 'vehicle_id' AS uuid) AND v.brand_id = e.brand_id AND said.id IS NULL
        LEFT JOIN stores s ON s.id = coalesce(said.id, v.store_id)
        LEFT JOIN leads l ON e.name = 'lead.created' AND l.id = CAST(e.data ->> 'lead_id' AS uuid)
    WHERE e.brand_id = ANY(:brands) AND e.name = ANY(CAST(:names AS text[])) AND e.recorded_at >= :since AND e.recorded_at < :until
        AND l.merged_into_id IS NULL
        AND (f.figure <> 'late' OR coalesce(l.first_response_at, marque_now())
            > (SELECT min(a.created_at) FROM lead_assignments a WHERE a.lead_id = l.id)
                + CAST(CAST(:promises AS jsonb) ->> l.grade AS integer) * interval '1 second')
"""
_COUNT = f"""
    INSERT INTO store_days (brand_id, on_day, store_id, figure, dealer_id, times)
    SELECT brand_id, CAST(:on_day AS date), store_id, figure, dealer_id, count(*) FROM ({_FACTS}) facts
    GROUP BY brand_id, store_id, figure, dealer_id
"""  # noqa: S608  # no input in the text
_LIST = f"""
    SELECT id, recorded_at, name, customer_id, subject_type, subject_id, store_id FROM ({_FACTS}) facts
    WHERE store_id = ANY(:stores) AND (recorded_at, id) > (:after_at, :after_id) ORDER BY recorded_at, id LIMIT :limit
"""  # noqa: S608  # no input in the text


def read_on(session: Session, *, step: timedelta = DAY) -> bool:
    """Count the days that the facts of the next day, or those up to now, are about; whether there are more.

    The last days are counted each time again: what they say may have changed, and who began to record a fact may not have been done.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('store days'))"))
    begun = session.execute(select(StoreDaysRead.until)).scalar_one_or_none()
    first = begun or session.execute(select(func.min(Event.recorded_at))).scalar_one_or_none()
    if first is None:
        return False
    now = clock.now(session)
    until = min(first + step, now)
    since = first - RECORDED_WITHIN
    _count(session, _days(since if until < now else min(since, now - OPEN_DAYS * DAY), until))
    written = insert(StoreDaysRead).values(until=until)
    session.execute(written.on_conflict_do_update(index_elements=["the_one"], set_={"until": written.excluded.until}))
    return until < now


def _days(since: datetime, until: datetime) -> list[date]:
    first, last = since.astimezone(CHINA).date(), until.astimezone(CHINA).date()
    return [first + timedelta(days=passed) for passed in range((last - first).days + 1)]


def _count(session: Session, days: Sequence[date]) -> None:
    brands = session.execute(select(Brand.id)).scalars().all()
    for day in days:
        session.execute(delete(StoreDay).where(StoreDay.brand_id.in_(brands), StoreDay.on_day == day))
        session.execute(text(_COUNT), _asked(brands, day, COUNTED) | {"on_day": day})


def _asked(brands: Sequence[uuid.UUID], day: date, figures: Collection[Figure]) -> dict[str, Any]:
    promises = "{" + ", ".join(f'"{grade}": {within.total_seconds():.0f}' for grade, within in ANSWER_WITHIN.items()) + "}"
    names = [(name, str(figure)) for figure in figures for name in COUNTED[figure]]
    begins = datetime.combine(day, time(), CHINA)
    return {
        "brands": list(brands),
        "since": begins,
        "until": begins + DAY,
        "names": [name for name, _ in names],
        "figures": [figure for _, figure in names],
        "promises": promises,
        "none": NONE,
    }


def behind(
    session: Session, one: Anomaly, stores: Collection[uuid.UUID], *, after: tuple[datetime, uuid.UUID] | None, limit: int
) -> Sequence[Any]:
    """What was counted for an anomaly at these stores, in the order in which it happened."""
    asked = _asked([one.brand_id], one.on_day, [Figure(one.figure)])
    after_at, after_id = after or (asked["since"], NONE)
    page = {"stores": list(stores), "after_at": after_at, "after_id": after_id, "limit": limit}
    return session.execute(text(_LIST), asked | page).all()
