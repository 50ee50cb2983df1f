"""Lists as files: what was asked for, its parts, and who fetched them"""

from __future__ import annotations

from alembic import op

revision = "20261123_0520"
down_revision = "20261123_0530"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute(
        "CREATE TABLE exports (id uuid CONSTRAINT pk_exports PRIMARY KEY, "
        "brand_id uuid NOT NULL CONSTRAINT fk_exports_brand_id_brands REFERENCES brands (id), "
        "created_at timestamptz NOT NULL DEFAULT marque_now(), "
        "staff_id uuid NOT NULL CONSTRAINT fk_exports_staff_id_staff REFERENCES staff (id), list_key varchar NOT NULL, asked jsonb NOT NULL, "
        "name varchar NOT NULL, status varchar NOT NULL, of_rows integer, rows integer NOT NULL, parts integer NOT NULL, "
        "bytes bigint NOT NULL, cursor varchar, written_at timestamptz NOT NULL DEFAULT marque_now(), tries integer NOT NULL, "
        "error varchar, finished_at timestamptz, expires_at timestamptz, CONSTRAINT ck_exports_status "
        "CHECK (status IN ('waiting', 'running', 'done', 'refused', 'cancelled', 'expired')))"
    )
    op.execute("CREATE INDEX ix_exports_brand_id ON exports (brand_id)")
    op.execute("CREATE INDEX ix_exports_staff_id ON exports (staff_id, id)")
    op.execute("CREATE INDEX ix_exports_unfinished ON exports (written_at) WHERE status IN ('waiting', 'running')")
    op.execute("CREATE INDEX ix_exports_expires_at ON exports (expires_at) WHERE status = 'done'")
    op.execute(
        "CREATE TABLE export_parts (export_id uuid NOT NULL CONSTRAINT fk_export_parts_export_id_exports REFERENCES exports (id), "
        "number integer NOT NULL, sealed bytea NOT NULL, about uuid[] NOT NULL, CONSTRAINT pk_export_parts PRIMARY KEY (export_id, number))"
    )
    op.execute("CREATE INDEX ix_export_parts_about ON export_parts USING gin (about)")
    op.execute(
        "CREATE TABLE export_downloads (id uuid CONSTRAINT pk_export_downloads PRIMARY KEY, "
        "brand_id uuid NOT NULL CONSTRAINT fk_export_downloads_brand_id_brands REFERENCES brands (id), "
        "created_at timestamptz NOT NULL DEFAULT marque_now(), "
        "export_id uuid NOT NULL CONSTRAINT fk_export_downloads_export_id_exports REFERENCES exports (id), request_id varchar NOT NULL)"
    )
    op.execute("CREATE INDEX ix_export_downloads_brand_id ON export_downloads (brand_id)")
    op.execute("CREATE INDEX ix_export_downloads_export_id ON export_downloads (export_id)")


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    for table in ("export_downloads", "export_parts", "exports"):
        op.drop_table(table)
