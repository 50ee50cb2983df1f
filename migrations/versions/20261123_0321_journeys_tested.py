"""Journeys, tested: marketers try drafts on themselves, in journeys that are shown to nobody else"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_0321"
down_revision = "20261123_0311"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("journeys", sa.Column("test_of", sa.Uuid()))
    op.create_table(
        "journey_testers",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("marque_now()")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_journey_testers")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_journey_testers_staff_id_staff"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_journey_testers_brand_id_brands")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_journey_testers_customer_id_customers")),
    )
    op.create_index(op.f("ix_journey_testers_customer_id"), "journey_testers", ["customer_id"])
    op.create_table(
        "journey_tester_codes",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_journey_tester_codes")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_journey_tester_codes_staff_id_staff"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_journey_tester_codes_brand_id_brands")),
    )


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.drop_table("journey_tester_codes")
    op.drop_table("journey_testers")
    # A test on oneself would be a journey like any other there.
    op.execute("UPDATE journeys SET status = 'cancelled', archived_at = marque_now() WHERE test_of IS NOT NULL")
    op.drop_column("journeys", "test_of")
