"""Callbacks are kept as they arrive, before anybody believes them; WeChat Pay's certificates are asked for in time"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_0430"
down_revision = "20261122_0220"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("wechat_accounts", sa.Column("certificates_asked_at", sa.DateTime(timezone=True)))
    op.create_table(
        "wechat_callbacks",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("attempts", sa.Integer, server_default="0", nullable=False),
        sa.Column("reason", sa.String),
        sa.CheckConstraint("kind IN ('event', 'payment', 'refund')", name=op.f("ck_wechat_callbacks_kind")),
        sa.CheckConstraint("state IN ('received', 'taken', 'refused')", name=op.f("ck_wechat_callbacks_state")),
        sa.CheckConstraint("(state = 'received') = (due_at IS NOT NULL)", name=op.f("ck_wechat_callbacks_received_is_due")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_wechat_callbacks_brand_id_brands")),
        sa.ForeignKeyConstraint(["account_id"], ["wechat_accounts.id"], name=op.f("fk_wechat_callbacks_account_id_wechat_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wechat_callbacks")),
        sa.UniqueConstraint("account_id", "digest", name=op.f("uq_wechat_callbacks_account_id_digest")),
    )
    op.create_index(op.f("ix_wechat_callbacks_brand_id"), "wechat_callbacks", ["brand_id"])
    op.create_index("ix_wechat_callbacks_due_at", "wechat_callbacks", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_index(
        "ix_wechat_callbacks_doubtful", "wechat_callbacks", ["account_id", "arrived_at"], postgresql_where=sa.text("state <> 'taken'")
    )


def downgrade() -> None:
    op.drop_table("wechat_callbacks")
    op.drop_column("wechat_accounts", "certificates_asked_at")
