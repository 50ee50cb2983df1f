"""Since when those inside were looked at whom time alone lets out"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_0312"
down_revision = "20261123_0322"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("journey_versions", sa.Column("looked_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.drop_column("journey_versions", "looked_at")
