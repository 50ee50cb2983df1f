"""Finance plans of four kinds, for whom and when they are, and when the stock's monthly instalments are due to be worked out anew"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261122_0901"
down_revision = "20261122_0900"

COLUMNS = (
    sa.Column("kind", sa.String(), nullable=False, server_default="annuity"),
    sa.Column("max_down_payment_percent", sa.Integer(), nullable=False, server_default="100"),
    sa.Column("final_percent", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("final_separately", sa.Boolean(), nullable=False, server_default=sa.false()),
    sa.Column("in_advance", sa.Boolean(), nullable=False, server_default=sa.false()),
    sa.Column("subsidised_rate_bp", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("fee_bp", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("conditions", postgresql.ARRAY(sa.String()), nullable=False, server_default="{}"),
    sa.Column("series", postgresql.ARRAY(sa.String()), nullable=False, server_default="{}"),
    sa.Column("model_year_min", sa.Integer()),
    sa.Column("model_year_max", sa.Integer()),
    sa.Column("price_min_fen", sa.BigInteger()),
    sa.Column("price_max_fen", sa.BigInteger()),
    sa.Column("valid_from", sa.Date()),
    sa.Column("valid_until", sa.Date()),
)
CHECKS = {
    "down_payment": "min_down_payment_percent BETWEEN 0 AND 99 AND max_down_payment_percent BETWEEN min_down_payment_percent AND 100",
    "kind": "kind IN ('annuity', 'balloon', 'zero_rate', 'lease')",
    "final_percent": (
        "CASE WHEN kind IN ('balloon', 'lease') THEN final_percent BETWEEN 1 AND 80 AND term_months >= 6 ELSE final_percent = 0 END"
    ),
    "final_separately": "kind = 'balloon' OR NOT final_separately",
    "in_advance": "kind = 'lease' OR NOT in_advance",
    "zero_rate": "kind <> 'zero_rate' OR annual_rate_bp = 0",
    "subsidy": "subsidised_rate_bp BETWEEN 0 AND 2400 AND (kind = 'zero_rate' OR subsidised_rate_bp = 0)",
    "fee": "fee_bp BETWEEN 0 AND 1000",
    "campaign": "valid_from <= valid_until",
}


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    for column in COLUMNS:
        op.add_column("finance_plans", column)
    op.drop_constraint("ck_finance_plans_down_payment", "finance_plans")
    for name, rule in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_finance_plans_{name}"), "finance_plans", rule)
    op.create_table(
        "monthly_refreshes",
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("after_number", sa.BigInteger(), nullable=False, server_default="0"),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_monthly_refreshes_brand_id_brands")),
        sa.PrimaryKeyConstraint("brand_id", name=op.f("pk_monthly_refreshes")),
    )
    op.create_index("ix_monthly_refreshes_due", "monthly_refreshes", ["due_at"])
    op.drop_constraint("ck_lead_interests_kind", "lead_interests")
    op.create_check_constraint(op.f("ck_lead_interests_kind"), "lead_interests", "kind IN ('contact', 'finance', 'reservation', 'deposit')")
    # The plans that are there already have never been reckoned with.
    op.execute("INSERT INTO monthly_refreshes (brand_id, due_at) SELECT DISTINCT brand_id, marque_now() FROM finance_plans")


def downgrade() -> None:
    op.execute("DELETE FROM lead_interests WHERE kind = 'finance'")
    op.drop_constraint("ck_lead_interests_kind", "lead_interests")
    op.create_check_constraint(op.f("ck_lead_interests_kind"), "lead_interests", "kind IN ('contact', 'reservation', 'deposit')")
    op.drop_table("monthly_refreshes")
    for name in CHECKS:
        op.drop_constraint(f"ck_finance_plans_{name}", "finance_plans")
    op.create_check_constraint("ck_finance_plans_down_payment", "finance_plans", "min_down_payment_percent BETWEEN 0 AND 99")
    for column in COLUMNS:
        op.drop_column("finance_plans", column.name)
