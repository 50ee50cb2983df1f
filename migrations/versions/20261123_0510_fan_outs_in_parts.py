"""Journeys: a fan-out has parts, so that several workers let people in."""

from __future__ import annotations

from alembic import op

revision = "20261123_0510"
down_revision = "20261123_0520"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute(
        "CREATE TABLE journey_fan_out_parts (fan_out_id uuid NOT NULL CONSTRAINT fk_journey_fan_out_parts_fan_out_id_journey_fan_outs "
        "REFERENCES journey_fan_outs (id), number smallint NOT NULL, reached_id uuid, up_to_id uuid, "
        "CONSTRAINT pk_journey_fan_out_parts PRIMARY KEY (fan_out_id, number))"
    )
    op.execute(
        "INSERT INTO journey_fan_out_parts (fan_out_id, number, reached_id) "
        "SELECT id, 0, reached_id FROM journey_fan_outs WHERE status IN ('running', 'paused') AND total IS NOT NULL"
    )
    op.execute("ALTER TABLE journey_fan_outs DROP COLUMN reached_id")


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    # From the part that is least far; whoever was let in from another one is left out the second time.
    op.execute("ALTER TABLE journey_fan_outs ADD COLUMN reached_id uuid")
    op.execute(
        "UPDATE journey_fan_outs f SET reached_id = (SELECT p.reached_id FROM journey_fan_out_parts p WHERE p.fan_out_id = f.id "
        "ORDER BY p.number LIMIT 1) WHERE status IN ('running', 'paused')"
    )
    op.execute("DROP TABLE journey_fan_out_parts")
