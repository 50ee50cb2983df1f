"""A loan adds up to the fen, whatever its figures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.vehicles.finance import annuity, down_payment_range


@given(principal=st.integers(100, 10**11), term=st.integers(1, 84), rate=st.integers(0, 2400))
def test_the_parts_add_up_to_the_loan_and_only_the_last_instalment_differs(principal: int, term: int, rate: int) -> None:
    schedule = annuity(principal, term_months=term, annual_rate_bp=rate)
    rows = schedule.instalments
    assert len(rows) == term
    assert sum(row.principal_fen for row in rows) == principal
    assert all(row.payment_fen == row.principal_fen + row.interest_fen for row in rows)
    assert {row.payment_fen for row in rows[:-1]} <= {schedule.monthly_fen}
    assert rows[-1].balance_fen == 0
    # Half a fen of rounding a month, with the interest it drags along, is all that the last one may differ by.
    drag = sum((1 + rate / 120_000) ** month for month in range(term))
    assert abs(schedule.last_fen - schedule.monthly_fen) <= drag + 1


def test_a_loan_that_anyone_can_look_up() -> None:
    schedule = annuity(200_000_00, term_months=36, annual_rate_bp=399)
    assert schedule.monthly_fen == 590_391  # 200,000 yuan at 3.99 % over three years
    assert schedule.apr_percent == pytest.approx(3.99, abs=0.01)


def test_a_loan_without_interest_is_divided_evenly() -> None:
    schedule = annuity(100_00, term_months=3, annual_rate_bp=0)
    assert [row.payment_fen for row in schedule.instalments] == [33_33, 33_33, 33_34]
    assert schedule.apr_percent == pytest.approx(0, abs=0.01)
    assert schedule.interest_fen == 0


@given(principal=st.integers(1_000_000, 10**9), term=st.integers(2, 60), rate=st.integers(1, 2400))
def test_the_rate_of_return_is_the_rate_that_was_agreed(principal: int, term: int, rate: int) -> None:
    assert annuity(principal, term_months=term, annual_rate_bp=rate).apr_percent == pytest.approx(rate / 100, abs=0.02)


@given(price=st.integers(1_000, 10**11), percent=st.integers(0, 99))
def test_the_least_down_payment_is_whole_yuan_and_never_below_the_share(price: int, percent: int) -> None:
    least, greatest = down_payment_range(price, percent)
    assert least * 100 >= price * percent
    assert least % 100 == 0
    assert least - 100 < price * percent / 100
    assert greatest == price - 100
