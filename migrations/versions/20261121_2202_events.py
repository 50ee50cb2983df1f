"""Events: their first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '20261121_2202'
down_revision = '20261121_2201'


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "events",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("customer_id", sa.Uuid),
        sa.Column("subject_type", sa.String),
        sa.Column("subject_id", sa.String),
        sa.Column("actor_type", sa.String, nullable=False),
        sa.Column("actor_id", sa.String),
        sa.Column("data", postgresql.JSONB, nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_events_brand_id_brands")),
        sa.PrimaryKeyConstraint("id", "recorded_at", name=op.f("pk_events")),
        postgresql_partition_by="RANGE (recorded_at)",
    )
    op.create_index("ix_events_customer", "events", ["customer_id", "recorded_at", "id"])
    op.create_index("ix_events_subject", "events", ["subject_id", "recorded_at"])
    op.create_index("ix_events_brand_name", "events", ["brand_id", "name", "recorded_at"])
    # A month that has no partition of its own yet (a clock moved far ahead) lands in the rest: nothing is ever refused.
    op.execute("CREATE TABLE events_rest PARTITION OF events DEFAULT")
    op.execute(
        """
        CREATE FUNCTION events_make_partitions(ahead integer) RETURNS void LANGUAGE plpgsql AS $$
        DECLARE
            first date := date_trunc('month', marque_now() AT TIME ZONE 'UTC');
            month date;
        BEGIN
            FOR step IN 0..ahead LOOP
                month := first + make_interval(months => step);
                BEGIN
                    EXECUTE format(
                        'CREATE TABLE IF NOT EXISTS %I PARTITION OF events FOR VALUES FROM (%L) TO (%L)',
                        'events_' || to_char(month, 'YYYYMM'),
                        month::timestamp AT TIME ZONE 'UTC',
                        (month + interval '1 month') AT TIME ZONE 'UTC'
                    );
                EXCEPTION WHEN check_violation THEN
                    RAISE NOTICE 'rows of % are in events_rest and stay there', month;
                END;
            END LOOP;
        END $$
        """
    )
    op.execute("SELECT events_make_partitions(3)")
    op.create_table(
        "event_deliveries",
        sa.Column("handler", sa.String, nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer, server_default="0", nullable=False),
        sa.Column("error", sa.String),
        sa.Column("delivered_at", sa.DateTime(timezone=True)),
        sa.Column("dead_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("handler", "event_id", name=op.f("pk_event_deliveries")),
    )
    op.create_index(
        "ix_event_deliveries_due",
        "event_deliveries",
        ["handler", "event_id"],
        postgresql_where=sa.text("delivered_at IS NULL AND dead_at IS NULL"),
    )
    op.create_table(
        "event_subscriptions",
        sa.Column("handler", sa.String, nullable=False),
        sa.Column("event_name", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("handler", "event_name", name=op.f("pk_event_subscriptions")),
    )


def downgrade() -> None:
    op.drop_table("event_subscriptions")
    op.drop_table("event_deliveries")
    op.drop_table("events")
    op.execute("DROP FUNCTION events_make_partitions(integer)")
