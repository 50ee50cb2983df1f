"""Feeds that are handed in and taken over by a job, stock that has to be confirmed, and the trail of every vehicle

Writes the first line of the trail of every vehicle and adds two indexes to them: a million take about a minute, in which nobody writes
to the table.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261122_0904"
down_revision = "20261122_0903"

RUN_COLUMNS = {
    "staff_id": sa.Column("staff_id", sa.Uuid()),
    "status": sa.Column("status", sa.String(), nullable=False, server_default="done"),
    "mapping": sa.Column("mapping", sa.String(), nullable=False, server_default=""),
    "format": sa.Column("format", sa.String(), nullable=False, server_default="csv"),
    "file_bytes": sa.Column("file_bytes", sa.BigInteger(), nullable=False, server_default="0"),
    "read_bytes": sa.Column("read_bytes", sa.BigInteger(), nullable=False, server_default="0"),
    "withdraw_after": sa.Column("withdraw_after", sa.Integer(), nullable=False, server_default="3"),
    "may_withdraw_many": sa.Column("may_withdraw_many", sa.Boolean(), nullable=False, server_default="false"),
    "error": sa.Column("error", postgresql.JSONB()),
    "lease_until": sa.Column("lease_until", sa.DateTime(timezone=True)),
    "tries": sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
    "finished_at": sa.Column("finished_at", sa.DateTime(timezone=True)),
}


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    # As PostgreSQL 18's uuidv7(), which older servers do not have: for rows that one statement makes by the thousand.
    op.execute(
        """
        CREATE FUNCTION marque_new_id() RETURNS uuid LANGUAGE sql VOLATILE AS $$
            SELECT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0')
                || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid
        $$
        """
    )
    _runs()
    _vehicles()


def _runs() -> None:
    for column in RUN_COLUMNS.values():
        op.add_column("import_runs", column)
    op.create_foreign_key(op.f("fk_import_runs_staff_id_staff"), "import_runs", "staff", ["staff_id"], ["id"])
    op.create_check_constraint(
        op.f("ck_import_runs_status"), "import_runs", "status IN ('waiting', 'running', 'held', 'done', 'refused', 'discarded')"
    )
    op.create_index("ix_import_runs_due", "import_runs", ["id"], postgresql_where=sa.text("status IN ('waiting', 'running')"))
    op.create_index("ix_import_runs_feed", "import_runs", ["brand_id", "feed", "id"])
    op.create_table(
        "import_chunks",
        sa.Column("run_id", sa.Uuid(), sa.ForeignKey("import_runs.id"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "import_rows",
        sa.Column("run_id", sa.Uuid(), sa.ForeignKey("import_runs.id"), primary_key=True),
        sa.Column("line", sa.Integer(), primary_key=True),
        sa.Column("stock_number", sa.String()),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
    )
    op.execute(
        """
        INSERT INTO import_rows (run_id, line, field, value, reason)
        SELECT id, (one->>'line')::int, one->>'field', one->>'value', one->>'reason'
        FROM import_runs, jsonb_array_elements(errors) one
        ON CONFLICT DO NOTHING
        """
    )
    op.drop_column("import_runs", "errors")


def _vehicles() -> None:
    op.add_column("vehicles", sa.Column("warned_at", sa.DateTime(timezone=True)))
    op.add_column("vehicles", sa.Column("withdrawn_for", sa.String()))
    # Whoever brings a car says that it is there; those that are there already have not been asked yet.
    op.alter_column("vehicles", "confirmed_at", server_default=sa.text("marque_now()"))
    op.execute("UPDATE vehicles SET confirmed_at = marque_now() WHERE status IN ('draft', 'in_preparation', 'listed', 'reserved')")
    op.execute(
        "UPDATE vehicles SET withdrawn_for = CASE WHEN missed_feeds > 0 THEN 'missing_in_feed' ELSE 'by_dealer' END "
        "WHERE status = 'withdrawn'"
    )
    op.create_check_constraint(op.f("ck_vehicles_why_withdrawn"), "vehicles", "withdrawn_for IS NULL OR status = 'withdrawn'")
    op.create_check_constraint(
        op.f("ck_vehicles_withdrawn_for"), "vehicles", "withdrawn_for IN ('by_dealer', 'missing_in_feed', 'unconfirmed')"
    )
    op.create_index(
        "ix_vehicles_to_confirm",
        "vehicles",
        ["warned_at", "confirmed_at"],
        postgresql_where=sa.text("status = 'listed'"),
    )
    op.create_index("ix_vehicles_vin", "vehicles", ["brand_id", "vin"], postgresql_where=sa.text("vin IS NOT NULL"))
    op.execute(
        """
        INSERT INTO transitions (id, brand_id, created_at, subject_type, subject_id, before, after, actor_type, reason, cause, request_id)
        SELECT marque_new_id(), brand_id, coalesce(listed_at, created_at), 'vehicles', id, '', status,
            'system', 'before_the_trail', 'by hand', ''
        FROM vehicles
        """
    )


def downgrade() -> None:
    op.drop_index("ix_vehicles_vin", table_name="vehicles")
    op.drop_index("ix_vehicles_to_confirm", table_name="vehicles")
    op.drop_constraint(op.f("ck_vehicles_withdrawn_for"), "vehicles")
    op.drop_constraint(op.f("ck_vehicles_why_withdrawn"), "vehicles")
    op.alter_column("vehicles", "confirmed_at", server_default=None)
    op.drop_column("vehicles", "withdrawn_for")
    op.drop_column("vehicles", "warned_at")
    op.add_column("import_runs", sa.Column("errors", postgresql.JSONB(), nullable=False, server_default="[]"))
    op.drop_table("import_rows")
    op.drop_table("import_chunks")
    op.drop_index("ix_import_runs_feed", table_name="import_runs")
    op.drop_index("ix_import_runs_due", table_name="import_runs")
    op.drop_constraint(op.f("ck_import_runs_status"), "import_runs")
    op.drop_constraint(op.f("fk_import_runs_staff_id_staff"), "import_runs")
    for name in RUN_COLUMNS:
        op.drop_column("import_runs", name)
    op.execute("DROP FUNCTION marque_new_id()")
