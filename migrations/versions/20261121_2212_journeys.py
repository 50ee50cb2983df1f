"""Journeys: their first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '20261121_2212'
down_revision = '20261121_2211'


def _root() -> list[sa.Column]:
    return [
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
    ]


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "journeys",
        *_root(),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("status", sa.String, server_default="draft", nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.CheckConstraint("status IN ('draft', 'active', 'paused')", name=op.f("ck_journeys_status")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_journeys_brand_id_brands")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journeys")),
        sa.UniqueConstraint("brand_id", "key", name=op.f("uq_journeys_brand_id_key")),
    )
    op.create_index(op.f("ix_journeys_brand_id"), "journeys", ["brand_id"])
    op.create_table(
        "journey_versions",
        *_root(),
        sa.Column("journey_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("graph", postgresql.JSONB, nullable=False),
        sa.Column("trigger_event", sa.String, nullable=False),
        sa.Column("exit_on", postgresql.ARRAY(sa.String), nullable=False),
        sa.CheckConstraint("status IN ('published', 'superseded')", name=op.f("ck_journey_versions_status")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_journey_versions_brand_id_brands")),
        sa.ForeignKeyConstraint(["journey_id"], ["journeys.id"], name=op.f("fk_journey_versions_journey_id_journeys")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journey_versions")),
        sa.UniqueConstraint("journey_id", "number", name=op.f("uq_journey_versions_journey_id_number")),
    )
    op.create_index(op.f("ix_journey_versions_brand_id"), "journey_versions", ["brand_id"])
    op.create_index(
        "uq_journey_versions_published",
        "journey_versions",
        ["journey_id"],
        unique=True,
        postgresql_where=sa.text("status = 'published'"),
    )
    op.create_table(
        "walks",
        *_root(),
        sa.Column("journey_id", sa.Uuid, nullable=False),
        sa.Column("version_id", sa.Uuid, nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("entry_key", sa.String, nullable=False),
        sa.Column("status", sa.String, server_default="active", nullable=False),
        sa.Column("node_id", sa.String, nullable=False),
        sa.Column("visit_no", sa.Integer, server_default="1", nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("fence", sa.Integer, server_default="0", nullable=False),
        sa.Column("triggered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject_type", sa.String),
        sa.Column("subject_id", sa.String),
        sa.Column("context", postgresql.JSONB, nullable=False),
        sa.Column("exit_reason", sa.String),
        sa.Column("problem", sa.String),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("status IN ('active', 'completed', 'exited', 'stuck')", name=op.f("ck_walks_status")),
        sa.CheckConstraint("(status = 'active') = (due_at IS NOT NULL)", name=op.f("ck_walks_due_while_active")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_walks_brand_id_brands")),
        sa.ForeignKeyConstraint(["journey_id"], ["journeys.id"], name=op.f("fk_walks_journey_id_journeys")),
        sa.ForeignKeyConstraint(["version_id"], ["journey_versions.id"], name=op.f("fk_walks_version_id_journey_versions")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_walks_customer_id_customers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_walks")),
        sa.UniqueConstraint("journey_id", "customer_id", "entry_key", name=op.f("uq_walks_journey_id_customer_id_entry_key")),
    )
    op.create_index(op.f("ix_walks_brand_id"), "walks", ["brand_id"])
    op.create_index("ix_walks_customer_id", "walks", ["customer_id"])
    op.create_index("ix_walks_places", "walks", ["journey_id", "node_id", "status", "id"])
    op.create_index("ix_walks_due", "walks", ["journey_id", "due_at"], postgresql_where=sa.text("status = 'active'"))
    op.create_index(
        "uq_walks_one_at_a_time",
        "walks",
        ["journey_id", "customer_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('active', 'stuck')"),
    )
    op.create_table(
        "walk_steps",
        sa.Column("walk_id", sa.Uuid, nullable=False),
        sa.Column("node_id", sa.String, nullable=False),
        sa.Column("visit_no", sa.Integer, nullable=False),
        sa.Column("journey_id", sa.Uuid, nullable=False),
        sa.Column("port", sa.String),
        sa.Column("send_id", sa.Uuid),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["walk_id"], ["walks.id"], name=op.f("fk_walk_steps_walk_id_walks")),
        sa.ForeignKeyConstraint(["journey_id"], ["journeys.id"], name=op.f("fk_walk_steps_journey_id_journeys")),
        sa.ForeignKeyConstraint(["send_id"], ["sends.id"], name=op.f("fk_walk_steps_send_id_sends")),
        sa.PrimaryKeyConstraint("walk_id", "node_id", "visit_no", name=op.f("pk_walk_steps")),
    )
    op.create_index("ix_walk_steps_journey_id_node_id", "walk_steps", ["journey_id", "node_id"])


def downgrade() -> None:
    for table in ("walk_steps", "walks", "journey_versions", "journeys"):
        op.drop_table(table)
