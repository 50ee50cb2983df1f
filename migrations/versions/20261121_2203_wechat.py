"""Wechat: their first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '20261121_2203'
down_revision = '20261121_2202'


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "wechat_accounts",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("appid", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("linked_appid", sa.String),
        sa.Column("settings", postgresql.JSONB, server_default="{}", nullable=False),
        sa.Column("secrets", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("kind IN ('mini_program', 'service_account', 'corp', 'merchant')", name=op.f("ck_wechat_accounts_kind")),
        sa.CheckConstraint("kind <> 'merchant' OR linked_appid IS NOT NULL", name=op.f("ck_wechat_accounts_merchant_is_linked")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_wechat_accounts_brand_id_brands")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wechat_accounts")),
        sa.UniqueConstraint("appid", name=op.f("uq_wechat_accounts_appid")),
    )
    op.create_index(op.f("ix_wechat_accounts_brand_id"), "wechat_accounts", ["brand_id"])
    op.create_table(
        "wechat_inbox",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("dedupe_key", sa.String, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("kind IN ('event', 'payment', 'refund')", name=op.f("ck_wechat_inbox_kind")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_wechat_inbox_brand_id_brands")),
        sa.ForeignKeyConstraint(["account_id"], ["wechat_accounts.id"], name=op.f("fk_wechat_inbox_account_id_wechat_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wechat_inbox")),
        sa.UniqueConstraint("account_id", "dedupe_key", name=op.f("uq_wechat_inbox_account_id_dedupe_key")),
    )
    op.create_index(op.f("ix_wechat_inbox_brand_id"), "wechat_inbox", ["brand_id"])


def downgrade() -> None:
    op.drop_table("wechat_inbox")
    op.drop_table("wechat_accounts")
