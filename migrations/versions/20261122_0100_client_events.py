"""What devices told: each thing once, and found again when somebody signs in"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_0100"
down_revision = "20261121_2215"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "client_events",
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("visitor_id", sa.String, nullable=False),
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_client_events_brand_id_brands")),
        sa.PrimaryKeyConstraint("brand_id", "visitor_id", "client_id", name=op.f("pk_client_events")),
    )
    op.create_index("ix_client_events_recorded_at", "client_events", ["recorded_at"], postgresql_using="brin")


def downgrade() -> None:
    op.drop_table("client_events")
