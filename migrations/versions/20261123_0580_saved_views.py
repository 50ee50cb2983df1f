"""A list with its filters is kept under a name"""

from __future__ import annotations

from alembic import op

revision = "20261123_0580"
down_revision = "20261123_0600"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute(
        "CREATE TABLE saved_views (id uuid NOT NULL CONSTRAINT pk_saved_views PRIMARY KEY, "
        "brand_id uuid NOT NULL CONSTRAINT fk_saved_views_brand_id_brands REFERENCES brands (id), "
        "created_at timestamptz NOT NULL DEFAULT marque_now(), "
        "staff_id uuid NOT NULL CONSTRAINT fk_saved_views_staff_id_staff REFERENCES staff (id), "
        "dealer_id uuid CONSTRAINT fk_saved_views_dealer_id_dealers REFERENCES dealers (id), "
        "list_key varchar NOT NULL, name varchar NOT NULL, query varchar NOT NULL, is_shared boolean NOT NULL)"
    )
    op.execute("CREATE INDEX ix_saved_views_brand_id ON saved_views (brand_id)")
    op.execute("CREATE UNIQUE INDEX uq_saved_views_name ON saved_views (staff_id, list_key, name)")
    op.execute("CREATE INDEX ix_saved_views_shared ON saved_views (brand_id, list_key) WHERE is_shared")


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.drop_table("saved_views")
