"""Messages to many, as they are planned, paused and counted; and what messages waited for"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_0105"
down_revision = "20261123_0104"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "broadcasts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("brand_id", sa.Uuid(), sa.ForeignKey("brands.id"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("marque_now()")),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False, server_default="draft"),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("audience", postgresql.JSONB(), nullable=False),
        sa.Column("ladder", postgresql.JSONB(), nullable=False),
        sa.Column("context", postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("scheduled_at", sa.DateTime(timezone=True)),
        sa.Column("expires_hours", sa.Integer(), nullable=False, server_default="72"),
        sa.Column("per_minute", sa.Integer()),
        sa.Column("created_by", sa.Uuid(), sa.ForeignKey("staff.id")),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("marque_now()")),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("listed_until", sa.Uuid()),
        sa.Column("listed_at", sa.DateTime(timezone=True)),
        sa.Column("next_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("status IN ('draft', 'scheduled', 'sending', 'paused', 'finished', 'cancelled')", name="status"),
        sa.CheckConstraint("purpose IN ('transactional', 'marketing')", name="purpose"),
        sa.CheckConstraint("per_minute > 0", name="per_minute"),
        sa.CheckConstraint("expires_hours > 0", name="expires_hours"),
        sa.CheckConstraint("status NOT IN ('sending', 'paused') OR started_at IS NOT NULL", name="started"),
    )
    op.create_index("ix_broadcasts_brand_id", "broadcasts", ["brand_id"])
    op.create_index(
        "ix_broadcasts_at_work", "broadcasts", ["status", "next_at"], postgresql_where=sa.text("status IN ('scheduled', 'sending')")
    )
    op.create_table(
        "broadcast_people",
        sa.Column("broadcast_id", sa.Uuid(), sa.ForeignKey("broadcasts.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("customer_id", sa.Uuid(), sa.ForeignKey("customers.id"), primary_key=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("marque_now()")),
        sa.Column("planned_at", sa.DateTime(timezone=True)),
    )
    op.create_index(
        "ix_broadcast_people_waiting", "broadcast_people", ["broadcast_id", "customer_id"], postgresql_where=sa.text("planned_at IS NULL")
    )
    op.create_index("ix_broadcast_people_customer_id", "broadcast_people", ["customer_id"])
    op.create_table(
        "send_waits",
        sa.Column("send_id", sa.Uuid(), sa.ForeignKey("sends.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("reason", sa.String(), primary_key=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False, server_default="1"),
    )
    # How far a broadcast is, is counted from the index alone; people of one outcome are paged through by it.
    op.create_index(
        "ix_sends_broadcast_outcome",
        "sends",
        ["broadcast_id", "status", "error_code", "id"],
        postgresql_where=sa.text("broadcast_id IS NOT NULL"),
        postgresql_include=["delivery"],
    )


def downgrade() -> None:
    op.drop_index("ix_sends_broadcast_outcome", "sends")
    for table in ("send_waits", "broadcast_people", "broadcasts"):
        op.drop_table(table)
