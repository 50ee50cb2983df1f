"""The clock, the extensions, and the answers kept for idempotent requests"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '20261121_2200'
down_revision = None


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    for extension in ("cube", "earthdistance", "pg_trgm", "btree_gin", "citext"):
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    op.create_table(
        "clock_shift",
        sa.Column("the_one", sa.Boolean, nullable=False, server_default=sa.text("true")),
        sa.Column("shift", sa.Interval, nullable=False, server_default=sa.text("interval '0'")),
        sa.CheckConstraint("the_one", name=op.f("ck_clock_shift_one_row")),
        sa.CheckConstraint("shift >= interval '0'", name=op.f("ck_clock_shift_forward")),
        sa.PrimaryKeyConstraint("the_one", name=op.f("pk_clock_shift")),
    )
    op.execute("INSERT INTO clock_shift DEFAULT VALUES")
    op.execute(
        "CREATE FUNCTION marque_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE "
        "AS 'SELECT now() + shift FROM clock_shift'"
    )
    op.create_table(
        "idempotent_answers",
        sa.Column("caller", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("request_hash", sa.String, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("body", sa.LargeBinary),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fence", sa.Integer, server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_idempotent_answers")),
    )


def downgrade() -> None:
    op.drop_table("idempotent_answers")
    op.execute("DROP FUNCTION marque_now()")
    op.drop_table("clock_shift")
