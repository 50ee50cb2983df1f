"""Journeys, waiting: journeys that are walked inside another, and tests that are decided"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_0206"
down_revision = "20261123_0205"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("walks", sa.Column("parent_id", sa.Uuid()))
    op.create_index("ix_walks_parent", "walks", ["parent_id"], postgresql_where=sa.text("parent_id IS NOT NULL"))
    op.create_table(
        "journey_experiments",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.String(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("marque_now()")),
        sa.Column("people", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("winner", sa.String()),
        sa.Column("figures", postgresql.JSONB()),
        sa.PrimaryKeyConstraint("version_id", "node_id", name=op.f("pk_journey_experiments")),
        sa.CheckConstraint("(winner IS NULL) = (decided_at IS NULL)", name=op.f("ck_journey_experiments_decided")),
    )
    op.create_table(
        "journey_tested",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.String(), nullable=False),
        sa.Column("walk_id", sa.Uuid(), nullable=False),
        sa.Column("port", sa.String(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version_id", "node_id", "walk_id", name=op.f("pk_journey_tested")),
    )


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.drop_table("journey_tested")
    op.drop_table("journey_experiments")
    op.drop_index("ix_walks_parent", "walks")
    op.drop_column("walks", "parent_id")
