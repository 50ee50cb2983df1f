"""A move of a million passes over those who were moved already, a part at a time"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_0400"
down_revision = "20261123_0450"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("journey_moves", sa.Column("is_idle", sa.Boolean(), nullable=False, server_default=sa.true()))
    # What runs now may have moved somebody: it looks once more from the beginning.
    op.execute("UPDATE journey_moves SET is_idle = false WHERE status = 'running'")


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.drop_column("journey_moves", "is_idle")
