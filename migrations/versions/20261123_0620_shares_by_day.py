"""Shares of some days are found without reading all that there ever were"""

from __future__ import annotations

from alembic import op

revision = "20261123_0620"
down_revision = "20261123_0640"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute("CREATE INDEX ix_shares_brand_id_created_at ON shares (brand_id, created_at)")
    op.execute("DROP INDEX ix_shares_brand_id")


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute("CREATE INDEX ix_shares_brand_id ON shares (brand_id)")
    op.execute("DROP INDEX ix_shares_brand_id_created_at")
