"""What a car may cost by the month."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped

from app.kit.db import Root


class FinancePlan(Root):
    """A loan that the brand's bank offers: an annuity over `term_months` at a nominal yearly rate in basis points."""

    __tablename__ = "finance_plans"
    __table_args__ = (
        UniqueConstraint("brand_id", "name"),
        CheckConstraint("term_months BETWEEN 1 AND 84 AND annual_rate_bp BETWEEN 0 AND 2400", name="terms"),
        CheckConstraint("min_down_payment_percent BETWEEN 0 AND 99", name="down_payment"),
    )

    name: Mapped[str]
    term_months: Mapped[int]
    annual_rate_bp: Mapped[int]
    min_down_payment_percent: Mapped[int]
