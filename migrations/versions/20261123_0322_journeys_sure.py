"""Journeys, sure: by how much the winner of a test did better"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_0322"
down_revision = "20261123_0321"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("journey_experiments", sa.Column("interval", postgresql.JSONB()))


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.drop_column("journey_experiments", "interval")
