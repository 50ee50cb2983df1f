"""Which of a customer's identities signed in last"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261121_2214"
down_revision = "20261121_2213"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("wechat_identities", sa.Column("signed_in_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("wechat_identities", "signed_in_at")
