"""Sharing: shares, opens, touches and conversions"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_2208"
down_revision = "20261121_2207"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "shares",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("vehicle_id", sa.Uuid),
        sa.Column("filters", postgresql.JSONB),
        sa.Column("target", sa.String, nullable=False),
        sa.Column("parent_id", sa.String),
        sa.Column("code_image", sa.LargeBinary),
        sa.CheckConstraint("id ~ '^[0-9A-Za-z]{1,22}$'", name=op.f("ck_shares_fits_a_scene")),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_shares_not_its_own_parent")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_shares_brand_id_brands")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_shares_customer_id_customers")),
        sa.ForeignKeyConstraint(["parent_id"], ["shares.id"], name=op.f("fk_shares_parent_id_shares")),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicles.id"], name=op.f("fk_shares_vehicle_id_vehicles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shares")),
    )
    op.create_index(op.f("ix_shares_brand_id"), "shares", ["brand_id"])
    op.create_index("ix_shares_customer_id_target", "shares", ["customer_id", "target"])
    op.create_index(op.f("ix_shares_parent_id"), "shares", ["parent_id"])
    op.create_table(
        "share_opens",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("share_id", sa.String, nullable=False),
        sa.Column("visitor_id", sa.String),
        sa.Column("customer_id", sa.Uuid),
        sa.Column("scene", sa.String),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_share_opens_customer_id_customers")),
        sa.ForeignKeyConstraint(["share_id"], ["shares.id"], name=op.f("fk_share_opens_share_id_shares")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_opens")),
    )
    op.create_index("ix_share_opens_customer_id", "share_opens", ["customer_id"], postgresql_where=sa.text("customer_id IS NOT NULL"))
    op.create_index("ix_share_opens_share_id", "share_opens", ["share_id", "opened_at"])
    op.create_index("ix_share_opens_visitor_id", "share_opens", ["visitor_id"], postgresql_where=sa.text("visitor_id IS NOT NULL"))
    op.create_table(
        "share_visitors",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("visitor_id", sa.String, nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_share_visitors_brand_id_brands")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_share_visitors_customer_id_customers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_visitors")),
        sa.UniqueConstraint("brand_id", "visitor_id", name=op.f("uq_share_visitors_brand_id_visitor_id")),
    )
    op.create_index(op.f("ix_share_visitors_brand_id"), "share_visitors", ["brand_id"])
    op.create_index(op.f("ix_share_visitors_customer_id"), "share_visitors", ["customer_id"])
    op.create_table(
        "share_touches",
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("share_id", sa.String, nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_share_touches_customer_id_customers")),
        sa.ForeignKeyConstraint(["share_id"], ["shares.id"], name=op.f("fk_share_touches_share_id_shares")),
        sa.PrimaryKeyConstraint("customer_id", "share_id", name=op.f("pk_share_touches")),
    )
    op.create_table(
        "share_conversions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("share_id", sa.String, nullable=False),
        sa.Column("first_share_id", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("subject_id", sa.String, nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.CheckConstraint("kind IN ('login', 'lead', 'order', 'deposit')", name=op.f("ck_share_conversions_kind")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_share_conversions_customer_id_customers")),
        sa.ForeignKeyConstraint(["first_share_id"], ["shares.id"], name=op.f("fk_share_conversions_first_share_id_shares")),
        sa.ForeignKeyConstraint(["share_id"], ["shares.id"], name=op.f("fk_share_conversions_share_id_shares")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_conversions")),
        sa.UniqueConstraint("share_id", "kind", "subject_id", name=op.f("uq_share_conversions_share_id_kind_subject_id")),
    )
    op.create_index(op.f("ix_share_conversions_customer_id"), "share_conversions", ["customer_id"])
    op.create_index(
        "uq_share_conversions_once", "share_conversions", ["kind", "subject_id"], unique=True, postgresql_where=sa.text("kind <> 'login'")
    )


def downgrade() -> None:
    for table in ("share_conversions", "share_touches", "share_visitors", "share_opens", "shares"):
        op.drop_table(table)
