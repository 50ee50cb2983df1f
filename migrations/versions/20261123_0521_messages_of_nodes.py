"""Messages are found by the node of the journey for which they are, and by what became of them"""

from __future__ import annotations

from alembic import op

revision = "20261123_0521"
down_revision = "20261123_0531"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute(
        "CREATE INDEX ix_sends_node ON sends ((context ->> 'version_id'), (context ->> 'node_id'), status, id) "
        "INCLUDE (delivery, error_code) WHERE walk_id IS NOT NULL"
    )


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute("DROP INDEX ix_sends_node")
