"""Finance plans are drafted, published and ended by people; what was published never changes.

Revision ID: 20261124_0130
Revises: 20261123_0710
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124_0130"
down_revision = "20261123_0710"

CHECKS = {
    "version": "(version IS NULL) = (published_at IS NULL)",
    "ended": "ended_at IS NULL OR published_at IS NOT NULL",
}
PUBLISHED, DRAFT = "published_at IS NOT NULL AND ended_at IS NULL", "published_at IS NULL"
FIXED = """
    CREATE FUNCTION finance_plans_are_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a published plan stays as it was: %', OLD.id;
    END $$
"""
REST = "(to_jsonb({row}) - '{{ended_at,ended_by_id}}'::text[])"


def upgrade() -> None:
    op.execute("SET lock_timeout = '3s'")
    op.add_column("finance_plans", sa.Column("version", sa.Integer()))
    op.add_column("finance_plans", sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
    for name in ("published", "ended"):
        op.add_column("finance_plans", sa.Column(f"{name}_at", sa.DateTime(timezone=True)))
        op.add_column("finance_plans", sa.Column(f"{name}_by_id", sa.Uuid(), sa.ForeignKey("staff.id")))
    op.execute("UPDATE finance_plans SET version = 1, published_at = created_at")
    for name, rule in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_finance_plans_{name}"), "finance_plans", rule)
    op.drop_constraint("uq_finance_plans_brand_id_name", "finance_plans")
    op.create_unique_constraint("uq_finance_plans_brand_id_name_version", "finance_plans", ["brand_id", "name", "version"])
    op.create_index("uq_finance_plans_published", "finance_plans", ["brand_id", "name"], unique=True, postgresql_where=sa.text(PUBLISHED))
    op.create_index("uq_finance_plans_draft", "finance_plans", ["brand_id", "name"], unique=True, postgresql_where=sa.text(DRAFT))
    op.execute(FIXED)
    op.execute(
        "CREATE TRIGGER finance_plans_fixed BEFORE UPDATE ON finance_plans FOR EACH ROW "
        f"WHEN (OLD.ended_at IS NOT NULL OR OLD.published_at IS NOT NULL AND {REST.format(row='OLD')} <> {REST.format(row='NEW')}) "
        "EXECUTE FUNCTION finance_plans_are_fixed()"
    )


def downgrade() -> None:
    op.execute("SET lock_timeout = '3s'")
    op.execute("DROP TRIGGER finance_plans_fixed ON finance_plans")
    op.execute("DROP FUNCTION finance_plans_are_fixed()")
    # Of a name only what runs stays; a plan that had ended would be in force again.
    op.execute("DELETE FROM finance_plans WHERE published_at IS NULL OR ended_at IS NOT NULL")
    for name in ("draft", "published"):
        op.drop_index(f"uq_finance_plans_{name}", "finance_plans")
    op.drop_constraint("uq_finance_plans_brand_id_name_version", "finance_plans")
    op.create_unique_constraint("uq_finance_plans_brand_id_name", "finance_plans", ["brand_id", "name"])
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_finance_plans_{name}"), "finance_plans")
    for name in ("version", "revision", "published_at", "published_by_id", "ended_at", "ended_by_id"):
        op.drop_column("finance_plans", name)
