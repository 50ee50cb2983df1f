"""Each journey hears for itself, and of what it asked for alone; who can hear nothing for now rests"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261123_0310"
down_revision = "20261123_0320"

PK = "pk_event_subscriptions"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "event_rests",
        sa.Column("handler", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("handler", name="pk_event_rests"),
    )
    op.add_column("event_subscriptions", sa.Column("about", JSONB(), server_default="{}", nullable=False))
    op.add_column("event_subscriptions", sa.Column("brand_id", sa.Uuid()))
    op.drop_constraint(PK, "event_subscriptions")
    op.create_primary_key(PK, "event_subscriptions", ["handler", "event_name", "about"])
    op.create_index("ix_event_subscriptions_event_name", "event_subscriptions", ["event_name"])
    # What a journey hears of in particular is told when it is published the next time; until then it looks for itself.
    op.execute("""
        INSERT INTO event_subscriptions (handler, event_name, brand_id)
        SELECT DISTINCT 'journeys.hear:' || v.journey_id, hears.name, v.brand_id
        FROM journey_versions v JOIN journeys j ON j.id = v.journey_id CROSS JOIN unnest(v.hears) AS hears (name)
        WHERE v.status = 'published' AND j.status IN ('active', 'paused')
    """)
    op.execute("""
        INSERT INTO event_subscriptions (handler, event_name)
        SELECT DISTINCT 'journeys.heed:' || heeds.name, heeds.name
        FROM journey_versions v CROSS JOIN unnest(v.exit_on || v.awaits || v.watches) AS heeds (name)
    """)
    op.execute("DELETE FROM event_subscriptions WHERE handler = 'journeys.hear'")


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute("""
        INSERT INTO event_subscriptions (handler, event_name)
        SELECT DISTINCT 'journeys.hear', event_name FROM event_subscriptions
        WHERE handler LIKE 'journeys.hear:%' OR handler LIKE 'journeys.heed:%'
    """)
    op.execute("DELETE FROM event_subscriptions WHERE handler LIKE 'journeys.hear:%' OR handler LIKE 'journeys.heed:%'")
    # What journeys have not heard yet is heard by the one line there is: whoever is in already is not let in again.
    op.execute("""
        INSERT INTO event_deliveries (handler, event_id, recorded_at, due_at)
        SELECT 'journeys.hear', event_id, min(recorded_at), min(due_at) FROM event_deliveries
        WHERE (handler LIKE 'journeys.hear:%' OR handler LIKE 'journeys.heed:%') AND delivered_at IS NULL AND dead_at IS NULL
        GROUP BY event_id ON CONFLICT DO NOTHING
    """)
    op.execute("DELETE FROM event_deliveries WHERE handler LIKE 'journeys.hear:%' OR handler LIKE 'journeys.heed:%'")
    op.drop_index("ix_event_subscriptions_event_name", "event_subscriptions")
    op.drop_constraint(PK, "event_subscriptions")
    op.drop_column("event_subscriptions", "about")
    op.drop_column("event_subscriptions", "brand_id")
    op.create_primary_key(PK, "event_subscriptions", ["handler", "event_name"])
    op.drop_table("event_rests")
