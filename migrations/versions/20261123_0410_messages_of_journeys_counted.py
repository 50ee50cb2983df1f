"""Journeys: what becomes of their messages is added up as it changes, by statement and not by message."""

from __future__ import annotations

from alembic import op

revision = "20261123_0410"
down_revision = "20261123_0440"

# What a message counts as, in one place: the trigger, the repair and the count of those of before all ask it.
_FIGURES = """
    CREATE FUNCTION journey_message_figures(status text, delivery text, error_code text) RETURNS TABLE (what text, detail text)
    LANGUAGE sql IMMUTABLE AS $$
        SELECT 'sent', '' WHERE status = 'accepted'
        UNION ALL SELECT 'delivered', '' WHERE delivery = 'success'
        UNION ALL SELECT 'failed', coalesce(error_code, delivery, status) WHERE status IN ('rejected', 'unknown') OR delivery = 'failed'
        UNION ALL SELECT 'not_sent', coalesce(error_code, status) WHERE status IN ('cancelled', 'skipped')
    $$
"""
# Rows are added and never changed, so that those who send at once do not wait for each other at the figures of one node.
_CHANGED = """
    CREATE FUNCTION journey_messages_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO journey_message_changes (version_id, node_id, what, detail, times)
        SELECT (context ->> 'version_id')::uuid, context ->> 'node_id', figure.what, figure.detail, sum(changed.times)
        FROM (
            SELECT walk_id, context, status, delivery, error_code, 1 AS times FROM sends_after
            UNION ALL SELECT walk_id, context, status, delivery, error_code, -1 FROM sends_before
        ) changed, journey_message_figures(changed.status, changed.delivery, changed.error_code) figure
        WHERE walk_id IS NOT NULL AND (status NOT IN ('planned', 'claimed') OR delivery IS NOT NULL) AND context ? 'version_id'
        GROUP BY 1, 2, 3, 4
        HAVING sum(changed.times) <> 0;
        RETURN NULL;
    END $$
"""


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute(
        "CREATE TABLE journey_message_changes (id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_journey_message_changes PRIMARY KEY, "
        "version_id uuid NOT NULL, node_id varchar NOT NULL, what varchar NOT NULL, detail varchar NOT NULL, times bigint NOT NULL)"
    )
    op.execute(_FIGURES)
    op.execute(_CHANGED)
    # Every message is planned before anything becomes of it: what is inserted counts as nothing yet.
    op.execute(
        "CREATE TRIGGER journey_messages_changed AFTER UPDATE ON sends REFERENCING OLD TABLE AS sends_before NEW TABLE AS sends_after "
        "FOR EACH STATEMENT EXECUTE FUNCTION journey_messages_changed()"
    )
    op.execute(
        "INSERT INTO journey_counts (version_id, node_id, what, detail, times) "
        "SELECT (context ->> 'version_id')::uuid, context ->> 'node_id', figure.what, figure.detail, count(*) "
        "FROM sends, journey_message_figures(status, delivery, error_code) figure "
        "WHERE walk_id IS NOT NULL AND context ? 'version_id' GROUP BY 1, 2, 3, 4"
    )


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute("DROP TRIGGER journey_messages_changed ON sends")
    op.execute("DROP FUNCTION journey_messages_changed()")
    op.execute("DROP FUNCTION journey_message_figures(text, text, text)")
    op.execute("DROP TABLE journey_message_changes")
    op.execute("DELETE FROM journey_counts WHERE what IN ('sent', 'delivered', 'failed', 'not_sent')")
