"""Sends by the million: a row costs what it must

Three indexes begin with the brand already; only what staff are told has another customer in its context; and as of events, whoever plans
a message has its brand in hand (20261123_0200).
"""

from __future__ import annotations

from alembic import op

revision = "20261123_0700"
down_revision = "20261123_0650"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute("ALTER TABLE sends DROP CONSTRAINT fk_sends_brand_id_brands")
    op.execute("DROP INDEX ix_sends_brand_id")
    op.execute("DROP INDEX ix_sends_about_customer")
    op.execute(
        "CREATE INDEX ix_sends_about_customer ON sends ((context ->> 'customer_id')) "
        "WHERE payload IS NOT NULL AND (context ->> 'customer_id') IS NOT NULL"
    )


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute("DROP INDEX ix_sends_about_customer")
    op.execute("CREATE INDEX ix_sends_about_customer ON sends ((context ->> 'customer_id')) WHERE payload IS NOT NULL")
    op.execute("CREATE INDEX ix_sends_brand_id ON sends (brand_id)")
    op.execute("ALTER TABLE sends ADD CONSTRAINT fk_sends_brand_id_brands FOREIGN KEY (brand_id) REFERENCES brands (id)")
