"""What a member of the corp had lately is found without reading all that he ever had"""

from __future__ import annotations

from alembic import op

revision = "20261123_0600"
down_revision = "20261123_0551"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute("CREATE INDEX ix_sends_staff ON sends (staff_id, settled_at) WHERE staff_id IS NOT NULL")
    op.execute("DROP INDEX ix_sends_staff_id")


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute("CREATE INDEX ix_sends_staff_id ON sends (staff_id)")
    op.execute("DROP INDEX ix_sends_staff")
