"""Journeys, acting: why a step was left out, tasks for staff, questions to customers, and what a webhook answered"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_0203"
down_revision = "20261123_0202"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("walk_steps", sa.Column("skipped", sa.String(), nullable=True))
    op.add_column("sends", sa.Column("answer", postgresql.JSONB(none_as_null=True), nullable=True))
    _causes("'contact', 'deposit_paid', 'not_paid', 'journey'")
    _tasks()
    _asks()


def _causes(allowed: str) -> None:
    op.drop_constraint(op.f("ck_lead_assignments_cause"), "lead_assignments")
    op.create_check_constraint(op.f("ck_lead_assignments_cause"), "lead_assignments", f"cause IN ({allowed})")


def _tasks() -> None:
    op.create_table(
        "staff_tasks",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("brand_id", sa.Uuid(), sa.ForeignKey("brands.id"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.marque_now(), nullable=False),
        sa.Column("journey_id", sa.Uuid(), nullable=False),
        sa.Column("walk_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.String(), nullable=False),
        sa.Column("visit_no", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("lead_id", sa.Uuid(), sa.ForeignKey("leads.id"), nullable=True),
        sa.Column("dealer_id", sa.Uuid(), sa.ForeignKey("dealers.id"), nullable=True),
        sa.Column("staff_id", sa.Uuid(), sa.ForeignKey("staff.id"), nullable=True),
        sa.Column("to_whom", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("status", sa.String(), server_default="open", nullable=False),
        sa.Column("reminders", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by_id", sa.Uuid(), sa.ForeignKey("staff.id"), nullable=True),
        sa.CheckConstraint("status IN ('open', 'confirmed', 'timed_out', 'cancelled')", name=op.f("ck_staff_tasks_status")),
        sa.CheckConstraint("(status = 'confirmed') = (done_by_id IS NOT NULL)", name=op.f("ck_staff_tasks_done_by_somebody")),
        sa.CheckConstraint("(status = 'open') = (done_at IS NULL)", name=op.f("ck_staff_tasks_done_once")),
        sa.CheckConstraint("reminders BETWEEN 0 AND 3", name=op.f("ck_staff_tasks_few_reminders")),
        sa.CheckConstraint("to_whom IN ('owner', 'managers')", name=op.f("ck_staff_tasks_to_whom")),
        sa.UniqueConstraint("walk_id", "visit_no", "node_id", name=op.f("uq_staff_tasks_walk_id_visit_no_node_id")),
    )
    op.create_index(op.f("ix_staff_tasks_brand_id"), "staff_tasks", ["brand_id"])
    op.create_index("ix_staff_tasks_dealer", "staff_tasks", ["dealer_id", "status", "created_at", "id"])
    op.create_index("ix_staff_tasks_brand", "staff_tasks", ["brand_id", "status", "created_at", "id"])
    op.create_index(op.f("ix_staff_tasks_customer_id"), "staff_tasks", ["customer_id"])
    op.create_index("ix_staff_tasks_reminders", "staff_tasks", ["remind_at"], postgresql_where=sa.text("status = 'open'"))


def _asks() -> None:
    op.create_table(
        "credit_asks",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("brand_id", sa.Uuid(), sa.ForeignKey("brands.id"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.marque_now(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("walk_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.String(), nullable=False),
        sa.Column("visit_no", sa.Integer(), nullable=False),
        sa.Column("template_key", sa.String(), nullable=False),
        sa.Column("status", sa.String(), server_default="open", nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('open', 'granted', 'refused', 'timed_out', 'cancelled')", name=op.f("ck_credit_asks_status")),
        sa.UniqueConstraint("walk_id", "visit_no", "node_id", name=op.f("uq_credit_asks_walk_id_visit_no_node_id")),
    )
    op.create_index(op.f("ix_credit_asks_brand_id"), "credit_asks", ["brand_id"])
    op.create_index("ix_credit_asks_open", "credit_asks", ["customer_id"], postgresql_where=sa.text("status = 'open'"))
    op.create_index(op.f("ix_credit_asks_customer_id"), "credit_asks", ["customer_id"])


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    # Of the older causes the one that asks no more than to get in touch.
    op.execute("UPDATE lead_assignments SET cause = 'contact' WHERE cause = 'journey'")
    _causes("'contact', 'deposit_paid', 'not_paid'")
    op.drop_table("credit_asks")
    op.drop_table("staff_tasks")
    op.drop_column("sends", "answer")
    op.drop_column("walk_steps", "skipped")
