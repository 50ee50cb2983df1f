"""Every instalment of a loan or a lease, and the rate that it comes to in truth."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum

MONTHS = 12
# Digits enough that a price in fen times a factor is exact where the factor is.
_EXACT = Context(prec=60)
_FACTOR_DIGITS = Decimal(1).scaleb(-30)


class Final(StrEnum):
    """What becomes of the sum that the instalments do not pay off."""

    with_last = "with_last"  # due together with the last instalment
    a_month_later = "a_month_later"  # an instalment of its own
    kept = "kept"  # a leased car's residual value: who keeps the car pays it, who returns the car does not


@dataclass(frozen=True)
class Terms:
    """`annual_rate_bp` is the nominal yearly rate in basis points, a twelfth of which is due each month."""

    term_months: int
    annual_rate_bp: int
    final: Final = Final.with_last
    in_advance: bool = False


@dataclass(frozen=True)
class Factors:
    """The instalment is `principal × lent − final × left`, rounded to the fen, or down where there is no interest."""

    lent: Decimal
    left: Decimal
    # How many fen `final` is worth at the last regular instalment.
    discount: Decimal


@dataclass(frozen=True)
class Instalment:
    """One payment, so many months after the beginning, and how it divides. `balance_fen` is what is owed after it."""

    number: int
    after_months: int
    payment_fen: int
    principal_fen: int
    interest_fen: int
    balance_fen: int


@dataclass(frozen=True)
class Schedule:
    """A loan or a lease to its end.

    `fee_fen` is due at the beginning, `residual_fen` in the end by who keeps a leased car. `apr_percent` is the internal rate of return
    of all of these, twelve times the monthly one; `effective_apr_percent` the same compounded. Both to two decimals.
    """

    principal_fen: int
    instalments: tuple[Instalment, ...]
    monthly_fen: int
    fee_fen: int
    residual_fen: int
    apr_percent: float
    effective_apr_percent: float

    @property
    def last_fen(self) -> int:
        return self.instalments[-1].payment_fen

    @property
    def interest_fen(self) -> int:
        """All that is paid beyond what was lent; the fee not counted."""
        return sum(one.payment_fen for one in self.instalments) + self.residual_fen - self.principal_fen


@functools.lru_cache(maxsize=512)
def factors(terms: Terms) -> Factors:
    """With r a twelfth of the yearly rate, n months and v = 1 / (1 + r): lent = r / (1 − vⁿ), left = lent × v^m.

    m is n, or n + 1 for a balloon a month later; a rent in advance is the same a month earlier, which is both divided by 1 + r. Without
    interest both are 1 / n.
    """
    rate = _monthly_rate(terms)
    if not rate:
        share = _EXACT.divide(Decimal(1), Decimal(terms.term_months))
        return Factors(share, share, Decimal(1))
    grown = _EXACT.add(1, rate)
    until = terms.term_months + (terms.final is Final.a_month_later)
    lent = _EXACT.divide(rate, _EXACT.subtract(1, _EXACT.power(grown, -terms.term_months)))
    left = _EXACT.multiply(lent, _EXACT.power(grown, -until))
    if terms.in_advance:
        lent, left = _EXACT.divide(lent, grown), _EXACT.divide(left, grown)
    later = terms.in_advance or terms.final is Final.a_month_later
    return Factors(_rounded(lent), _rounded(left), _EXACT.divide(1, grown) if later else Decimal(1))


def monthly_fen(principal_fen: int, final_fen: int, terms: Terms) -> int:
    """The regular instalment."""
    if not terms.annual_rate_bp:
        return (principal_fen - final_fen) // terms.term_months
    by = factors(terms)
    return _fen(_EXACT.subtract(_EXACT.multiply(principal_fen, by.lent), _EXACT.multiply(final_fen, by.left)))


def schedule(principal_fen: int, terms: Terms, *, final_fen: int = 0, fee_fen: int = 0) -> Schedule:
    """The instalments of `principal_fen`, of which `final_fen` (at most as much) is left to the end.

    The parts of the principal add up to it to the fen: the last regular instalment absorbs what rounding left over.
    """
    rate, monthly = _monthly_rate(terms), monthly_fen(principal_fen, final_fen, terms)
    kept, later = terms.final is Final.kept, terms.final is Final.a_month_later
    # What is still owed after the last regular instalment; the interest until then is in the final sum.
    remains = _fen(_EXACT.multiply(final_fen, factors(terms).discount)) if kept or later else 0
    rows, balance = [], principal_fen
    for number in range(1, terms.term_months + 1):
        at_once = terms.in_advance and number == 1
        interest = 0 if at_once else _fen(_EXACT.multiply(balance, rate))
        # Rounding up can pay off a small sum early; nothing is ever paid back.
        part = balance - remains if number == terms.term_months else min(monthly - interest, balance - remains)
        balance -= part
        rows.append(Instalment(number, number - terms.in_advance, part + interest, part, interest, balance))
    if later:
        rows.append(Instalment(terms.term_months + 1, terms.term_months + 1, final_fen, balance, final_fen - balance, 0))
    residual = final_fen if kept else 0
    flows = [0] * (terms.term_months + 2)
    for row in rows:
        flows[row.after_months] += row.payment_fen
    flows[terms.term_months] += residual
    flows[0] += fee_fen - principal_fen
    monthly_return = rate_of_return(flows)
    return Schedule(
        principal_fen,
        tuple(rows),
        monthly,
        fee_fen,
        residual,
        round(monthly_return * MONTHS * 100, 2),
        round(((1 + monthly_return) ** MONTHS - 1) * 100, 2),
    )


def rate_of_return(flows: Sequence[int]) -> float:
    """The monthly rate at which flows (month 0 first: what is lent is negative, what is paid back positive) are worth nothing.

    By bisection: their value falls as the rate grows. At most 100 % a month; 0 when no more is paid back than was lent.
    """
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if present_value(flows, middle) > 0 else (low, middle)
    return low


def present_value(flows: Sequence[int], rate: float) -> float:
    """What flows of months 0, 1, 2 … are worth at month 0."""
    value, by = 0.0, 1 / (1 + rate)
    for flow in reversed(flows):
        value = value * by + flow
    return value


def _monthly_rate(terms: Terms) -> Decimal:
    return _EXACT.divide(Decimal(terms.annual_rate_bp), Decimal(10_000 * MONTHS))


def _rounded(factor: Decimal) -> Decimal:
    return factor.quantize(_FACTOR_DIGITS, ROUND_HALF_UP, _EXACT)


def _fen(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP, _EXACT))
