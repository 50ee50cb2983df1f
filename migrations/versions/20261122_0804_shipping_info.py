"""What WeChat was told about the handing over of what was paid"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_0804"
down_revision = "20261122_0803"

OPEN = "status IN ('waiting', 'due')"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "shipping_uploads",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("attempt_id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("transaction_id", sa.String, nullable=False),
        sa.Column("description", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("warn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("warned_at", sa.DateTime(timezone=True)),
        sa.Column("ready_at", sa.DateTime(timezone=True)),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("asked_at", sa.DateTime(timezone=True)),
        sa.Column("tries", sa.Integer, server_default="0", nullable=False),
        sa.Column("error_code", sa.String),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        sa.Column("reminded_at", sa.DateTime(timezone=True)),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("status IN ('waiting', 'due', 'told', 'settled', 'dropped')", name=op.f("ck_shipping_uploads_status")),
        sa.CheckConstraint("(status = 'due') = (due_at IS NOT NULL)", name=op.f("ck_shipping_uploads_due_at")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_shipping_uploads_brand_id_brands")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_shipping_uploads_order_id_orders")),
        sa.ForeignKeyConstraint(["attempt_id"], ["payment_attempts.id"], name=op.f("fk_shipping_uploads_attempt_id_payment_attempts")),
        sa.ForeignKeyConstraint(["account_id"], ["wechat_accounts.id"], name=op.f("fk_shipping_uploads_account_id_wechat_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipping_uploads")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_shipping_uploads_attempt_id")),
        sa.UniqueConstraint("transaction_id", name=op.f("uq_shipping_uploads_transaction_id")),
    )
    op.create_index(op.f("ix_shipping_uploads_brand_id"), "shipping_uploads", ["brand_id"])
    op.create_index(op.f("ix_shipping_uploads_order_id"), "shipping_uploads", ["order_id"])
    op.create_index("ix_shipping_uploads_due_at", "shipping_uploads", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_index(
        "ix_shipping_uploads_warn_at", "shipping_uploads", ["warn_at"], postgresql_where=sa.text(f"{OPEN} AND warned_at IS NULL")
    )


def downgrade() -> None:
    op.drop_table("shipping_uploads")
