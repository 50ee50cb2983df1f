"""Steps that people took, a row a day, for the funnel"""

from __future__ import annotations

from alembic import op

revision = "20261123_0560"
down_revision = "20261123_0522"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute(
        "CREATE TABLE funnel_steps (brand_id uuid NOT NULL, taken_on date NOT NULL, step varchar NOT NULL, customer_id uuid NOT NULL, "
        "dealer_id uuid NOT NULL, store_id uuid NOT NULL, series_id uuid NOT NULL, channel varchar NOT NULL, "
        "CONSTRAINT pk_funnel_steps PRIMARY KEY (brand_id, taken_on, step, customer_id, dealer_id, store_id, series_id), "
        "CONSTRAINT ck_funnel_steps_step CHECK (step IN ('view', 'favourite', 'lead', 'deposit', 'sale')))"
    )
    op.execute("CREATE INDEX ix_funnel_steps_dealer ON funnel_steps (dealer_id, taken_on)")
    op.execute("CREATE INDEX ix_funnel_steps_customer_id ON funnel_steps (customer_id)")
    op.execute(
        "CREATE TABLE funnel_read (the_one boolean NOT NULL DEFAULT true CONSTRAINT pk_funnel_read PRIMARY KEY, until timestamptz NOT NULL, "
        "CONSTRAINT ck_funnel_read_one_row CHECK (the_one))"
    )


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    for table in ("funnel_read", "funnel_steps"):
        op.drop_table(table)
