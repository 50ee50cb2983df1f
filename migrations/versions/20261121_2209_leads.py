"""Leads: their interests, assignments and activities"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_2209"
down_revision = "20261121_2208"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "leads",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("business_line", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("grade", sa.String, nullable=False),
        sa.Column("dealer_id", sa.Uuid),
        sa.Column("owner_id", sa.Uuid),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True)),
        sa.Column("first_response_at", sa.DateTime(timezone=True)),
        sa.Column("next_action_at", sa.DateTime(timezone=True)),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("merged_into_id", sa.Uuid),
        sa.CheckConstraint("(status = 'duplicate') = (merged_into_id IS NOT NULL)", name=op.f("ck_leads_duplicate_of")),
        sa.CheckConstraint("grade IN ('H', 'A', 'B', 'C')", name=op.f("ck_leads_grade")),
        sa.CheckConstraint(
            "status IN ('new', 'assigned', 'accepted', 'callback_promised', 'test_drive_booked', 'won', 'defeated', 'duplicate')",
            name=op.f("ck_leads_status"),
        ),
        sa.CheckConstraint("owner_id IS NULL OR dealer_id IS NOT NULL", name=op.f("ck_leads_owner_has_dealer")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_leads_brand_id_brands")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_leads_customer_id_customers")),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealers.id"], name=op.f("fk_leads_dealer_id_dealers")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["leads.id"], name=op.f("fk_leads_merged_into_id_leads")),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_leads_owner_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leads")),
    )
    op.create_index("ix_leads_brand", "leads", ["brand_id", "created_at", "id"])
    op.create_index(op.f("ix_leads_brand_id"), "leads", ["brand_id"])
    op.create_index(op.f("ix_leads_customer_id"), "leads", ["customer_id"])
    op.create_index("ix_leads_dealer", "leads", ["dealer_id", "created_at", "id"])
    op.create_index(op.f("ix_leads_owner_id"), "leads", ["owner_id"])
    op.create_index(
        "uq_leads_open",
        "leads",
        ["customer_id", "business_line"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('won', 'defeated', 'duplicate')"),
    )
    op.create_table(
        "lead_interests",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("lead_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("vehicle_id", sa.Uuid),
        sa.Column("store_id", sa.Uuid),
        sa.Column("message", sa.LargeBinary),
        sa.Column("latest_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.CheckConstraint("kind IN ('contact', 'reservation', 'deposit')", name=op.f("ck_lead_interests_kind")),
        sa.CheckConstraint("vehicle_id IS NOT NULL OR store_id IS NOT NULL", name=op.f("ck_lead_interests_in_something")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_interests_lead_id_leads")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_lead_interests_store_id_stores")),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicles.id"], name=op.f("fk_lead_interests_vehicle_id_vehicles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_interests")),
        sa.UniqueConstraint(
            "lead_id",
            "kind",
            "vehicle_id",
            "store_id",
            name=op.f("uq_lead_interests_lead_id_kind_vehicle_id_store_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "lead_assignments",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("lead_id", sa.Uuid, nullable=False),
        sa.Column("cause", sa.String, nullable=False),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("rule", sa.String, nullable=False),
        sa.Column("dealer_id", sa.Uuid, nullable=False),
        sa.Column("staff_id", sa.Uuid),
        sa.Column("candidates", postgresql.JSONB, nullable=False),
        sa.Column("answer", sa.String),
        sa.Column("answered_by_id", sa.Uuid),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.CheckConstraint("answer IN ('accepted', 'callback_promised')", name=op.f("ck_lead_assignments_answer")),
        sa.CheckConstraint("cause IN ('contact', 'deposit_paid', 'not_paid')", name=op.f("ck_lead_assignments_cause")),
        sa.CheckConstraint("rule IN ('owner_kept', 'round_robin', 'manager', 'nobody')", name=op.f("ck_lead_assignments_rule")),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_lead_assignments_answered_once")),
        sa.ForeignKeyConstraint(["answered_by_id"], ["staff.id"], name=op.f("fk_lead_assignments_answered_by_id_staff")),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealers.id"], name=op.f("fk_lead_assignments_dealer_id_dealers")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_assignments_lead_id_leads")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_lead_assignments_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_assignments")),
        sa.UniqueConstraint("lead_id", "cause", "reference", name=op.f("uq_lead_assignments_lead_id_cause_reference")),
    )
    op.create_index("ix_lead_assignments_staff", "lead_assignments", ["staff_id", "created_at"])
    op.create_table(
        "lead_activities",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("lead_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("staff_id", sa.Uuid),
        sa.Column("data", postgresql.JSONB, server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_activities_lead_id_leads")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_lead_activities_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_activities")),
        sa.UniqueConstraint("lead_id", "kind", "reference", name=op.f("uq_lead_activities_lead_id_kind_reference")),
    )
    op.create_table(
        "adviser_capacities",
        sa.Column("staff_id", sa.Uuid, nullable=False),
        sa.Column("leads_per_day", sa.Integer, nullable=False),
        sa.CheckConstraint("leads_per_day > 0", name=op.f("ck_adviser_capacities_positive")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_adviser_capacities_staff_id_staff")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_adviser_capacities")),
    )


def downgrade() -> None:
    for table in ("adviser_capacities", "lead_activities", "lead_assignments", "lead_interests", "leads"):
        op.drop_table(table)
