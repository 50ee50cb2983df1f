"""Audience: their first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '20261121_2211'
down_revision = '20261121_2210'


def _root() -> list[sa.Column]:
    return [
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
    ]


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "tags",
        *_root(),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.CheckConstraint("kind IN ('rule', 'manual')", name=op.f("ck_tags_kind")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_tags_brand_id_brands")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tags")),
        sa.UniqueConstraint("brand_id", "key", name=op.f("uq_tags_brand_id_key")),
    )
    op.create_index(op.f("ix_tags_brand_id"), "tags", ["brand_id"])
    op.create_table(
        "customer_tags",
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("tag_id", sa.Uuid, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("subject_type", sa.String),
        sa.Column("subject_id", sa.String),
        sa.Column("event_id", sa.Uuid),
        sa.Column("decided_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.CheckConstraint("source IN ('rule', 'staff', 'journey')", name=op.f("ck_customer_tags_source")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_customer_tags_customer_id_customers")),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_customer_tags_tag_id_tags")),
        sa.PrimaryKeyConstraint("customer_id", "tag_id", name=op.f("pk_customer_tags")),
    )
    op.create_index("ix_customer_tags_carriers", "customer_tags", ["tag_id", "customer_id"], postgresql_where=sa.text("active"))
    op.create_table(
        "tag_rules",
        *_root(),
        sa.Column("event_name", sa.String, nullable=False),
        sa.Column("tag_id", sa.Uuid, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.CheckConstraint("action IN ('add', 'remove')", name=op.f("ck_tag_rules_action")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_tag_rules_brand_id_brands")),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_tag_rules_tag_id_tags")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_rules")),
        sa.UniqueConstraint("brand_id", "event_name", "tag_id", name=op.f("uq_tag_rules_brand_id_event_name_tag_id")),
    )
    op.create_index(op.f("ix_tag_rules_brand_id"), "tag_rules", ["brand_id"])


def downgrade() -> None:
    for table in ("tag_rules", "customer_tags", "tags"):
        op.drop_table(table)
