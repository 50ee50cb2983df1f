"""Journeys, results: who entered is counted at the trigger, and who is stuck no more is counted, for walks of before as well."""

from __future__ import annotations

from alembic import op

revision = "20261123_0300"
down_revision = "20261123_0347"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute(
        "INSERT INTO journey_counts (version_id, node_id, what, detail, times) "
        "SELECT version_id, 'trigger', 'let_in', '', count(*) FROM walks WHERE status <> 'held_out' GROUP BY version_id "
        "ON CONFLICT DO NOTHING"
    )
    op.execute(
        "INSERT INTO journey_counts (version_id, node_id, what, detail, times) "
        "SELECT c.version_id, c.node_id, 'freed', '', sum(c.times) - (SELECT count(*) FROM walks w "
        "JOIN journey_versions v ON v.id = c.version_id WHERE w.journey_id = v.journey_id AND w.node_id = c.node_id "
        "AND w.status = 'stuck' AND w.version_id = c.version_id) "
        "FROM journey_counts c WHERE c.what = 'stuck' GROUP BY c.version_id, c.node_id "
        "ON CONFLICT DO NOTHING"
    )


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute("DELETE FROM journey_counts WHERE what IN ('freed', 'unheld', 'moved_in', 'let_in')")
