"""finance plans of kinds"""

from __future__ import annotations

from alembic import op

revision = "20261122_0901"
down_revision = "20261122_0900"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    pass
