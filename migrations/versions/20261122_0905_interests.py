"""interests"""

from __future__ import annotations

from alembic import op

revision = "20261122_0905"
down_revision = "20261122_0904"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    pass
