"""What a device told is found by its name: whoever signs in on it, sees what we hold of her, or leaves for good"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_0220"
down_revision = "20261122_0100"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_index(
        "ix_events_device",
        "events",
        ["brand_id", sa.text("(data ->> 'visitor_id')"), "recorded_at"],
        postgresql_where=sa.text("(data ->> 'visitor_id') IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_events_device", "events")
