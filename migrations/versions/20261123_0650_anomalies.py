"""What happened at each store on each day, and which days were out of the ordinary"""

from __future__ import annotations

from alembic import op

revision = "20261123_0650"
down_revision = "20261123_0620"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute(
        "CREATE TABLE store_days (brand_id uuid NOT NULL, on_day date NOT NULL, store_id uuid NOT NULL, figure varchar NOT NULL, "
        "dealer_id uuid NOT NULL, times integer NOT NULL, CONSTRAINT pk_store_days PRIMARY KEY (brand_id, on_day, store_id, figure))"
    )
    op.execute(
        "CREATE TABLE store_days_read (the_one boolean NOT NULL DEFAULT true CONSTRAINT pk_store_days_read PRIMARY KEY, "
        "until timestamptz NOT NULL, judged_until date, CONSTRAINT ck_store_days_read_one_row CHECK (the_one))"
    )
    op.execute(
        "CREATE TABLE anomalies (id uuid NOT NULL CONSTRAINT pk_anomalies PRIMARY KEY, brand_id uuid NOT NULL, on_day date NOT NULL, "
        "figure varchar NOT NULL, store_id uuid, dealer_id uuid, times integer NOT NULL, median double precision NOT NULL, "
        "bound double precision NOT NULL, before integer[] NOT NULL, seen_at timestamptz, seen_by_id uuid, "
        "CONSTRAINT uq_anomalies_brand_id_on_day_figure_store_id UNIQUE NULLS NOT DISTINCT (brand_id, on_day, figure, store_id))"
    )


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    for table in ("anomalies", "store_days_read", "store_days"):
        op.drop_table(table)
