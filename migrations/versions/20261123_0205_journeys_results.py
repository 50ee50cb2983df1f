"""Journeys, results: who reached the goal; and a clock that a transaction can move for itself, to look ahead"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_0205"
down_revision = "20261123_0204"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute(
        "CREATE OR REPLACE FUNCTION marque_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS "
        "$$SELECT now() + shift + coalesce(nullif(current_setting('marque.ahead', true), '')::interval, interval '0') FROM clock_shift$$"
    )
    op.create_table(
        "journey_conversions",
        sa.Column("walk_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.String()),
        sa.Column("send_id", sa.Uuid()),
        sa.Column("held_out", sa.Boolean(), nullable=False),
        sa.Column("converted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("walk_id", name=op.f("pk_journey_conversions")),
    )
    op.create_index("ix_journey_conversions_node", "journey_conversions", ["version_id", "node_id", "walk_id"])


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.drop_table("journey_conversions")
    op.execute(
        "CREATE OR REPLACE FUNCTION marque_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS "
        "'SELECT now() + shift FROM clock_shift'"
    )
