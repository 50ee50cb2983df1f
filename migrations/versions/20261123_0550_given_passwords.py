"""Dealers: a password that somebody was given is good for one login within some days, at which she chooses her own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_0550"
down_revision = "20261123_0560"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("staff", sa.Column("must_choose_by", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.drop_column("staff", "must_choose_by")
