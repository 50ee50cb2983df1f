"""Linked tags know what they are called there, so that a new label is carried over"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_0345"
down_revision = "20261123_0206"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("tag_links", sa.Column("remote_name", sa.String()))
    # Whatever was renamed until now is called by its new name there, too.
    op.execute("UPDATE tag_links SET due_at = marque_now() WHERE remote_id IS NOT NULL AND broken_at IS NULL")


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.drop_column("tag_links", "remote_name")
