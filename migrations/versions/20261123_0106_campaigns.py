"""Campaigns: what a brand or a dealer puts on, what it costs, and who came by it"""

from __future__ import annotations

from alembic import op

revision = "20261123_0106"
down_revision = "20261123_0105"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    """Nothing to take back."""
