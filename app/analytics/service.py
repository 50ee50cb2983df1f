"""Read facts into steps of people, and follow what becomes of the people."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, literal, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.analytics.models import NONE, FunnelRead, FunnelStep, Step
from app.events.models import Event
from app.events.totals import DAY, RECORDED_WITHIN
from app.kit import clock

STEPS = {
    "vehicle.viewed": Step.view,
    "vehicle.favourited": Step.favourite,
    "lead.created": Step.lead,
    "deposit.paid": Step.deposit,
    "order.converted": Step.sale,
}
# What a device told for so long before somebody signed in on it, she did.
BEFORE_SIGNING_IN = timedelta(days=30)
_LOCK = "hashtext('funnel steps')"

# Read again, a fact adds nothing: the primary key has it already. Of a day the channel of the first fact stays.
_READ = """
    INSERT INTO funnel_steps (brand_id, taken_on, step, customer_id, dealer_id, store_id, series_id, channel)
    SELECT e.brand_id, CAST(e.recorded_at AT TIME ZONE 'Asia/Shanghai' AS date), steps.step, c.now_id,
        coalesce(v.dealer_id, s.dealer_id, CAST(e.data ->> 'dealer_id' AS uuid), :none),
        coalesce(v.store_id, s.id, :none), coalesce(v.series_id, :none), coalesce(touch.channel, '')
    FROM events e
        JOIN unnest(CAST(:names AS text[]), CAST(:steps AS text[])) AS steps (name, step) ON steps.name = e.name
        JOIN (SELECT o.id, n.id AS now_id FROM customers o JOIN customers n ON n.id = coalesce(o.merged_into_id, o.id)
            WHERE n.erased_at IS NULL) c ON c.id = e.customer_id
        LEFT JOIN vehicles v ON v.id = CAST(e.data ->> 'vehicle_id' AS uuid) AND v.brand_id = e.brand_id
        LEFT JOIN stores s ON s.id = CAST(e.data ->> 'store_id' AS uuid) AND s.brand_id = e.brand_id AND v.id IS NULL
        LEFT JOIN LATERAL (
            SELECT last.channel FROM (
                (SELECT coalesce(k.channel, '') AS channel, t.at FROM campaign_touches t LEFT JOIN campaign_codes k ON k.id = t.code_id
                    WHERE t.customer_id = c.now_id AND t.at <= e.recorded_at ORDER BY t.at DESC LIMIT 1)
                UNION ALL
                (SELECT 'share', least(t.last_at, e.recorded_at) FROM share_touches t
                    WHERE t.customer_id = c.now_id AND t.first_at <= e.recorded_at ORDER BY t.last_at DESC LIMIT 1)
            ) last
            WHERE last.at > e.recorded_at - interval '30 days' ORDER BY last.at DESC LIMIT 1
        ) touch ON true
    WHERE e.brand_id IN (SELECT id FROM brands) AND e.name = ANY(CAST(:names AS text[])) AND {which}
    ORDER BY e.recorded_at
    ON CONFLICT DO NOTHING
"""


def read_on(session: Session, *, step: timedelta = DAY) -> bool:
    """Read the facts of the next day, or up to now; whether there are more.

    The last hour is read each time again: who began to record a fact then may not have been done.
    """
    session.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    begun = session.execute(select(FunnelRead.until)).scalar_one_or_none()
    since = begun or session.execute(select(func.min(Event.recorded_at))).scalar_one_or_none()
    if since is None:
        return False
    now = clock.now(session)
    until = min(since + step, now)
    _read(session, "e.recorded_at >= :since AND e.recorded_at <= :until", since=since - RECORDED_WITHIN, until=until)
    written = insert(FunnelRead).values(until=until)
    session.execute(written.on_conflict_do_update(index_elements=["the_one"], set_={"until": written.excluded.until}))
    return until < now


def signed_in(session: Session, customer_id: uuid.UUID, *, brand_id: uuid.UUID, visitor_id: str, at: datetime) -> None:
    """What her device told while nobody was signed in on it became hers: read it again."""
    session.execute(text(f"SELECT pg_advisory_xact_lock_shared({_LOCK})"))
    which = "e.brand_id = :brand_id AND e.data ->> 'visitor_id' = :visitor_id AND e.customer_id = :customer_id AND e.recorded_at >= :since"
    _read(session, which, brand_id=brand_id, visitor_id=visitor_id, customer_id=customer_id, since=at - BEFORE_SIGNING_IN)


def _read(session: Session, which: str, **params: Any) -> None:
    names = {"names": list(STEPS), "steps": [str(step) for step in STEPS.values()], "none": NONE}
    session.execute(text(_READ.format(which=which)), params | names)


def merge(session: Session, *, kept_id: uuid.UUID, merged_id: uuid.UUID) -> None:
    """Two people were one: what either did, the one did, and is counted once."""
    # Whoever reads facts just now may not know of the merge yet.
    session.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    kept = {column.name: column for column in FunnelStep.__table__.columns} | {"customer_id": literal(kept_id)}
    hers = select(*kept.values()).where(FunnelStep.customer_id == merged_id)
    session.execute(insert(FunnelStep).from_select(list(kept), hers).on_conflict_do_nothing())
    session.execute(delete(FunnelStep).where(FunnelStep.customer_id == merged_id))


def forget(session: Session, customer_id: uuid.UUID) -> None:
    """Drop the steps of somebody who is forgotten."""
    session.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    session.execute(delete(FunnelStep).where(FunnelStep.customer_id == customer_id))
