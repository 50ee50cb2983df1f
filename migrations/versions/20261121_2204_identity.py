"""Identity: their first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '20261121_2204'
down_revision = '20261121_2203'


def _root() -> list[sa.Column]:
    return [
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
    ]


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "customers",
        *_root(),
        sa.Column("unionid", sa.String),
        sa.Column("phone", sa.LargeBinary),
        sa.Column("phone_hash", sa.String),
        sa.Column("nickname", sa.String),
        sa.Column("merged_into_id", sa.Uuid),
        sa.Column("erased_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("(phone IS NULL) = (phone_hash IS NULL)", name=op.f("ck_customers_phone_can_be_found")),
        sa.CheckConstraint("merged_into_id <> id", name=op.f("ck_customers_merged_into_another")),
        sa.CheckConstraint(
            "erased_at IS NULL OR (unionid IS NULL AND phone IS NULL AND nickname IS NULL)", name=op.f("ck_customers_erased_holds_nothing")
        ),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_customers_brand_id_brands")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["customers.id"], name=op.f("fk_customers_merged_into_id_customers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
        sa.UniqueConstraint("brand_id", "unionid", name=op.f("uq_customers_brand_id_unionid")),
        sa.UniqueConstraint("brand_id", "phone_hash", name=op.f("uq_customers_brand_id_phone_hash")),
    )
    op.create_index(op.f("ix_customers_brand_id"), "customers", ["brand_id"])
    op.create_index(op.f("ix_customers_merged_into_id"), "customers", ["merged_into_id"])
    op.create_table(
        "wechat_identities",
        *_root(),
        sa.Column("appid", sa.String, nullable=False),
        sa.Column("openid", sa.String, nullable=False),
        sa.Column("unionid", sa.String),
        sa.Column("customer_id", sa.Uuid),
        sa.Column("session_key", sa.LargeBinary),
        sa.Column("followed", sa.Boolean),
        sa.Column("follow_told_at", sa.DateTime(timezone=True)),
        sa.Column("look_up_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_wechat_identities_brand_id_brands")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_wechat_identities_customer_id_customers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wechat_identities")),
        sa.UniqueConstraint("appid", "openid", name=op.f("uq_wechat_identities_appid_openid")),
    )
    op.create_index(op.f("ix_wechat_identities_brand_id"), "wechat_identities", ["brand_id"])
    op.create_index(op.f("ix_wechat_identities_customer_id"), "wechat_identities", ["customer_id"])
    op.create_index("ix_wechat_identities_unionid", "wechat_identities", ["brand_id", "unionid"])
    op.create_index(
        "ix_wechat_identities_look_up_at", "wechat_identities", ["look_up_at"], postgresql_where=sa.text("look_up_at IS NOT NULL")
    )
    op.create_table(
        "follower_syncs",
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("last_openid", sa.String, server_default="", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["wechat_accounts.id"], name=op.f("fk_follower_syncs_account_id_wechat_accounts")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_follower_syncs")),
    )
    op.create_table(
        "customer_sessions",
        sa.Column("token_hash", sa.String, nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("appid", sa.String, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_customer_sessions_customer_id_customers")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_customer_sessions")),
    )
    op.create_index(op.f("ix_customer_sessions_customer_id"), "customer_sessions", ["customer_id"])
    op.create_table(
        "consents",
        *_root(),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("purpose", sa.String, nullable=False),
        sa.Column("text_version", sa.String, nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("ip", sa.String),
        sa.CheckConstraint("purpose IN ('location', 'phone', 'marketing', 'dealer_sharing')", name=op.f("ck_consents_purpose")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_consents_brand_id_brands")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_consents_customer_id_customers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_brand_id"), "consents", ["brand_id"])
    op.create_index(op.f("ix_consents_customer_id"), "consents", ["customer_id"])
    op.create_index(
        "uq_consents_in_force",
        "consents",
        ["customer_id", "purpose", "text_version"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )


def downgrade() -> None:
    for table in ("consents", "customer_sessions", "follower_syncs", "wechat_identities", "customers"):
        op.drop_table(table)
