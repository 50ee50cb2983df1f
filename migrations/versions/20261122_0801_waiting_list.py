"""Who waits for a vehicle, and whose turn it is"""

from __future__ import annotations

from alembic import op

revision = "20261122_0801"
down_revision = "20261122_0800"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    pass
