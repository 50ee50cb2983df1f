"""Sends that were taken back after their claim; looks at what nobody could take, and at what was rendered about a person"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261121_2213"
down_revision = "20261121_2212"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("sends", sa.Column("withdrawn", sa.Boolean, server_default="false", nullable=False))
    op.create_index(
        "ix_sends_about_customer", "sends", [sa.text("(context ->> 'customer_id')")], postgresql_where=sa.text("payload IS NOT NULL")
    )
    op.create_index("ix_event_deliveries_dead", "event_deliveries", ["dead_at"], postgresql_where=sa.text("dead_at IS NOT NULL"))


def downgrade() -> None:
    op.drop_index("ix_event_deliveries_dead", "event_deliveries")
    op.drop_index("ix_sends_about_customer", "sends")
    op.drop_column("sends", "withdrawn")
