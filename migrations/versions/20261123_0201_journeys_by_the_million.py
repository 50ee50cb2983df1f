"""Journeys by the million: walks that are found by their person, steps in months, counts that are kept"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_0201"
down_revision = "20261123_0200"

_FOREIGN = ("brand_id_brands", "journey_id_journeys", "version_id_journey_versions", "customer_id_customers")
_MAKE_PARTITIONS = """
    CREATE FUNCTION walk_steps_make_partitions(ahead integer) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        first date := date_trunc('month', now() AT TIME ZONE 'UTC');
        month date;
        border timestamptz;
        borders uuid[];
    BEGIN
        FOR step IN 0..ahead LOOP
            month := first + make_interval(months => step);
            borders := ARRAY[]::uuid[];
            FOREACH border IN ARRAY ARRAY[month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC'] LOOP
                borders := borders || rpad(lpad(to_hex((extract(epoch FROM border) * 1000)::bigint), 12, '0'), 32, '0')::uuid;
            END LOOP;
            BEGIN
                EXECUTE format(
                    'CREATE TABLE IF NOT EXISTS %I PARTITION OF walk_steps FOR VALUES FROM (%L) TO (%L)',
                    'walk_steps_' || to_char(month, 'YYYYMM'), borders[1], borders[2]
                );
            EXCEPTION WHEN check_violation THEN
                RAISE NOTICE 'rows of % are in walk_steps_rest and stay there', month;
            END;
        END LOOP;
    END $$
"""


def _step_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("walk_id", sa.Uuid(), nullable=False),
        sa.Column("visit_no", sa.Integer(), nullable=False),
        sa.Column("journey_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.String(), nullable=False),
        sa.Column("port", sa.String()),
        sa.Column("send_id", sa.Uuid()),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
    ]


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.drop_constraint("ck_journeys_status", "journeys")
    op.create_check_constraint(op.f("ck_journeys_status"), "journeys", "status IN ('draft', 'active', 'paused', 'cancelled')")
    op.add_column("journey_versions", sa.Column("awaits", postgresql.ARRAY(sa.String()), nullable=False, server_default="{}"))
    _walks()
    _steps()
    op.create_table(
        "journey_counts",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False, server_default=""),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("version_id", "node_id", "what", "detail", name=op.f("pk_journey_counts")),
    )
    op.create_table(
        "journey_troubles",
        sa.Column("journey_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("steps_before", sa.BigInteger(), nullable=False),
        sa.Column("steps", sa.BigInteger(), nullable=False),
        sa.Column("stuck", sa.BigInteger(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("journey_id", name=op.f("pk_journey_troubles")),
    )


def _walks() -> None:
    for index in ("ix_walks_brand_id", "ix_walks_customer_id"):
        op.drop_index(index, "walks")
    op.drop_constraint("uq_walks_journey_id_customer_id_entry_key", "walks")
    op.create_unique_constraint(op.f("uq_walks_customer_id_journey_id_entry_key"), "walks", ["customer_id", "journey_id", "entry_key"])
    op.drop_column("walks", "lease_until")
    op.drop_column("walks", "fence")
    op.add_column("walks", sa.Column("awaits", postgresql.ARRAY(sa.String())))


def _steps() -> None:
    op.rename_table("walk_steps", "walk_steps_before")
    op.execute("ALTER INDEX pk_walk_steps RENAME TO pk_walk_steps_before")
    op.create_table(
        "walk_steps",
        *_step_columns(),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("walk_id", "visit_no", name=op.f("pk_walk_steps")),
        postgresql_partition_by="RANGE (walk_id)",
    )
    op.execute("CREATE TABLE walk_steps_rest PARTITION OF walk_steps DEFAULT")
    op.execute(_MAKE_PARTITIONS)
    op.execute("SELECT walk_steps_make_partitions(3)")
    op.execute(
        "INSERT INTO walk_steps (walk_id, visit_no, journey_id, version_id, node_id, port, send_id, arrived_at, left_at) "
        "SELECT s.walk_id, s.visit_no, s.journey_id, w.version_id, s.node_id, s.port, s.send_id, s.arrived_at, s.left_at "
        "FROM walk_steps_before s JOIN walks w ON w.id = s.walk_id"
    )
    op.drop_table("walk_steps_before")
    # Only now: the steps of before held on to walks.
    for name in _FOREIGN:
        op.drop_constraint(f"fk_walks_{name}", "walks")


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.drop_table("journey_troubles")
    op.drop_table("journey_counts")
    op.execute("DROP FUNCTION walk_steps_make_partitions(integer)")
    op.execute("ALTER TABLE walk_steps RENAME TO walk_steps_after")
    op.execute("ALTER INDEX pk_walk_steps RENAME TO pk_walk_steps_after")
    op.create_table(
        "walk_steps",
        *_step_columns(),
        sa.ForeignKeyConstraint(["walk_id"], ["walks.id"], name=op.f("fk_walk_steps_walk_id_walks")),
        sa.ForeignKeyConstraint(["journey_id"], ["journeys.id"], name=op.f("fk_walk_steps_journey_id_journeys")),
        sa.ForeignKeyConstraint(["send_id"], ["sends.id"], name=op.f("fk_walk_steps_send_id_sends")),
        sa.PrimaryKeyConstraint("walk_id", "node_id", "visit_no", name=op.f("pk_walk_steps")),
    )
    op.execute(
        "INSERT INTO walk_steps (walk_id, visit_no, journey_id, node_id, port, send_id, arrived_at, left_at) "
        "SELECT s.walk_id, s.visit_no, s.journey_id, s.node_id, s.port, s.send_id, s.arrived_at, s.left_at "
        "FROM walk_steps_after s JOIN walks w ON w.id = s.walk_id"
    )
    op.drop_table("walk_steps_after")
    op.create_index("ix_walk_steps_journey_id_node_id", "walk_steps", ["journey_id", "node_id"])
    for column, table in (name.split("_id_", 1) for name in _FOREIGN):
        op.create_foreign_key(op.f(f"fk_walks_{column}_id_{table}"), "walks", table, [f"{column}_id"], ["id"])
    op.drop_column("walks", "awaits")
    op.add_column("walks", sa.Column("fence", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("walks", sa.Column("lease_until", sa.DateTime(timezone=True)))
    op.drop_constraint("uq_walks_customer_id_journey_id_entry_key", "walks")
    op.create_unique_constraint(op.f("uq_walks_journey_id_customer_id_entry_key"), "walks", ["journey_id", "customer_id", "entry_key"])
    op.create_index("ix_walks_customer_id", "walks", ["customer_id"])
    op.create_index(op.f("ix_walks_brand_id"), "walks", ["brand_id"])
    op.drop_column("journey_versions", "awaits")
    op.drop_constraint("ck_journeys_status", "journeys")
    # There is no end of a journey there: of those that are over nobody takes a step either.
    op.execute("UPDATE journeys SET status = 'paused' WHERE status = 'cancelled'")
    op.create_check_constraint(op.f("ck_journeys_status"), "journeys", "status IN ('draft', 'active', 'paused')")
