"""The finance plans of a brand, and the monthly instalments that they make of its stock."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime, time
from typing import Any

from marshmallow import ValidationError
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.vehicles.errors import PlanInvalid
from app.vehicles.finance import factors, terms_of
from app.vehicles.models import FinancePlan, MonthlyRefresh, Vehicle
from app.vehicles.models.finance import PUBLISHED
from app.vehicles.queries.finance import CHINA, running_plans, today
from app.vehicles.queries.plans import SUITS, published
from app.vehicles.schemas_finance import PlanIn
from app.vehicles.service.offering import must_be_alone, put_in_force

# So many cars are one transaction of a refresh: for a fraction of a second nobody else can change them.
BATCH = 500


def install_plans(session: Session, brand_id: uuid.UUID, plans: Iterable[dict[str, Any]]) -> int:
    """Publish finance plans as `PlanIn` has them, instead of the brand's that have their names; how many are new or other than before.

    What becomes of the stock's monthly instalments follows by a job. Raises `PlanInvalid` naming plan and fields; then none is made.
    """
    wanted = [_loaded(given, position) for position, given in enumerate(plans, 1)]
    must_be_alone(session, brand_id)
    changed = 0
    for terms in wanted:
        known = published(session, brand_id, terms["name"])
        if known is None or any(getattr(known, name) != value for name, value in terms.items()):
            changed += 1
            put_in_force(session, FinancePlan(brand_id=brand_id, **terms), instead_of=known, by=None)
    return changed


def _loaded(given: dict[str, Any], position: int) -> dict[str, Any]:
    try:
        return PlanIn().load(given)
    except ValidationError as error:
        raise PlanInvalid(plan=str(given.get("name", position)), fields=error.normalized_messages()) from error


def refresh_monthly(session: Session, brand_id: uuid.UUID, vehicle_ids: Collection[uuid.UUID] | None = None) -> int:
    """Set `monthly_fen` of these cars, or of the whole stock, to the least instalment that a plan of today offers; how many differed.

    To be called in the transaction that changes what plans ask of a car: price, condition, series, model year. May be called again.
    """
    if vehicle_ids is None:
        return _refresh(session, brand_id, "TRUE")
    changed = _refresh(session, brand_id, "v.id = ANY (:ids)", ids=list(vehicle_ids))
    for vehicle_id in vehicle_ids if changed else ():
        if (loaded := session.identity_map.get(session.identity_key(Vehicle, vehicle_id))) is not None:
            session.expire(loaded, ["monthly_fen"])
    return changed


def refresh_due(session: Session) -> bool:
    """Take the next part of the stock of a brand whose plans have changed, or a campaign of which has begun or ended. False when none is
    due. Each call is a whole by itself: the next one goes on where it ended.
    """
    due = session.execute(
        select(MonthlyRefresh)
        .where(MonthlyRefresh.due_at <= func.marque_now())
        .order_by(MonthlyRefresh.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).scalar_one_or_none()
    if due is None:
        return False
    numbers = select(Vehicle.number).where(Vehicle.brand_id == due.brand_id, Vehicle.number > due.after_number)
    until = session.execute(select(func.max(numbers.order_by(Vehicle.number).limit(BATCH).subquery().c.number))).scalar_one()
    if until is None:
        due.after_number, due.due_at = 0, _next_change(session, due.brand_id)
    else:
        _refresh(session, due.brand_id, "v.number > :after AND v.number <= :until", after=due.after_number, until=until)
        due.after_number = until
    return True


def _next_change(session: Session, brand_id: uuid.UUID) -> datetime | None:
    """The next midnight in China at which a campaign of the brand begins or is over."""
    day = today(session)
    begins = func.min(FinancePlan.valid_from).filter(FinancePlan.valid_from > day)
    ends = func.min(FinancePlan.valid_until + 1).filter(FinancePlan.valid_until >= day)
    wanted = select(func.least(begins, ends)).where(FinancePlan.brand_id == brand_id, text(PUBLISHED))
    next_day = session.execute(wanted).scalar_one()
    return datetime.combine(next_day, time(), CHINA) if next_day else None


def _refresh(session: Session, brand_id: uuid.UUID, which: str, **values: Any) -> int:
    session.flush()
    plans = running_plans(session, brand_id)
    reckoned = [factors(terms_of(plan)) for plan in plans]
    values |= {
        "brand_id": brand_id,
        "plans": [plan.id for plan in plans],
        "lent": [one.lent for one in reckoned],
        "left": [one.left for one in reckoned],
    }
    return session.execute(text(_REFRESH.format(which=which, suits=SUITS)), values).rowcount  # type: ignore[attr-defined]


# `finance.cheapest_monthly_fen` as one statement, figure by figure: a test compares them. Rows are locked in one order, and one whose
# car has changed meanwhile is left to whoever changed it.
_REFRESH = """
    WITH plans AS (
        SELECT p.*, f.lent, f.left_over
        FROM unnest(CAST(:plans AS uuid[]), CAST(:lent AS numeric[]), CAST(:left AS numeric[])) AS f (id, lent, left_over)
        JOIN finance_plans p USING (id)
    ), least AS (
        SELECT v.id, v.price_fen, v.condition, v.series_id, v.model_year, min(
            CASE WHEN p.annual_rate_bp = 0 THEN (v.price_fen - r.down - r.final) / p.term_months
            ELSE round((v.price_fen - r.down) * p.lent - r.final * p.left_over) END
        )::bigint AS fen
        FROM vehicles v
        JOIN model_series m ON m.id = v.series_id
        LEFT JOIN plans p ON {suits}
        CROSS JOIN LATERAL (
            SELECT (v.price_fen * p.min_down_payment_percent + 9999) / 10000 * 100 AS down,
                v.price_fen * p.final_percent / 10000 * 100 AS final
        ) r
        WHERE v.brand_id = :brand_id AND v.status NOT IN ('sold', 'delivered') AND {which}
        GROUP BY v.id
    ), changed AS (
        SELECT v.id, l.fen FROM vehicles v JOIN least l USING (id, price_fen, condition, series_id, model_year)
        WHERE v.monthly_fen IS DISTINCT FROM l.fen
        ORDER BY v.id FOR NO KEY UPDATE OF v
    )
    UPDATE vehicles v SET monthly_fen = c.fen FROM changed c WHERE c.id = v.id
"""
