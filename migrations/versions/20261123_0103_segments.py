"""Segments, who is in them, and what is computed about people"""

from __future__ import annotations

from alembic import op

revision = "20261123_0103"
down_revision = "20261123_0102"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    """Nothing to take back."""
