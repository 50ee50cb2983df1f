"""What people want to hear over which channel, and what they refused"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_0104"
down_revision = "20261123_0103"

PURPOSES = "purpose IN ('location', 'phone', 'marketing', 'dealer_sharing')"
IN_FORCE = sa.text("withdrawn_at IS NULL")


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute("CREATE SEQUENCE wish_turns")
    op.create_table(
        "consent_texts",
        *_root(),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("marque_now()")),
        sa.UniqueConstraint("brand_id", "purpose", "version", name="uq_consent_texts_brand_id_purpose_version"),
        sa.CheckConstraint(PURPOSES, name="purpose"),
    )
    op.create_index("ix_consent_texts_brand_id", "consent_texts", ["brand_id"])
    op.add_column("consents", sa.Column("channel", sa.String()))
    op.add_column("consents", sa.Column("scene", sa.String()))
    op.add_column("consents", sa.Column("source", sa.String(), nullable=False, server_default="customer"))
    op.add_column("consents", sa.Column("recorded_by", sa.Uuid(), sa.ForeignKey("staff.id", name="fk_consents_recorded_by_staff")))
    op.add_column("consents", sa.Column("turn", sa.BigInteger(), nullable=False, server_default=sa.text("nextval('wish_turns')")))
    op.drop_index("uq_consents_in_force", "consents")
    op.create_index(
        "uq_consents_in_force",
        "consents",
        ["customer_id", "purpose", sa.text("coalesce(channel, '')"), "text_version"],
        unique=True,
        postgresql_where=IN_FORCE,
    )
    op.create_table(
        "refusals",
        *_root(),
        sa.Column("customer_id", sa.Uuid(), sa.ForeignKey("customers.id", name="fk_refusals_customer_id_customers"), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("channel", sa.String()),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("marque_now()")),
        sa.Column("lifted_at", sa.DateTime(timezone=True)),
        sa.Column("source", sa.String(), nullable=False, server_default="customer"),
        sa.Column("recorded_by", sa.Uuid(), sa.ForeignKey("staff.id", name="fk_refusals_recorded_by_staff")),
        sa.Column("turn", sa.BigInteger(), nullable=False, server_default=sa.text("nextval('wish_turns')")),
        sa.CheckConstraint(PURPOSES, name="purpose"),
    )
    op.create_index("ix_refusals_brand_id", "refusals", ["brand_id"])
    op.create_index("ix_refusals_customer_id", "refusals", ["customer_id"])
    op.create_index(
        "uq_refusals_in_force",
        "refusals",
        ["customer_id", "purpose", sa.text("coalesce(channel, '')")],
        unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
    )


def _root() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("brand_id", sa.Uuid(), sa.ForeignKey("brands.id"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("marque_now()")),
    )


def downgrade() -> None:
    op.drop_table("refusals")
    op.drop_index("uq_consents_in_force", "consents")
    # Without channels a word about one of them cannot be said; better none than one about all.
    op.execute("UPDATE consents SET withdrawn_at = marque_now() WHERE channel IS NOT NULL AND withdrawn_at IS NULL")
    op.create_index("uq_consents_in_force", "consents", ["customer_id", "purpose", "text_version"], unique=True, postgresql_where=IN_FORCE)
    for column in ("turn", "recorded_by", "source", "scene", "channel"):
        op.drop_column("consents", column)
    op.drop_table("consent_texts")
    op.execute("DROP SEQUENCE wish_turns")
