"""Which plan is for which car, between which down payments, and what it comes to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from app.vehicles.finance import schedules
from app.vehicles.finance.schedules import Final, Schedule, Terms
from app.vehicles.models import FinancePlan, PlanKind

YUAN = 100


@dataclass(frozen=True)
class Offer:
    """A plan for a car of this price, with one down payment of those it allows.

    `final_fen` is the balloon or the residual value. `subsidy_fen` is the interest that the brand pays in the customer's place.
    """

    plan: FinancePlan
    price_fen: int
    down_payment_fen: int
    final_fen: int
    subsidy_fen: int
    schedule: Schedule

    @property
    def total_fen(self) -> int:
        """Everything that is paid until the car is one's own: down payment, fee, instalments, and a leased car's residual value."""
        schedule = self.schedule
        return self.price_fen + schedule.interest_fen + schedule.fee_fen


def terms_of(plan: FinancePlan) -> Terms:
    final = Final.a_month_later if plan.final_separately else Final.kept if plan.kind == PlanKind.lease else Final.with_last
    return Terms(plan.term_months, plan.annual_rate_bp, final, plan.in_advance)


def final_fen(plan: FinancePlan, price_fen: int) -> int:
    """The plan's final share of the price, rounded down to a whole yuan."""
    return price_fen * plan.final_percent // (100 * YUAN) * YUAN


def down_payment_range(plan: FinancePlan, price_fen: int) -> tuple[int, int] | None:
    """(least, greatest) down payment: the plan's shares of the price, to a whole yuan inside of them; more than what is left to the
    end is always lent. None when nothing lies between.
    """
    least = -(-price_fen * plan.min_down_payment_percent // (100 * YUAN)) * YUAN
    greatest = price_fen * plan.max_down_payment_percent // (100 * YUAN) * YUAN
    greatest = min(greatest, price_fen - final_fen(plan, price_fen) - YUAN)
    return (least, greatest) if least <= greatest else None


def suits(plan: FinancePlan, *, price_fen: int, condition: str, series: str, model_year: int) -> bool:
    """Whether the plan is for such a car; `series` is its key. The days of a campaign are not looked at."""
    return (
        (not plan.conditions or condition in plan.conditions)
        and (not plan.series or series in plan.series)
        and (plan.model_year_min or model_year) <= model_year <= (plan.model_year_max or model_year)
        and (plan.price_min_fen or price_fen) <= price_fen <= (plan.price_max_fen or price_fen)
        and down_payment_range(plan, price_fen) is not None
    )


def monthly_fen(plan: FinancePlan, price_fen: int) -> int:
    """The instalment with the least down payment, of a plan that suits."""
    between = down_payment_range(plan, price_fen)
    assert between is not None
    return schedules.monthly_fen(price_fen - between[0], final_fen(plan, price_fen), terms_of(plan))


def cheapest_monthly_fen(plans: Iterable[FinancePlan], *, price_fen: int, condition: str, series: str, model_year: int) -> int | None:
    """The least instalment that any of the plans offers for such a car, with that plan's least down payment; None when none suits."""
    suiting = (plan for plan in plans if suits(plan, price_fen=price_fen, condition=condition, series=series, model_year=model_year))
    return min((monthly_fen(plan, price_fen) for plan in suiting), default=None)


def offer(plan: FinancePlan, price_fen: int, down_payment_fen: int) -> Offer:
    """What a plan that suits comes to, down payment within its range."""
    principal, final = price_fen - down_payment_fen, final_fen(plan, price_fen)
    fee = int((Decimal(principal) * plan.fee_bp / 10_000).quantize(Decimal(1), ROUND_HALF_UP))
    schedule = schedules.schedule(principal, terms_of(plan), final_fen=final, fee_fen=fee)
    subsidy = 0
    if plan.subsidised_rate_bp:
        subsidy = schedules.schedule(principal, Terms(plan.term_months, plan.subsidised_rate_bp)).interest_fen
    return Offer(plan, price_fen, down_payment_fen, final, subsidy, schedule)
