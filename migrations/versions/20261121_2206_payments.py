"""Payments: their first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '20261121_2206'
down_revision = '20261121_2205'


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    pass
