"""Messaging: templates and the ledger of sends"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_2210"
down_revision = "20261121_2209"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "message_templates",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("wechat_template_id", sa.String, nullable=False),
        sa.Column("fields", postgresql.JSONB, nullable=False),
        sa.Column("page", sa.String),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_message_templates_brand_id_brands")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_templates")),
        sa.UniqueConstraint("brand_id", "channel", "key", name=op.f("uq_message_templates_brand_id_channel_key")),
    )
    op.create_index(op.f("ix_message_templates_brand_id"), "message_templates", ["brand_id"])
    op.create_table(
        "sends",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("customer_id", sa.Uuid),
        sa.Column("staff_id", sa.Uuid),
        sa.Column("template_key", sa.String, nullable=False),
        sa.Column("purpose", sa.String, nullable=False),
        sa.Column("dedupe_key", sa.String, nullable=False),
        sa.Column("context", postgresql.JSONB, nullable=False),
        sa.Column("walk_id", sa.Uuid),
        sa.Column("status", sa.String, server_default="planned", nullable=False),
        sa.Column("delivery", sa.String),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("fence", sa.Integer, server_default="0", nullable=False),
        sa.Column("maybe_sent_since", sa.DateTime(timezone=True)),
        sa.Column("payload", sa.LargeBinary),
        sa.Column("msgid", sa.String),
        sa.Column("response_code", sa.LargeBinary),
        sa.Column("error_code", sa.String),
        sa.Column("error_message", sa.String),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("(status = 'claimed') = (lease_until IS NOT NULL)", name=op.f("ck_sends_lease_while_claimed")),
        sa.CheckConstraint("delivery IN ('success', 'failed')", name=op.f("ck_sends_delivery")),
        sa.CheckConstraint("purpose IN ('transactional', 'marketing')", name=op.f("ck_sends_purpose")),
        sa.CheckConstraint(
            "status IN ('planned', 'claimed', 'accepted', 'rejected', 'unknown', 'cancelled')", name=op.f("ck_sends_status")
        ),
        sa.CheckConstraint("(customer_id IS NULL) <> (staff_id IS NULL)", name=op.f("ck_sends_one_recipient")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_sends_brand_id_brands")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_sends_customer_id_customers")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_sends_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sends")),
        sa.UniqueConstraint("brand_id", "dedupe_key", name=op.f("uq_sends_brand_id_dedupe_key")),
    )
    op.create_index(op.f("ix_sends_brand_id"), "sends", ["brand_id"])
    op.create_index(op.f("ix_sends_customer_id"), "sends", ["customer_id"])
    op.create_index("ix_sends_due", "sends", ["due_at"], postgresql_where=sa.text("status = 'planned'"))
    op.create_index("ix_sends_leases", "sends", ["lease_until"], postgresql_where=sa.text("status = 'claimed'"))
    op.create_index("ix_sends_msgid", "sends", ["brand_id", "msgid"], postgresql_where=sa.text("msgid IS NOT NULL"))
    op.create_index(op.f("ix_sends_staff_id"), "sends", ["staff_id"])
    op.create_index("ix_sends_walk_id", "sends", ["walk_id"], postgresql_where=sa.text("walk_id IS NOT NULL"))


def downgrade() -> None:
    for table in ("sends", "message_templates"):
        op.drop_table(table)
