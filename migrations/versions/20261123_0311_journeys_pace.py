"""A journey knows its priority, and how many have begun lately"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261123_0311"
down_revision = "20261123_0310"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("journeys", sa.Column("priority", sa.SmallInteger(), server_default="5", nullable=False))
    op.execute("""
        UPDATE journeys SET priority = CAST(v.graph -> 'rules' ->> 'priority' AS smallint) FROM journey_versions v
        WHERE v.journey_id = journeys.id AND v.status = 'published' AND jsonb_typeof(v.graph -> 'rules' -> 'priority') = 'number'
    """)
    op.create_table(
        "journey_begins",
        sa.Column("journey_id", sa.Uuid(), nullable=False),
        sa.Column("recent", JSONB(), server_default="[]", nullable=False),
        sa.Column("behind_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("journey_id", name="pk_journey_begins"),
    )
    op.create_index("ix_journey_clocks_next_at", "journey_clocks", ["next_at"], postgresql_where=sa.text("next_at IS NOT NULL"))


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.drop_index("ix_journey_clocks_next_at", "journey_clocks")
    op.drop_table("journey_begins")
    op.drop_column("journeys", "priority")
