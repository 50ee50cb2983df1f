"""What people want to hear over which channel, and what they refused"""

from __future__ import annotations

from alembic import op

revision = "20261123_0104"
down_revision = "20261123_0103"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    """Nothing to take back."""
