"""Pictures that feeds name, and the lines that they get in a feed's report"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_0908"
down_revision = "20261122_0907"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "feed_photos",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("vehicle_id", sa.Uuid(), sa.ForeignKey("vehicles.id"), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("position", sa.SmallInteger()),
        sa.Column("run_id", sa.Uuid(), sa.ForeignKey("import_runs.id"), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("fetched_at", sa.DateTime(timezone=True)),
        sa.Column("photo_id", sa.Uuid(), sa.ForeignKey("vehicle_photos.id", ondelete="SET NULL")),
        sa.Column("error", sa.String()),
        sa.Column("failed_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("vehicle_id", "address"),
    )
    for column in ("due_at", "photo_id"):
        op.create_index(f"ix_feed_photos_{column}", "feed_photos", [column], postgresql_where=sa.text(f"{column} IS NOT NULL"))
    op.add_column("import_rows", sa.Column("picture", sa.SmallInteger(), nullable=False, server_default="0"))
    op.drop_constraint("pk_import_rows", "import_rows", type_="primary")
    op.create_primary_key("pk_import_rows", "import_rows", ["run_id", "line", "picture"])


def downgrade() -> None:
    op.execute("DELETE FROM import_rows WHERE picture > 0")
    op.drop_constraint("pk_import_rows", "import_rows", type_="primary")
    op.create_primary_key("pk_import_rows", "import_rows", ["run_id", "line"])
    op.drop_column("import_rows", "picture")
    op.drop_table("feed_photos")
