"""Messages to many, as they are planned, paused and counted"""

from __future__ import annotations

from alembic import op

revision = "20261123_0105"
down_revision = "20261123_0104"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    """Nothing to take back."""
