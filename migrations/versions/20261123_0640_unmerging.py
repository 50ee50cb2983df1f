"""Two customers that were made one can be made two again: what the merge changed is kept, row by row"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_0640"
down_revision = "20261123_0630"

# Whatever says whose something is, and what else becomes one with two customers.
TABLES = (
    "broadcast_people campaign_answers campaign_check_ins campaign_touches consents credit_asks customer_attributes customer_sessions "
    "customer_tags customers favourites funnel_steps inbox_messages interest_alerts journey_conversions journey_counts journey_testers "
    "lead_activities lead_assignments lead_interests leads orders payment_intents people_changes refusals reservations saved_searches "
    "segment_members sends share_conversions share_opens share_touches share_visitors shares staff_tasks tag_marks vehicle_views "
    "views_cleared waitlist_entries walks wechat_identities"
).split()

# Times are kept as UTC, so that a row reads the same whoever looks.
KEEP = """
CREATE FUNCTION keep_of_merge() RETURNS trigger LANGUAGE plpgsql SET timezone TO 'UTC' AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR OLD IS DISTINCT FROM NEW THEN
        INSERT INTO customer_merge_changes (merge_id, table_name, before, after) VALUES (
            current_setting('marque.merge')::uuid,
            TG_TABLE_NAME,
            CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END,
            CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END
        );
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "customer_merges",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("kept_id", sa.Uuid(), nullable=False),
        sa.Column("merged_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name="fk_customer_merges_brand_id_brands"),
        sa.ForeignKeyConstraint(["kept_id"], ["customers.id"], name="fk_customer_merges_kept_id_customers"),
        sa.ForeignKeyConstraint(["merged_id"], ["customers.id"], name="fk_customer_merges_merged_id_customers"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_customer_merges_staff_id_staff"),
        sa.ForeignKeyConstraint(["undone_by"], ["staff.id"], name="fk_customer_merges_undone_by_staff"),
        sa.PrimaryKeyConstraint("id", name="pk_customer_merges"),
    )
    op.create_index("ix_customer_merges_brand_id", "customer_merges", ["brand_id"])
    op.create_index("ix_customer_merges_kept_id", "customer_merges", ["kept_id"])
    op.create_index("ix_customer_merges_merged_id", "customer_merges", ["merged_id"])
    op.create_table(
        "customer_merge_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("merge_id", sa.Uuid(), nullable=False),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=True),
        sa.Column("after", postgresql.JSONB(), nullable=True),
        sa.ForeignKeyConstraint(["merge_id"], ["customer_merges.id"], name="fk_customer_merge_changes_merge_id_customer_merges"),
        sa.PrimaryKeyConstraint("id", name="pk_customer_merge_changes"),
    )
    op.create_index("ix_customer_merge_changes_merge_id", "customer_merge_changes", ["merge_id"])
    op.execute(KEEP)
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_of_merge AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW "
            "WHEN (coalesce(current_setting('marque.merge', true), '') <> '') EXECUTE FUNCTION keep_of_merge()"
        )


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    for table in TABLES:
        op.execute(f"DROP TRIGGER {table}_of_merge ON {table}")
    op.execute("DROP FUNCTION keep_of_merge()")
    op.drop_table("customer_merge_changes")
    op.drop_table("customer_merges")
