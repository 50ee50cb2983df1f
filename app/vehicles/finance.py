"""What a car costs by the month, exact to the fen."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

MONTHS = 12


@dataclass(frozen=True)
class Instalment:
    """One month: what is paid, and how it divides."""

    number: int
    payment_fen: int
    principal_fen: int
    interest_fen: int
    balance_fen: int


@dataclass(frozen=True)
class Schedule:
    """A loan to its end. `apr_percent` is the internal rate of return of the instalments, twelve times the monthly one."""

    principal_fen: int
    instalments: tuple[Instalment, ...]
    apr_percent: float

    @property
    def monthly_fen(self) -> int:
        return self.instalments[0].payment_fen

    @property
    def last_fen(self) -> int:
        return self.instalments[-1].payment_fen

    @property
    def interest_fen(self) -> int:
        return sum(one.interest_fen for one in self.instalments)


def _fen(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def annuity(principal_fen: int, *, term_months: int, annual_rate_bp: int) -> Schedule:
    """Equal instalments (等额本息) at a nominal yearly rate in basis points; the last one absorbs what rounding left over.

    The principal parts add up to the principal, to the fen.
    """
    with localcontext(prec=40):
        rate = Decimal(annual_rate_bp) / 10_000 / MONTHS
        if rate:
            monthly = _fen(principal_fen * rate / (1 - (1 + rate) ** -term_months))
        else:
            monthly = principal_fen // term_months
        rows, balance = [], principal_fen
        for number in range(1, term_months + 1):
            interest = _fen(balance * rate)
            part = balance if number == term_months else monthly - interest
            balance -= part
            rows.append(Instalment(number, part + interest, part, interest, balance))
    return Schedule(principal_fen, tuple(rows), _apr(principal_fen, [row.payment_fen for row in rows]))


def _apr(principal_fen: int, payments: list[int]) -> float:
    """Yearly percent to two decimals, by bisection on the monthly rate: the present value falls as the rate grows."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        value = sum(payment / (1 + middle) ** month for month, payment in enumerate(payments, 1))
        low, high = (middle, high) if value > principal_fen else (low, middle)
    return round(low * MONTHS * 100, 2)


def down_payment_range(price_fen: int, min_percent: int) -> tuple[int, int]:
    """(least, greatest) down payment: the plan's share of the price rounded up to a whole yuan, and all but one yuan."""
    least = -(-price_fen * min_percent // 100)
    return -(-least // 100) * 100, price_fen - 100
