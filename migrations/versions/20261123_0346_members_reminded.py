"""Members are reminded of messages that wait for them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_0346"
down_revision = "20261123_0345"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("wecom_member_tasks", sa.Column("reminded", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.drop_column("wecom_member_tasks", "reminded")
