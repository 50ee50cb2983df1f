"""Identity: their first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '20261121_2204'
down_revision = '20261121_2203'


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    pass
