"""Who waits for a vehicle, and whose turn it is"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_0801"
down_revision = "20261122_0800"

LIVE = "status IN ('waiting', 'offered')"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "waitlist_entries",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("vehicle_id", sa.Uuid, nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("offered_until", sa.DateTime(timezone=True)),
        sa.Column("skipped_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waitlist_entries")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_waitlist_entries_brand_id_brands")),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicles.id"], name=op.f("fk_waitlist_entries_vehicle_id_vehicles")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_waitlist_entries_customer_id_customers")),
        sa.CheckConstraint(
            "status IN ('waiting', 'offered', 'taken', 'lapsed', 'left', 'over')", name=op.f("ck_waitlist_entries_status")
        ),
        sa.CheckConstraint("status <> 'offered' OR offered_until IS NOT NULL", name=op.f("ck_waitlist_entries_offers_end")),
        sa.CheckConstraint(f"(ended_at IS NULL) = ({LIVE})", name=op.f("ck_waitlist_entries_ended")),
    )
    op.create_index(op.f("ix_waitlist_entries_brand_id"), "waitlist_entries", ["brand_id"])
    op.create_index(op.f("ix_waitlist_entries_customer_id"), "waitlist_entries", ["customer_id"])
    op.create_index("one_place_in_line", "waitlist_entries", ["vehicle_id", "customer_id"], unique=True, postgresql_where=sa.text(LIVE))
    op.create_index("one_offer", "waitlist_entries", ["vehicle_id"], unique=True, postgresql_where=sa.text("status = 'offered'"))
    op.create_index("ix_waitlist_entries_line", "waitlist_entries", ["vehicle_id", "id"], postgresql_where=sa.text(LIVE))
    op.create_index("ix_waitlist_entries_due", "waitlist_entries", ["offered_until"], postgresql_where=sa.text("status = 'offered'"))


def downgrade() -> None:
    op.drop_table("waitlist_entries")
