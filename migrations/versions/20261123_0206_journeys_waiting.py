"""Journeys, waiting: nothing to change yet"""

from __future__ import annotations

from alembic import op

revision = "20261123_0206"
down_revision = "20261123_0205"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
