"""What a brand's plans offer for a car, as consumers read it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Date, cast, func, select, text
from sqlalchemy.orm import Session

from app.kit import clock, money, texts
from app.vehicles import finance
from app.vehicles.errors import FinanceImpossible, NoPlan, PlanUnfit, PlanUnknown
from app.vehicles.finance import Offer
from app.vehicles.labels import labelled
from app.vehicles.models import FinancePlan, Vehicle
from app.vehicles.models.finance import PUBLISHED

CHINA = ZoneInfo("Asia/Shanghai")


def today(session: Session) -> date:
    """The platform's day in China: campaigns begin and end with it."""
    return clock.now(session).astimezone(CHINA).date()


def running_plans(session: Session, brand_id: uuid.UUID) -> Sequence[FinancePlan]:
    """The brand's plans that are published and whose days have begun and are not over, in a fixed order."""
    day = cast(func.timezone(CHINA.key, func.marque_now()), Date)
    wanted = select(FinancePlan).where(
        FinancePlan.brand_id == brand_id,
        text(PUBLISHED),
        func.coalesce(FinancePlan.valid_from, day) <= day,
        func.coalesce(FinancePlan.valid_until, day) >= day,
    )
    return session.execute(wanted.order_by(FinancePlan.term_months.desc(), FinancePlan.annual_rate_bp, FinancePlan.id)).scalars().all()


def _plans_for(session: Session, vehicle: Vehicle) -> list[FinancePlan]:
    """The plans that a car can be financed with today, the least instalment first: the one that `monthly_fen` in the stock is of."""
    suiting = [plan for plan in running_plans(session, vehicle.brand_id) if finance.suits(plan, **_car(vehicle))]
    return sorted(suiting, key=lambda plan: finance.monthly_fen(plan, vehicle.price_fen))


def offer(session: Session, vehicle: Vehicle, *, plan_id: uuid.UUID | None = None, down_payment_fen: int | None = None) -> Offer:
    """What a car comes to under a plan (the one with the least instalment unless one is named), with the least down payment unless
    one is given.

    Raises:
        NoPlan: no plan is for this car.
        PlanUnknown: the brand has no such plan.
        PlanUnfit: the plan is not for this car, or not today.
        FinanceImpossible: the down payment is not within the plan's range.
    """
    return _offer(session, vehicle, _plans_for(session, vehicle), plan_id=plan_id, down_payment_fen=down_payment_fen)


def calculated(
    session: Session, vehicle: Vehicle, *, plan_id: uuid.UUID | None = None, down_payment_fen: int | None = None
) -> dict[str, Any]:
    """`offer` with every payment, and all plans that are for the car, as `FinanceOut`. Raises what `offer` raises."""
    plans = _plans_for(session, vehicle)
    made = _offer(session, vehicle, plans, plan_id=plan_id, down_payment_fen=down_payment_fen)
    return _told(made) | {"schedule": made.schedule.instalments, "plans": [_plan(plan, vehicle.price_fen) for plan in plans]}


def previewed(plan: FinancePlan, *, price_fen: int, down_payment_fen: int | None = None) -> dict[str, Any]:
    """What `calculated` would tell of a plan, kept or not, for a car of this price that it is for, but the other plans.

    Raises:
        PlanUnfit: it is for no car of this price.
        FinanceImpossible: the down payment is not within the plan's range.
    """
    fits = (plan.price_min_fen or price_fen) <= price_fen <= (plan.price_max_fen or price_fen)
    if not fits or finance.down_payment_range(plan, price_fen) is None:
        raise PlanUnfit(field="price_fen")
    made = _with_down_payment(plan, price_fen, down_payment_fen)
    return _told(made) | {"schedule": made.schedule.instalments}


def finance_example(session: Session, vehicle: Vehicle) -> dict[str, Any] | None:
    """The least instalment a car can be had for, as `FinanceExampleOut`; None when no plan is for it."""
    try:
        return _told(offer(session, vehicle))
    except NoPlan:
        return None


def _offer(
    session: Session, vehicle: Vehicle, plans: Sequence[FinancePlan], *, plan_id: uuid.UUID | None, down_payment_fen: int | None
) -> Offer:
    plan = next((one for one in plans if plan_id in (None, one.id)), None)
    if plan is None:
        if plan_id is None:
            raise NoPlan
        known = session.execute(select(FinancePlan.id).filter_by(id=plan_id, brand_id=vehicle.brand_id)).first()
        raise PlanUnfit(field="plan_id") if known else PlanUnknown
    return _with_down_payment(plan, vehicle.price_fen, down_payment_fen)


def _with_down_payment(plan: FinancePlan, price_fen: int, down_payment_fen: int | None) -> Offer:
    """What a plan that suits comes to, with the least down payment unless one is given. Raises `FinanceImpossible`."""
    least, greatest = _between(plan, price_fen)
    down = least if down_payment_fen is None else down_payment_fen
    if not least <= down <= greatest:
        raise FinanceImpossible(field="down_payment_fen", minimum_yuan=money.yuan(least), maximum_yuan=money.yuan(greatest))
    return finance.offer(plan, price_fen, down)


def _told(made: Offer) -> dict[str, Any]:
    """An offer as `FinanceExampleOut`."""
    least, greatest = _between(made.plan, made.price_fen)
    schedule = made.schedule
    return {
        "plan": _plan(made.plan, made.price_fen),
        "price_fen": made.price_fen,
        "down_payment_fen": made.down_payment_fen,
        "down_payment_min_fen": least,
        "down_payment_max_fen": greatest,
        "principal_fen": schedule.principal_fen,
        "monthly_fen": schedule.monthly_fen,
        "last_instalment_fen": schedule.last_fen,
        "final_fen": made.final_fen,
        "fee_fen": schedule.fee_fen,
        "interest_fen": schedule.interest_fen,
        "subsidy_fen": made.subsidy_fen,
        "total_fen": made.total_fen,
        "apr_percent": schedule.apr_percent,
        "effective_apr_percent": schedule.effective_apr_percent,
        "note": texts.t(f"vehicles.plan_note.{_manner(made.plan)}", final=money.yuan(made.final_fen)),
        "disclaimer": texts.t("vehicles.finance_disclaimer"),
    }


def _plan(plan: FinancePlan, price_fen: int) -> dict[str, Any]:
    """A plan that is for a car of this price, with its instalment at the least down payment."""
    return {
        "id": str(plan.id),
        "name": plan.name,
        "kind": labelled("plan_kind", plan.kind),
        "term_months": plan.term_months,
        "annual_rate_percent": plan.annual_rate_bp / 100,
        "fee_percent": plan.fee_bp / 100,
        "final_percent": plan.final_percent,
        "min_down_payment_percent": plan.min_down_payment_percent,
        "max_down_payment_percent": plan.max_down_payment_percent,
        "valid_until": plan.valid_until.isoformat() if plan.valid_until else None,
        "monthly_fen": finance.monthly_fen(plan, price_fen),
    }


def _manner(plan: FinancePlan) -> str:
    """How the payments of a plan go, as a key of the catalogue."""
    return plan.kind + ("_apart" if plan.final_separately else "") + ("_advance" if plan.in_advance else "")


def _between(plan: FinancePlan, price_fen: int) -> tuple[int, int]:
    between = finance.down_payment_range(plan, price_fen)
    assert between is not None, "only plans that suit are offered"
    return between


def _car(vehicle: Vehicle) -> dict[str, Any]:
    """What plans ask of a car."""
    return {
        "price_fen": vehicle.price_fen,
        "condition": vehicle.condition,
        "series": vehicle.series.key,
        "model_year": vehicle.model_year,
    }
