"""Brands and dealers: their first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '20261121_2201'
down_revision = '20261121_2200'


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "brands",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brands")),
        sa.UniqueConstraint("key", name=op.f("uq_brands_key")),
    )
    op.create_table(
        "dealers",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("city", sa.String, nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_dealers_brand_id_brands")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dealers")),
        sa.UniqueConstraint("brand_id", "name", name=op.f("uq_dealers_brand_id_name")),
    )
    op.create_index(op.f("ix_dealers_brand_id"), "dealers", ["brand_id"])
    op.create_table(
        "stores",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("dealer_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("city", sa.String, nullable=False),
        sa.Column("adcode", sa.String),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("phone", sa.String),
        sa.Column("lat_gcj02", sa.Float, nullable=False),
        sa.Column("lng_gcj02", sa.Float, nullable=False),
        sa.Column("lat_wgs84", sa.Float, nullable=False),
        sa.Column("lng_wgs84", sa.Float, nullable=False),
        sa.Column("datum_source", sa.String, nullable=False),
        sa.Column("hours", postgresql.JSONB, server_default="{}", nullable=False),
        sa.Column("capabilities", postgresql.ARRAY(sa.String), server_default="{}", nullable=False),
        sa.CheckConstraint("datum_source IN ('gcj02', 'wgs84', 'unknown')", name=op.f("ck_stores_datum_source")),
        sa.CheckConstraint("lat_gcj02 BETWEEN -90 AND 90 AND lng_gcj02 BETWEEN -180 AND 180", name=op.f("ck_stores_on_earth")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_stores_brand_id_brands")),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealers.id"], name=op.f("fk_stores_dealer_id_dealers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stores")),
        sa.UniqueConstraint("dealer_id", "name", name=op.f("uq_stores_dealer_id_name")),
    )
    op.create_index(op.f("ix_stores_brand_id"), "stores", ["brand_id"])
    op.create_index(op.f("ix_stores_dealer_id"), "stores", ["dealer_id"])
    op.create_index("ix_stores_place", "stores", ["brand_id", "lat_gcj02", "lng_gcj02"])
    op.create_table(
        "staff",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("dealer_id", sa.Uuid),
        sa.Column("store_id", sa.Uuid),
        sa.Column("username", sa.String, nullable=False),
        sa.Column("password_hash", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("wecom_userid", sa.String),
        sa.Column("active", sa.Boolean, server_default="true", nullable=False),
        sa.CheckConstraint("role IN ('admin', 'marketer', 'dealer_manager', 'adviser')", name=op.f("ck_staff_role")),
        sa.CheckConstraint("(dealer_id IS NULL) = (role IN ('admin', 'marketer'))", name=op.f("ck_staff_dealer_of_role")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_staff_brand_id_brands")),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealers.id"], name=op.f("fk_staff_dealer_id_dealers")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_staff_store_id_stores")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("username", name=op.f("uq_staff_username")),
        sa.UniqueConstraint("brand_id", "wecom_userid", name=op.f("uq_staff_brand_id_wecom_userid")),
    )
    op.create_index(op.f("ix_staff_brand_id"), "staff", ["brand_id"])
    op.create_index(op.f("ix_staff_dealer_id"), "staff", ["dealer_id"])
    op.create_table(
        "staff_login_failures",
        sa.Column("key", sa.String, nullable=False),
        sa.Column("wrong", sa.Integer, server_default="1", nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_staff_login_failures")),
    )
    op.create_table(
        "staff_sessions",
        sa.Column("token_hash", sa.String, nullable=False),
        sa.Column("staff_id", sa.Uuid, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_sessions_staff_id_staff"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_staff_sessions")),
    )
    op.create_index(op.f("ix_staff_sessions_staff_id"), "staff_sessions", ["staff_id"])


def downgrade() -> None:
    for table in ("staff_sessions", "staff_login_failures", "staff", "stores", "dealers", "brands"):
        op.drop_table(table)
