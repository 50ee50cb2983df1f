"""Journeys that are drawn, published with a choice, moved and put away"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_0204"
down_revision = "20261123_0203"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("journeys", sa.Column("archived_at", sa.DateTime(timezone=True)))
    op.add_column("journeys", sa.Column("moving_to", sa.Uuid()))
    op.add_column("journey_versions", sa.Column("note", sa.String(), nullable=False, server_default=""))
    op.add_column(
        "journey_versions",
        sa.Column("published_by", sa.Uuid(), sa.ForeignKey("staff.id", name=op.f("fk_journey_versions_published_by_staff"))),
    )
    op.add_column("journey_versions", sa.Column("copy_of", sa.Integer()))
    op.create_table(
        "journey_drafts",
        sa.Column("journey_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("graph", postgresql.JSONB(), nullable=False),
        sa.Column("saved_by", sa.Uuid()),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("marque_now()")),
        sa.ForeignKeyConstraint(["journey_id"], ["journeys.id"], ondelete="CASCADE", name=op.f("fk_journey_drafts_journey_id_journeys")),
        sa.ForeignKeyConstraint(["saved_by"], ["staff.id"], name=op.f("fk_journey_drafts_saved_by_staff")),
        sa.PrimaryKeyConstraint("journey_id", name=op.f("pk_journey_drafts")),
    )
    _moves()


def _moves() -> None:
    op.create_table(
        "journey_moves",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("marque_now()")),
        sa.Column("journey_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid()),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False, server_default="running"),
        sa.Column("places", postgresql.JSONB(), nullable=False),
        sa.Column("cursor", sa.Uuid()),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("moved", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("ejected", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("kind IN ('migrate', 'eject', 'cancel')", name=op.f("ck_journey_moves_kind")),
        sa.CheckConstraint("status IN ('running', 'done', 'replaced')", name=op.f("ck_journey_moves_status")),
        sa.CheckConstraint("(kind = 'cancel') = (version_id IS NULL)", name=op.f("ck_journey_moves_goal")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_journey_moves_brand_id_brands")),
        sa.ForeignKeyConstraint(["journey_id"], ["journeys.id"], name=op.f("fk_journey_moves_journey_id_journeys")),
        sa.ForeignKeyConstraint(["version_id"], ["journey_versions.id"], name=op.f("fk_journey_moves_version_id_journey_versions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journey_moves")),
    )
    op.create_index(op.f("ix_journey_moves_brand_id"), "journey_moves", ["brand_id"])
    op.create_index("ix_journey_moves_journey", "journey_moves", ["journey_id", "created_at"])
    op.create_index(
        "uq_journey_moves_running", "journey_moves", ["journey_id"], unique=True, postgresql_where=sa.text("status = 'running'")
    )


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.drop_table("journey_moves")
    op.drop_table("journey_drafts")
    for column in ("copy_of", "published_by", "note"):
        op.drop_column("journey_versions", column)
    for column in ("moving_to", "archived_at"):
        op.drop_column("journeys", column)
