"""What WeChat was told about the handing over of what was paid"""

from __future__ import annotations

from alembic import op

revision = "20261122_0804"
down_revision = "20261122_0803"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    pass
