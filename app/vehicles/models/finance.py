"""What finances a car: the plans of the brand's bank, and since when the monthly instalments in the stock are no longer theirs."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Root


class PlanKind(StrEnum):
    """等额本息, 气球贷, 免息, 融资租赁."""

    annuity = "annuity"
    balloon = "balloon"
    zero_rate = "zero_rate"
    lease = "lease"


# As SQL: nobody ended it yet. Whether it holds today is its days' to say.
PUBLISHED = "published_at IS NOT NULL AND ended_at IS NULL"


class FinancePlan(Root):
    """One version of a loan or lease that the brand's bank offers: `term_months` instalments at a nominal yearly rate in basis points.

    A plan is known by its name. A draft (`published_at` is None) is nobody's offer yet; of one name at most one is a draft, and one in
    force. What was published stays as it was, by a trigger: a change is a new version with an id of its own, and the one before has ended.

    `final_percent` of the price is what a balloon ends with, or what a leased car is worth in the end. An empty list of conditions or
    series, and a bound that is None, shut nobody out; the days of a campaign are China's, both of them in it.
    """

    __tablename__ = "finance_plans"
    __table_args__ = (
        UniqueConstraint("brand_id", "name", "version"),
        Index("uq_finance_plans_published", "brand_id", "name", unique=True, postgresql_where=text(PUBLISHED)),
        Index("uq_finance_plans_draft", "brand_id", "name", unique=True, postgresql_where=text("published_at IS NULL")),
        CheckConstraint("(version IS NULL) = (published_at IS NULL)", name="version"),
        CheckConstraint("ended_at IS NULL OR published_at IS NOT NULL", name="ended"),
        CheckConstraint("term_months BETWEEN 1 AND 84 AND annual_rate_bp BETWEEN 0 AND 2400", name="terms"),
        CheckConstraint(
            "min_down_payment_percent BETWEEN 0 AND 99 AND max_down_payment_percent BETWEEN min_down_payment_percent AND 100",
            name="down_payment",
        ),
        CheckConstraint("kind IN ('annuity', 'balloon', 'zero_rate', 'lease')", name="kind"),
        CheckConstraint(
            "CASE WHEN kind IN ('balloon', 'lease') THEN final_percent BETWEEN 1 AND 80 AND term_months >= 6 ELSE final_percent = 0 END",
            name="final_percent",
        ),
        CheckConstraint("kind = 'balloon' OR NOT final_separately", name="final_separately"),
        CheckConstraint("kind = 'lease' OR NOT in_advance", name="in_advance"),
        CheckConstraint("kind <> 'zero_rate' OR annual_rate_bp = 0", name="zero_rate"),
        CheckConstraint("subsidised_rate_bp BETWEEN 0 AND 2400 AND (kind = 'zero_rate' OR subsidised_rate_bp = 0)", name="subsidy"),
        CheckConstraint("fee_bp BETWEEN 0 AND 1000", name="fee"),
        CheckConstraint("valid_from <= valid_until", name="campaign"),
    )

    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default=PlanKind.annuity, server_default="annuity")
    term_months: Mapped[int]
    annual_rate_bp: Mapped[int]
    min_down_payment_percent: Mapped[int]
    max_down_payment_percent: Mapped[int] = mapped_column(default=100, server_default="100")
    final_percent: Mapped[int] = mapped_column(default=0, server_default="0")
    # The balloon is due a month after the last instalment instead of together with it.
    final_separately: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # The rent is due at the beginning of each month instead of its end.
    in_advance: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # What the bank takes all the same, from the brand.
    subsidised_rate_bp: Mapped[int] = mapped_column(default=0, server_default="0")
    # Once, at the beginning, in basis points of what is lent.
    fee_bp: Mapped[int] = mapped_column(default=0, server_default="0")

    conditions: Mapped[list[str]] = mapped_column(ARRAY(String), default=list, server_default="{}")
    series: Mapped[list[str]] = mapped_column(ARRAY(String), default=list, server_default="{}")
    model_year_min: Mapped[int | None]
    model_year_max: Mapped[int | None]
    price_min_fen: Mapped[int | None] = mapped_column(BigInteger)
    price_max_fen: Mapped[int | None] = mapped_column(BigInteger)
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]

    # Counted by name from 1 on. `revision` says how often a draft was saved.
    version: Mapped[int | None]
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    published_at: Mapped[datetime | None]
    # None where a command of the operator's did it.
    published_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))


class MonthlyRefresh(Base):
    """When the stock's monthly instalments have to be worked out anew: now after a plan has changed, else the next day on which a campaign
    begins or has ended. `after_number` is how far a refresh that is under way has come.
    """

    __tablename__ = "monthly_refreshes"
    __table_args__ = (Index("ix_monthly_refreshes_due", "due_at"),)

    brand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("brands.id"), primary_key=True)
    due_at: Mapped[datetime | None]
    after_number: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
