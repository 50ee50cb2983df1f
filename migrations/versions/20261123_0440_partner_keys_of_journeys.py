"""A partner's key may be for some journeys alone"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_0440"
down_revision = "20261123_0400"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("partner_keys", sa.Column("journeys", sa.ARRAY(sa.String())))


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    # What was for some journeys would be for all.
    op.execute("UPDATE partner_keys SET revoked_at = coalesce(revoked_at, marque_now()) WHERE journeys IS NOT NULL")
    op.drop_column("partner_keys", "journeys")
