"""Posters of shares, which a job makes"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_0907"
down_revision = "20261122_0906"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "share_posters",
        sa.Column("share_id", sa.String(), sa.ForeignKey("shares.id"), primary_key=True),
        sa.Column("says", sa.String(), nullable=False),
        sa.Column("digest", sa.String()),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("marque_now()")),
    )
    op.create_index("ix_share_posters_due_at", "share_posters", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))


def downgrade() -> None:
    op.drop_table("share_posters")
