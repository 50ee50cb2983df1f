"""Which messages of journeys were clicked"""

from __future__ import annotations

from alembic import op

revision = "20261123_0522"
down_revision = "20261123_0521"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute(
        "CREATE TABLE journey_clicks (send_id uuid CONSTRAINT pk_journey_clicks PRIMARY KEY, version_id uuid NOT NULL, "
        "node_id varchar NOT NULL, clicked_at timestamptz NOT NULL)"
    )
    op.execute("CREATE INDEX ix_journey_clicks_node ON journey_clicks (version_id, node_id, send_id)")
    op.execute(
        "CREATE TABLE journey_click_marks (id integer CONSTRAINT pk_journey_click_marks PRIMARY KEY, seen_until timestamptz NOT NULL)"
    )
    op.execute("CREATE INDEX ix_inbox_messages_read_at ON inbox_messages (read_at) WHERE read_at IS NOT NULL")


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute("DROP INDEX ix_inbox_messages_read_at")
    op.drop_table("journey_click_marks")
    op.drop_table("journey_clicks")
    op.execute("DELETE FROM journey_counts WHERE what = 'clicked'")
