"""Reading the templates at WeChat: when somebody asked for it, and when it was tried last"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_0531"
down_revision = "20261123_0510"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("wechat_template_syncs", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("wechat_template_syncs", sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.drop_column("wechat_template_syncs", "tried_at")
    op.drop_column("wechat_template_syncs", "asked_at")
