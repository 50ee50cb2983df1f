"""Orders: deposit terms, orders, and reservations of which one vehicle has one active"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261121_2207"
down_revision = "20261121_2206"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "deposit_terms",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("version", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("deposit_type", sa.String, nullable=False),
        sa.Column("amount_fen", sa.BigInteger, nullable=False),
        sa.Column("hold_hours", sa.Integer, nullable=False),
        sa.CheckConstraint("deposit_type IN ('intent_deposit')", name=op.f("ck_deposit_terms_deposit_type")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_deposit_terms_amount")),
        sa.CheckConstraint("hold_hours > 0", name=op.f("ck_deposit_terms_hold_hours")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_deposit_terms_brand_id_brands")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit_terms")),
        sa.UniqueConstraint("brand_id", "version", name=op.f("uq_deposit_terms_brand_id_version")),
    )
    op.create_index(op.f("ix_deposit_terms_brand_id"), "deposit_terms", ["brand_id"])
    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("number", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("vehicle_id", sa.Uuid, nullable=False),
        sa.Column("dealer_id", sa.Uuid, nullable=False),
        sa.Column("store_id", sa.Uuid, nullable=False),
        sa.Column("intent_id", sa.Uuid),
        sa.Column("amount_fen", sa.BigInteger, nullable=False),
        sa.Column("deposit_type", sa.String, nullable=False),
        sa.Column("terms_version", sa.String, nullable=False),
        sa.Column("terms_accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hold_hours", sa.Integer, nullable=False),
        sa.Column("refundable_until", sa.DateTime(timezone=True)),
        sa.Column("paid_at", sa.DateTime(timezone=True)),
        sa.Column("refunded_at", sa.DateTime(timezone=True)),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("close_reason", sa.String),
        sa.Column("cancel_reason", sa.String),
        sa.Column("request_key", sa.String),
        sa.CheckConstraint(
            "close_reason IN ('expired', 'cancelled_by_customer', 'payment_failed', 'hold_ended')", name=op.f("ck_orders_close_reason")
        ),
        sa.CheckConstraint("deposit_type IN ('intent_deposit')", name=op.f("ck_orders_deposit_type")),
        sa.CheckConstraint(
            "status IN ('created', 'awaiting_payment', 'paid', 'confirmed', 'converted', 'closed')", name=op.f("ck_orders_status")
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_orders_amount")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_orders_brand_id_brands")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_orders_customer_id_customers")),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealers.id"], name=op.f("fk_orders_dealer_id_dealers")),
        sa.ForeignKeyConstraint(["intent_id"], ["payment_intents.id"], name=op.f("fk_orders_intent_id_payment_intents")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_orders_store_id_stores")),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicles.id"], name=op.f("fk_orders_vehicle_id_vehicles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("customer_id", "request_key", name=op.f("uq_orders_customer_id_request_key")),
        sa.UniqueConstraint("intent_id", name=op.f("uq_orders_intent_id")),
        sa.UniqueConstraint("number", name=op.f("uq_orders_number")),
    )
    op.create_index(op.f("ix_orders_brand_id"), "orders", ["brand_id"])
    op.create_index(op.f("ix_orders_customer_id"), "orders", ["customer_id"])
    op.create_index("ix_orders_dealer_id_created_at", "orders", ["dealer_id", "created_at"])
    op.create_index(op.f("ix_orders_vehicle_id"), "orders", ["vehicle_id"])
    op.create_table(
        "reservations",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("vehicle_id", sa.Uuid, nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "status IN ('soft_held', 'expiring', 'cancelling', 'hard_held', 'converted', 'expired', 'cancelled', 'failed', 'cancelled_by_user', 'cancelled_by_dealer', 'sold_elsewhere')",
            name=op.f("ck_reservations_status"),
        ),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_reservations_brand_id_brands")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_reservations_customer_id_customers")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_reservations_order_id_orders")),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicles.id"], name=op.f("fk_reservations_vehicle_id_vehicles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservations")),
    )
    op.create_index(op.f("ix_reservations_brand_id"), "reservations", ["brand_id"])
    op.create_index(
        "ix_reservations_customer_active",
        "reservations",
        ["customer_id"],
        postgresql_where=sa.text("status IN ('soft_held', 'expiring', 'cancelling', 'hard_held')"),
    )
    op.create_index(op.f("ix_reservations_customer_id"), "reservations", ["customer_id"])
    op.create_index(
        "ix_reservations_due",
        "reservations",
        ["expires_at"],
        postgresql_where=sa.text("status IN ('soft_held', 'expiring', 'cancelling', 'hard_held')"),
    )
    op.create_index(op.f("ix_reservations_order_id"), "reservations", ["order_id"])
    op.create_index(op.f("ix_reservations_vehicle_id"), "reservations", ["vehicle_id"])
    op.create_index(
        "one_active_hold",
        "reservations",
        ["vehicle_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('soft_held', 'expiring', 'cancelling', 'hard_held')"),
    )


def downgrade() -> None:
    for table in ("reservations", "orders", "deposit_terms"):
        op.drop_table(table)
