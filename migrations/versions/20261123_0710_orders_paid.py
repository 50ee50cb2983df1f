"""Orders by when their deposit was paid"""

from __future__ import annotations

from alembic import op

revision = "20261123_0710"
down_revision = "20261123_0700"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute("CREATE INDEX ix_orders_paid ON orders (brand_id, paid_at) WHERE paid_at IS NOT NULL")


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute("DROP INDEX ix_orders_paid")
