"""Words of cars are found whole, and are counted

Makes an index over the words of every vehicle: a million rows take a minute, in which nobody writes to the table. The words themselves
are written anew by the job `vehicles.count_words`, part by part, after the first start.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261122_0906"
down_revision = "20261122_0905"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "counted_words",
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stock", sa.BigInteger, nullable=False),
        sa.Column("catalogue", sa.String, nullable=False),
        sa.Column("cars", postgresql.JSONB, nullable=False),
        sa.Column("models", postgresql.JSONB, nullable=False),
        sa.PrimaryKeyConstraint("brand_id", name=op.f("pk_counted_words")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_counted_words_brand_id_brands")),
    )
    op.drop_index("ix_vehicles_text", "vehicles")
    op.execute("CREATE INDEX ix_vehicles_words ON vehicles USING gin (string_to_array(search_text, ' '))")


def downgrade() -> None:
    op.drop_index("ix_vehicles_words", "vehicles")
    op.create_index("ix_vehicles_text", "vehicles", ["search_text"], postgresql_using="gin", postgresql_ops={"search_text": "gin_trgm_ops"})
    op.drop_table("counted_words")
