"""Partner keys: with which other systems of a brand call our doors"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_0320"
down_revision = "20261123_0346"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "partner_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("marque_now()")),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("hint", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True)),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_keys")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_partner_keys_brand_id_brands")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_partner_keys_made_by_staff")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_partner_keys_token_hash")),
    )
    op.create_index(op.f("ix_partner_keys_brand_id"), "partner_keys", ["brand_id"])


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.drop_table("partner_keys")
