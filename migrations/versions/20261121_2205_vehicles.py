"""Vehicles: their series, prices, feeds and finance plans"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '20261121_2205'
down_revision = '20261121_2204'


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "finance_plans",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("term_months", sa.Integer, nullable=False),
        sa.Column("annual_rate_bp", sa.Integer, nullable=False),
        sa.Column("min_down_payment_percent", sa.Integer, nullable=False),
        sa.CheckConstraint("min_down_payment_percent BETWEEN 0 AND 99", name=op.f("ck_finance_plans_down_payment")),
        sa.CheckConstraint("term_months BETWEEN 1 AND 84 AND annual_rate_bp BETWEEN 0 AND 2400", name=op.f("ck_finance_plans_terms")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_finance_plans_brand_id_brands")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_plans")),
        sa.UniqueConstraint("brand_id", "name", name=op.f("uq_finance_plans_brand_id_name")),
    )
    op.create_index(op.f("ix_finance_plans_brand_id"), "finance_plans", ["brand_id"])
    op.create_table(
        "import_runs",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("feed", sa.String, nullable=False),
        sa.Column("dealer_id", sa.Uuid),
        sa.Column("file_name", sa.String, nullable=False),
        sa.Column("file_sha256", sa.String, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("created", sa.Integer, nullable=False),
        sa.Column("updated", sa.Integer, nullable=False),
        sa.Column("unchanged", sa.Integer, nullable=False),
        sa.Column("withdrawn", sa.Integer, nullable=False),
        sa.Column("rejected", sa.Integer, nullable=False),
        sa.Column("errors", postgresql.JSONB, nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_import_runs_brand_id_brands")),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealers.id"], name=op.f("fk_import_runs_dealer_id_dealers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_runs")),
    )
    op.create_index(op.f("ix_import_runs_brand_id"), "import_runs", ["brand_id"])
    op.create_table(
        "model_series",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_model_series_brand_id_brands")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_series")),
        sa.UniqueConstraint("brand_id", "key", name=op.f("uq_model_series_brand_id_key")),
    )
    op.create_index(op.f("ix_model_series_brand_id"), "model_series", ["brand_id"])
    op.create_table(
        "vehicles",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("dealer_id", sa.Uuid, nullable=False),
        sa.Column("store_id", sa.Uuid, nullable=False),
        sa.Column("series_id", sa.Uuid, nullable=False),
        sa.Column("stock_number", sa.String, nullable=False),
        sa.Column("vin", sa.String),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("trim", sa.String, nullable=False),
        sa.Column("condition", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("model_year", sa.Integer, nullable=False),
        sa.Column("first_registration_date", sa.Date),
        sa.Column("odometer_km", sa.Integer),
        sa.Column("previous_owners", sa.Integer),
        sa.Column("accident_free", sa.Boolean),
        sa.Column("exterior_color", sa.String),
        sa.Column("interior_color", sa.String),
        sa.Column("body", sa.String),
        sa.Column("drivetrain", sa.String),
        sa.Column("energy", sa.String),
        sa.Column("gearbox", sa.String),
        sa.Column("price_fen", sa.BigInteger, nullable=False),
        sa.Column("guide_price_fen", sa.BigInteger),
        sa.Column("options", postgresql.ARRAY(sa.String), server_default="{}", nullable=False),
        sa.Column("specifications", postgresql.JSONB, server_default="{}", nullable=False),
        sa.Column("highlights", postgresql.ARRAY(sa.String), server_default="{}", nullable=False),
        sa.Column("photos", postgresql.JSONB, server_default="[]", nullable=False),
        sa.Column("listed_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.Integer, server_default="1", nullable=False),
        sa.Column("search_text", sa.String, nullable=False),
        sa.Column("feed", sa.String),
        sa.Column("missed_feeds", sa.Integer, server_default="0", nullable=False),
        sa.CheckConstraint("condition IN ('new', 'approved', 'used', 'demo')", name=op.f("ck_vehicles_condition")),
        sa.CheckConstraint("condition NOT IN ('used', 'approved') OR (first_registration_date IS NOT NULL AND odometer_km IS NOT NULL)", name=op.f("ck_vehicles_history")),
        sa.CheckConstraint("status IN ('draft', 'in_preparation', 'listed', 'reserved', 'sold', 'delivered', 'withdrawn')", name=op.f("ck_vehicles_status")),
        sa.CheckConstraint("status NOT IN ('listed', 'reserved') OR listed_at IS NOT NULL", name=op.f("ck_vehicles_since_when")),
        sa.CheckConstraint("odometer_km >= 0 AND previous_owners >= 0", name=op.f("ck_vehicles_counts")),
        sa.CheckConstraint("price_fen > 0 AND guide_price_fen > 0", name=op.f("ck_vehicles_price")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_vehicles_brand_id_brands")),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealers.id"], name=op.f("fk_vehicles_dealer_id_dealers")),
        sa.ForeignKeyConstraint(["series_id"], ["model_series.id"], name=op.f("fk_vehicles_series_id_model_series")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_vehicles_store_id_stores")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vehicles")),
        sa.UniqueConstraint("dealer_id", "stock_number", name=op.f("uq_vehicles_dealer_id_stock_number")),
    )
    op.create_index(op.f("ix_vehicles_brand_id"), "vehicles", ["brand_id"])
    op.create_index("ix_vehicles_newest", "vehicles", ["brand_id", "listed_at", "id"], postgresql_where=sa.text("status IN ('listed', 'reserved')"))
    op.create_index("ix_vehicles_one_live_vin", "vehicles", ["brand_id", "vin"], unique=True, postgresql_where=sa.text("status IN ('in_preparation', 'listed', 'reserved')"))
    op.create_index("ix_vehicles_place", "vehicles", ["store_id"], postgresql_where=sa.text("status IN ('listed', 'reserved')"))
    op.create_index("ix_vehicles_price", "vehicles", ["brand_id", "price_fen", "id"], postgresql_where=sa.text("status IN ('listed', 'reserved')"))
    op.create_index(op.f("ix_vehicles_series_id"), "vehicles", ["series_id"])
    op.create_index("ix_vehicles_text", "vehicles", ["search_text"], postgresql_using="gin", postgresql_ops={"search_text": "gin_trgm_ops"})
    op.create_table(
        "price_changes",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("vehicle_id", sa.Uuid, nullable=False),
        sa.Column("old_price_fen", sa.BigInteger, nullable=False),
        sa.Column("new_price_fen", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicles.id"], name=op.f("fk_price_changes_vehicle_id_vehicles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_changes")),
    )
    op.create_index(op.f("ix_price_changes_vehicle_id"), "price_changes", ["vehicle_id"])


def downgrade() -> None:
    for table in ("price_changes", "vehicles", "model_series", "import_runs", "finance_plans"):
        op.drop_table(table)
