"""Bills of WeChat Pay, matched line by line with the ledger and the orders"""

from __future__ import annotations

from alembic import op

revision = "20261122_0803"
down_revision = "20261122_0802"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    pass
