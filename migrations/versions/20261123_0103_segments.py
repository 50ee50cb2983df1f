"""Segments, who is in them, and what is computed about people"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_0103"
down_revision = "20261123_0102"

_WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "segments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", _WHEN, server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("tree", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("listens", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("uses", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("members", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("due_at", _WHEN, nullable=True),
        sa.Column("computing_at", _WHEN, nullable=True),
        sa.Column("computed_at", _WHEN, nullable=True),
        sa.Column("swept_at", _WHEN, nullable=True),
        sa.Column("archived_at", _WHEN, nullable=True),
        sa.Column("updated_at", _WHEN, server_default=sa.text("marque_now()"), nullable=False),
        sa.CheckConstraint("kind IN ('dynamic', 'snapshot')", name=op.f("ck_segments_kind")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_segments_brand_id_brands")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segments")),
        sa.UniqueConstraint("brand_id", "key", name=op.f("uq_segments_brand_id_key")),
    )
    op.create_index(op.f("ix_segments_brand_id"), "segments", ["brand_id"])
    op.create_index("ix_segments_due", "segments", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_index("ix_segments_swept", "segments", ["swept_at"], postgresql_where=sa.text("swept_at IS NOT NULL"))
    op.create_table(
        "segment_versions",
        sa.Column("segment_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("tree", postgresql.JSONB(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", _WHEN, server_default=sa.text("marque_now()"), nullable=False),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.id"], name=op.f("fk_segment_versions_segment_id_segments")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_segment_versions_made_by_staff")),
        sa.PrimaryKeyConstraint("segment_id", "number", name=op.f("pk_segment_versions")),
    )
    op.create_table(
        "segment_members",
        sa.Column("segment_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("entered_at", _WHEN, nullable=False),
        sa.PrimaryKeyConstraint("segment_id", "customer_id", name=op.f("pk_segment_members")),
    )
    op.create_index("ix_segment_members_customer", "segment_members", ["customer_id"])
    op.create_table(
        "segment_touched",
        sa.Column("segment_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.id"], name=op.f("fk_segment_touched_segment_id_segments")),
        sa.PrimaryKeyConstraint("segment_id", "customer_id", name=op.f("pk_segment_touched")),
    )
    op.create_index("ix_segment_touched_customer", "segment_touched", ["customer_id"])
    op.create_table(
        "customer_attributes",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("word", sa.String(), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("moment", _WHEN, nullable=True),
        sa.Column("due_at", _WHEN, nullable=True),
        sa.CheckConstraint("num_nonnulls(word, number, moment) = 1", name=op.f("ck_customer_attributes_one_value")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_customer_attributes_customer_id_customers")),
        sa.PrimaryKeyConstraint("customer_id", "name", name=op.f("pk_customer_attributes")),
    )
    for value in ("word", "number", "moment"):
        op.create_index(f"ix_customer_attributes_{value}", "customer_attributes", ["name", value, "customer_id"])
    op.create_index("ix_customer_attributes_due", "customer_attributes", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_table(
        "event_totals",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_at", _WHEN, nullable=False),
        sa.Column("last_at", _WHEN, nullable=False),
        sa.CheckConstraint("times > 0", name=op.f("ck_event_totals_times")),
        sa.PrimaryKeyConstraint("customer_id", "name", name=op.f("pk_event_totals")),
    )
    # A count reads the index alone, where what changed every night was vacuumed since.
    op.execute("ALTER TABLE event_totals SET (autovacuum_vacuum_scale_factor = 0.02)")
    op.create_index(
        "ix_event_totals_brand_name", "event_totals", ["brand_id", "name", "last_at"], postgresql_include=["customer_id", "times"]
    )
    op.create_table(
        "events_counted",
        sa.Column("the_one", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("until", _WHEN, nullable=False),
        sa.CheckConstraint("the_one", name=op.f("ck_events_counted_one_row")),
        sa.PrimaryKeyConstraint("the_one", name=op.f("pk_events_counted")),
    )
    op.drop_index("ix_events_brand_name", "events")
    op.create_index("ix_events_brand_name", "events", ["brand_id", "name", "recorded_at"], postgresql_include=["customer_id"])


def downgrade() -> None:
    op.drop_index("ix_events_brand_name", "events")
    op.create_index("ix_events_brand_name", "events", ["brand_id", "name", "recorded_at"])
    for table in (
        "events_counted",
        "event_totals",
        "customer_attributes",
        "segment_touched",
        "segment_members",
        "segment_versions",
        "segments",
    ):
        op.drop_table(table)
