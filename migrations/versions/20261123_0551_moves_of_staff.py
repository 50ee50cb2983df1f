"""States: what the staff moved is found by brand, the latest first."""

from __future__ import annotations

from alembic import op

revision = "20261123_0551"
down_revision = "20261123_0550"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute("CREATE INDEX ix_transitions_staff ON transitions (brand_id, id) WHERE actor_type = 'staff'")


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.drop_index("ix_transitions_staff", "transitions")
