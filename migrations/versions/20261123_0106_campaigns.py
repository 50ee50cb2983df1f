"""Campaigns: what a brand or a dealer puts on, what it costs, and who came by it"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_0106"
down_revision = "20261123_0105"


def _root() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("brand_id", sa.Uuid(), sa.ForeignKey("brands.id"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("marque_now()")),
    ]


def _campaigns_and_codes() -> None:
    op.create_table(
        "campaigns",
        *_root(),
        sa.Column("dealer_id", sa.Uuid(), sa.ForeignKey("dealers.id")),
        sa.Column("store_id", sa.Uuid(), sa.ForeignKey("stores.id")),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("introduction", sa.String(), nullable=False, server_default=""),
        sa.Column("status", sa.String(), nullable=False, server_default="draft"),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("budget_fen", sa.BigInteger(), nullable=False),
        sa.Column("vehicle_ids", postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'")),
        sa.Column("form", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("created_by", sa.Uuid(), sa.ForeignKey("staff.id")),
        sa.CheckConstraint("status IN ('draft', 'running', 'ended', 'cancelled')", name="status"),
        sa.CheckConstraint("begins_on <= ends_on", name="days"),
        sa.CheckConstraint("budget_fen >= 0", name="budget"),
    )
    op.create_index("ix_campaigns_brand_id", "campaigns", ["brand_id"])
    op.create_index("ix_campaigns_dealer_id", "campaigns", ["dealer_id"])
    op.create_index("ix_campaigns_running", "campaigns", ["ends_on"], postgresql_where=sa.text("status = 'running'"))
    op.create_table(
        "campaign_codes",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("brand_id", sa.Uuid(), sa.ForeignKey("brands.id"), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), sa.ForeignKey("campaigns.id"), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("store_id", sa.Uuid(), sa.ForeignKey("stores.id")),
        sa.Column("staff_id", sa.Uuid(), sa.ForeignKey("staff.id")),
        sa.Column("code_image", sa.LargeBinary()),
        sa.Column("picture_url", sa.String()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("marque_now()")),
        sa.UniqueConstraint("campaign_id", "label"),
        sa.CheckConstraint("id ~ '^[0-9A-Za-z]{1,32}$'", name="fits_a_scene"),
    )


def _costs() -> None:
    op.create_table(
        "campaign_costs",
        *_root(),
        sa.Column("campaign_id", sa.Uuid(), sa.ForeignKey("campaigns.id"), nullable=False),
        sa.Column("code_id", sa.String(), sa.ForeignKey("campaign_codes.id")),
        sa.Column("spent_on", sa.Date(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("reverses_id", sa.Uuid(), sa.ForeignKey("campaign_costs.id")),
        sa.UniqueConstraint("reverses_id"),
        sa.CheckConstraint("amount_fen <> 0 AND (amount_fen < 0) = (reverses_id IS NOT NULL)", name="amount"),
    )
    op.create_index("ix_campaign_costs_brand_id", "campaign_costs", ["brand_id"])
    op.create_index("ix_campaign_costs_campaign_id", "campaign_costs", ["campaign_id", "spent_on", "id"])
    op.execute(
        """
        CREATE FUNCTION campaign_costs_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'costs are append-only: % of %', TG_OP, TG_TABLE_NAME;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER campaign_costs_append_only BEFORE UPDATE OR DELETE ON campaign_costs "
        "FOR EACH ROW EXECUTE FUNCTION campaign_costs_are_append_only()"
    )


def _people() -> None:
    op.create_table(
        "campaign_touches",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("brand_id", sa.Uuid(), sa.ForeignKey("brands.id"), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), sa.ForeignKey("campaigns.id"), nullable=False),
        sa.Column("code_id", sa.String(), sa.ForeignKey("campaign_codes.id")),
        sa.Column("customer_id", sa.Uuid(), sa.ForeignKey("customers.id")),
        sa.Column("visitor_id", sa.String()),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("marque_now()")),
        sa.CheckConstraint("customer_id IS NOT NULL OR visitor_id IS NOT NULL", name="somebody"),
        sa.CheckConstraint("how IN ('opened', 'scanned', 'answered', 'checked_in')", name="how"),
    )
    op.create_index(
        "ix_campaign_touches_customer",
        "campaign_touches",
        ["customer_id", "at", "id"],
        postgresql_where=sa.text("customer_id IS NOT NULL"),
    )
    op.create_index("ix_campaign_touches_campaign", "campaign_touches", ["campaign_id", "code_id", "customer_id"])
    op.create_index("ix_campaign_touches_brand", "campaign_touches", ["brand_id", "at"])
    op.create_index(
        "ix_campaign_touches_visitor",
        "campaign_touches",
        ["brand_id", "visitor_id"],
        postgresql_where=sa.text("visitor_id IS NOT NULL AND customer_id IS NULL"),
    )
    op.create_table(
        "campaign_answers",
        *_root(),
        sa.Column("campaign_id", sa.Uuid(), sa.ForeignKey("campaigns.id"), nullable=False),
        sa.Column("customer_id", sa.Uuid(), sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("code_id", sa.String(), sa.ForeignKey("campaign_codes.id")),
        sa.Column("given", sa.LargeBinary()),
        sa.Column("lead_id", sa.Uuid(), sa.ForeignKey("leads.id")),
        sa.Column("consent_version", sa.String()),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("marque_now()")),
        sa.UniqueConstraint("campaign_id", "customer_id"),
    )
    op.create_table(
        "campaign_check_ins",
        *_root(),
        sa.Column("campaign_id", sa.Uuid(), sa.ForeignKey("campaigns.id"), nullable=False),
        sa.Column("customer_id", sa.Uuid(), sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("code_id", sa.String(), sa.ForeignKey("campaign_codes.id")),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), sa.ForeignKey("staff.id"), nullable=False),
        sa.UniqueConstraint("campaign_id", "customer_id", "day"),
        sa.CheckConstraint("how IN ('ticket', 'phone')", name="how"),
    )
    for table in ("campaign_answers", "campaign_check_ins"):
        op.create_index(f"ix_{table}_brand_id", table, ["brand_id"])
        op.create_index(f"ix_{table}_customer_id", table, ["customer_id"])
        op.create_index(f"ix_{table}_newest", table, ["campaign_id", "created_at", "id"])


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    _campaigns_and_codes()
    _costs()
    _people()


def downgrade() -> None:
    for table in ("campaign_check_ins", "campaign_answers", "campaign_touches", "campaign_costs", "campaign_codes", "campaigns"):
        op.drop_table(table)
    op.execute("DROP FUNCTION campaign_costs_are_append_only()")
