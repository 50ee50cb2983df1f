"""A loan or lease adds up to the fen, whatever its figures, and says what it costs in truth."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.vehicles.finance import Final, Schedule, Terms, cheapest_monthly_fen, down_payment_range, offer, present_value, schedule, suits
from app.vehicles.models import FinancePlan

BROAD = {"conditions": [], "series": [], "model_year_min": None, "model_year_max": None, "price_min_fen": None, "price_max_fen": None}


def plan(kind: str = "annuity", **fields: Any) -> FinancePlan:
    """A plan for every car, with every column that the database would fill in."""
    return FinancePlan(
        **BROAD
        | {"kind": kind, "term_months": 36, "annual_rate_bp": 399, "min_down_payment_percent": 20, "max_down_payment_percent": 100}
        | {"final_percent": 0, "final_separately": False, "in_advance": False, "subsidised_rate_bp": 0, "fee_bp": 0}
        | fields
    )


@st.composite
def plans(draw: st.DrawFn) -> FinancePlan:
    """Any plan that the table takes."""
    kind = draw(st.sampled_from(["annuity", "balloon", "zero_rate", "lease"]))
    ends_late = kind in ("balloon", "lease")
    least = draw(st.integers(0, 99))
    return plan(
        kind,
        term_months=draw(st.integers(6 if ends_late else 1, 84)),
        annual_rate_bp=0 if kind == "zero_rate" else draw(st.integers(0, 2400)),
        min_down_payment_percent=least,
        max_down_payment_percent=draw(st.integers(least, 100)),
        final_percent=draw(st.integers(1, 80)) if ends_late else 0,
        final_separately=kind == "balloon" and draw(st.booleans()),
        in_advance=kind == "lease" and draw(st.booleans()),
        subsidised_rate_bp=draw(st.integers(0, 2400)) if kind == "zero_rate" else 0,
        fee_bp=draw(st.integers(0, 1000)),
    )


def annuity(principal_fen: int, *, term_months: int, annual_rate_bp: int) -> Schedule:
    return schedule(principal_fen, Terms(term_months, annual_rate_bp))


def flows(made: Schedule) -> list[int]:
    """What she gets and pays, by month."""
    months = [0] * (max(row.after_months for row in made.instalments) + 2)
    months[0] = made.fee_fen - made.principal_fen
    for row in made.instalments:
        months[row.after_months] += row.payment_fen
    months[made.instalments[-1].number] += made.residual_fen
    return months


def rounded(term: int, rate: int) -> float:
    """Fen the last instalment may differ by: half a fen of rounding a month, of payment and of interest, with what it drags along."""
    return 1 + sum((1 + rate / 120_000) ** month for month in range(term))


@given(principal=st.integers(10_000, 10**11), term=st.integers(1, 84), rate=st.integers(0, 2400))
def test_the_parts_add_up_to_the_loan_and_only_the_last_instalment_differs(principal: int, term: int, rate: int) -> None:
    made = annuity(principal, term_months=term, annual_rate_bp=rate)
    rows = made.instalments
    assert len(rows) == term
    assert sum(row.principal_fen for row in rows) == principal
    assert all(row.payment_fen == row.principal_fen + row.interest_fen for row in rows)
    assert {row.payment_fen for row in rows[:-1]} <= {made.monthly_fen}
    assert rows[-1].balance_fen == 0
    assert abs(made.last_fen - made.monthly_fen) <= rounded(term, rate)


@settings(max_examples=300)
@given(plan=plans(), price=st.integers(100, 10**11), at=st.floats(0, 1))
def test_of_every_plan_and_price_the_sums_hold_and_nothing_is_negative(plan: FinancePlan, price: int, at: float) -> None:
    between = down_payment_range(plan, price)
    if between is None:
        return
    least, greatest = between
    assert 0 <= least <= greatest < price
    assert least * 100 >= price * plan.min_down_payment_percent
    assert greatest * 100 <= price * plan.max_down_payment_percent
    made = offer(plan, price, least + int((greatest - least) * at))
    rows = made.schedule.instalments
    assert all(min(row.payment_fen, row.principal_fen, row.interest_fen, row.balance_fen) >= 0 for row in rows)
    assert all(row.payment_fen == row.principal_fen + row.interest_fen for row in rows)
    left = rows[-1].balance_fen
    assert sum(row.principal_fen for row in rows) + left == made.schedule.principal_fen
    paid = made.down_payment_fen + made.schedule.fee_fen + sum(row.payment_fen for row in rows) + made.schedule.residual_fen
    assert paid == made.total_fen
    if plan.kind == "lease":
        assert made.schedule.residual_fen == made.final_fen
        assert left == made.final_fen or (plan.in_advance and left <= made.final_fen)
    else:
        assert (left, made.schedule.residual_fen) == (0, 0)
    if plan.final_separately:
        assert rows[-1].payment_fen == made.final_fen
    elif plan.kind == "balloon":
        by_itself = made.final_fen + made.schedule.monthly_fen
        assert abs(made.schedule.last_fen - by_itself) <= rounded(plan.term_months, plan.annual_rate_bp)
    if not plan.annual_rate_bp:
        assert made.schedule.interest_fen == 0


@settings(max_examples=300)
@given(plan=plans(), price=st.integers(1_000_00, 10**11), at=st.floats(0, 1))
def test_at_the_rate_of_return_what_is_lent_and_what_is_paid_are_worth_the_same(plan: FinancePlan, price: int, at: float) -> None:
    between = down_payment_range(plan, price)
    if between is None:
        return
    made = offer(plan, price, between[0] + int((between[1] - between[0]) * at)).schedule
    months = flows(made)
    # Two decimals of a percent are what is told; the truth is within the half of the last one.
    told = made.apr_percent / 1200
    assert present_value(months, max(0.0, told - 0.0051 / 1200)) >= -1e-6 * made.principal_fen
    assert present_value(months, told + 0.0051 / 1200) <= 1e-6 * made.principal_fen
    assert made.effective_apr_percent == pytest.approx(((1 + told) ** 12 - 1) * 100, abs=0.01 * (1 + told) ** 12)
    assert made.effective_apr_percent >= made.apr_percent - 0.01
    # Whatever a loan costs, at 0.01 % a year it costs less than this.
    if made.fee_fen > 0.0001 * made.principal_fen * plan.term_months / 12:
        assert made.apr_percent > 0


@given(plan=plans(), price=st.integers(10_000_00, 10**10), more=st.integers(100, 10**8))
def test_who_pays_more_down_pays_no_more_by_the_month_nor_in_interest(plan: FinancePlan, price: int, more: int) -> None:
    between = down_payment_range(plan, price)
    if between is None:
        return
    least = offer(plan, price, between[0])
    other = offer(plan, price, min(between[1], between[0] + more))
    assert other.schedule.monthly_fen <= least.schedule.monthly_fen
    # Each instalment may be half a fen above or below the truth.
    assert other.schedule.interest_fen <= least.schedule.interest_fen + plan.term_months


@given(principal=st.integers(1_000_000, 10**9), term=st.integers(2, 60), rate=st.integers(1, 2400))
def test_the_rate_of_return_is_the_rate_that_was_agreed(principal: int, term: int, rate: int) -> None:
    assert annuity(principal, term_months=term, annual_rate_bp=rate).apr_percent == pytest.approx(rate / 100, abs=0.02)


def test_a_loan_that_anyone_can_look_up() -> None:
    made = annuity(200_000_00, term_months=36, annual_rate_bp=399)
    assert made.monthly_fen == 590_391  # 200,000 yuan at 3.99 % over three years
    assert made.apr_percent == pytest.approx(3.99, abs=0.01)
    assert made.effective_apr_percent == pytest.approx(4.06, abs=0.01)


def test_a_loan_without_interest_is_divided_evenly() -> None:
    made = annuity(100_00, term_months=3, annual_rate_bp=0)
    assert [row.payment_fen for row in made.instalments] == [33_33, 33_33, 33_34]
    assert made.apr_percent == pytest.approx(0, abs=0.01)
    assert made.interest_fen == 0


def test_a_balloon_lowers_the_instalments_and_is_due_with_the_last_of_them_or_a_month_later() -> None:
    plain = offer(plan(), 300_000_00, 60_000_00)
    together = offer(plan("balloon", final_percent=30), 300_000_00, 60_000_00)
    apart = offer(plan("balloon", final_percent=30, final_separately=True), 300_000_00, 60_000_00)
    assert together.final_fen == apart.final_fen == 90_000_00
    assert apart.schedule.monthly_fen < plain.schedule.monthly_fen * 0.7
    assert together.schedule.last_fen == pytest.approx(90_000_00 + together.schedule.monthly_fen, abs=40)
    assert [row.number for row in apart.schedule.instalments][-2:] == [36, 37]
    assert apart.schedule.last_fen == 90_000_00
    assert apart.schedule.apr_percent == together.schedule.apr_percent == pytest.approx(3.99, abs=0.01)


def test_a_campaign_without_interest_says_what_the_brand_pays_and_what_its_fee_comes_to() -> None:
    made = offer(plan("zero_rate", term_months=24, annual_rate_bp=0, subsidised_rate_bp=450, fee_bp=200), 300_000_00, 100_000_00)
    assert (made.schedule.interest_fen, made.schedule.fee_fen) == (0, 4_000_00)
    assert made.subsidy_fen == annuity(200_000_00, term_months=24, annual_rate_bp=450).interest_fen
    assert made.total_fen == 304_000_00
    assert made.schedule.apr_percent == pytest.approx(1.94, abs=0.02)  # 2 % of the whole, at once, on half the sum on average


def test_a_rent_in_advance_is_the_rent_in_arrears_less_a_month_of_interest() -> None:
    arrears = offer(plan("lease", final_percent=40), 300_000_00, 60_000_00).schedule
    advance = offer(plan("lease", final_percent=40, in_advance=True), 300_000_00, 60_000_00).schedule
    assert advance.monthly_fen == round(arrears.monthly_fen / (1 + 0.0399 / 12))
    assert (arrears.instalments[0].after_months, advance.instalments[0].after_months) == (1, 0)
    assert advance.instalments[0].interest_fen == 0
    assert arrears.instalments[-1].balance_fen == arrears.residual_fen == advance.residual_fen == 120_000_00
    assert advance.apr_percent == arrears.apr_percent == pytest.approx(3.99, abs=0.01)


CAR = {"price_fen": 300_000_00, "condition": "used", "series": "j5", "model_year": 2022}


@pytest.mark.parametrize(
    ("asks", "fits"),
    [
        ({}, True),
        ({"conditions": ["used", "approved"]}, True),
        ({"conditions": ["new"]}, False),
        ({"series": ["j5"]}, True),
        ({"series": ["j7"]}, False),
        ({"model_year_min": 2022, "model_year_max": 2022}, True),
        ({"model_year_min": 2023}, False),
        ({"model_year_max": 2021}, False),
        ({"price_min_fen": 300_000_00, "price_max_fen": 300_000_00}, True),
        ({"price_min_fen": 300_000_01}, False),
        ({"price_max_fen": 299_999_99}, False),
        ({"kind": "lease", "final_percent": 80, "min_down_payment_percent": 20}, False),
    ],
)
def test_a_plan_is_for_the_cars_that_it_names(asks: dict[str, Any], fits: bool) -> None:
    assert suits(plan(**asks), **CAR) is fits


def test_the_cheapest_instalment_is_of_the_plans_that_suit_and_none_of_none() -> None:
    short, long, foreign = plan(term_months=12), plan(term_months=60), plan(term_months=84, series=["j7"])
    assert cheapest_monthly_fen([short, long, foreign], **CAR) == offer(long, 300_000_00, 60_000_00).schedule.monthly_fen
    assert cheapest_monthly_fen([foreign], **CAR) is None
    assert cheapest_monthly_fen([], **CAR) is None


def test_what_becomes_of_the_final_sum_is_told_from_the_kind() -> None:
    assert schedule(100_00, Terms(6, 0, Final.kept), final_fen=40_00).instalments[-1].balance_fen == 40_00
