"""Journeys, entering: several triggers, a control group, a time to live, a pace, and enrolments by the million.

Nothing that was published was published in production: old graphs are rewritten in the form of triggers and rules.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_0202"
down_revision = "20261123_0201"

_NEW_FORM = """
    UPDATE journey_versions SET graph = graph - 'trigger' - 'reentry' - 'exit_on' || jsonb_build_object(
        'triggers', jsonb_build_array(jsonb_build_object('kind', 'event', 'config', graph -> 'trigger')),
        'rules', jsonb_build_object(
            'reentry', jsonb_build_object('mode', coalesce(graph ->> 'reentry', 'again')),
            'exit_on', (SELECT coalesce(jsonb_agg(jsonb_build_object('event', name)), '[]')
                        FROM jsonb_array_elements_text(coalesce(graph -> 'exit_on', '[]')) AS name)))
    WHERE graph ? 'trigger'
"""
_OLD_FORM = """
    UPDATE journey_versions SET graph = graph - 'triggers' - 'rules' || jsonb_build_object(
        'trigger', coalesce(graph #> '{triggers,0,config}', '{}'),
        'reentry', coalesce(graph #>> '{rules,reentry,mode}', 'again'),
        'exit_on', (SELECT coalesce(jsonb_agg(one -> 'event'), '[]')
                    FROM jsonb_array_elements(coalesce(graph #> '{rules,exit_on}', '[]')) AS one))
    WHERE graph ? 'triggers'
"""


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("journey_versions", sa.Column("hears", postgresql.ARRAY(sa.String), nullable=True))
    op.execute("UPDATE journey_versions SET hears = ARRAY[trigger_event]")
    op.alter_column("journey_versions", "hears", nullable=False)
    op.drop_column("journey_versions", "trigger_event")
    op.execute(_NEW_FORM)
    op.add_column("journey_versions", sa.Column("watches", postgresql.ARRAY(sa.String), nullable=False, server_default="{}"))
    op.add_column("walks", sa.Column("ends_at", sa.DateTime(timezone=True)))
    op.drop_constraint(op.f("ck_walks_status"), "walks")
    op.create_check_constraint(op.f("ck_walks_status"), "walks", "status IN ('active', 'completed', 'exited', 'stuck', 'held_out')")
    inside = sa.text("status IN ('active', 'stuck') AND ends_at IS NOT NULL")
    op.create_index("ix_walks_ends", "walks", ["ends_at"], postgresql_where=inside)
    held_out = sa.text("status = 'held_out'")
    op.create_index("uq_walks_held_out", "walks", ["journey_id", "customer_id"], unique=True, postgresql_where=held_out)
    _fan_outs()
    op.create_table(
        "journey_clocks",
        sa.Column("journey_id", sa.Uuid, sa.ForeignKey("journeys.id"), primary_key=True),
        sa.Column("trigger", sa.String, primary_key=True),
        sa.Column("next_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "journey_paces",
        sa.Column("journey_id", sa.Uuid, sa.ForeignKey("journeys.id"), primary_key=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
    )


def _fan_outs() -> None:
    now = sa.text("marque_now()")
    op.create_table(
        "journey_fan_outs",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("brand_id", sa.Uuid, sa.ForeignKey("brands.id"), nullable=False, index=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=now),
        sa.Column("journey_id", sa.Uuid, sa.ForeignKey("journeys.id"), nullable=False),
        sa.Column("occasion", sa.String, nullable=False),
        sa.Column("source", postgresql.JSONB, nullable=False),
        sa.Column("status", sa.String, nullable=False, server_default="running"),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False, server_default=now),
        sa.Column("reached_id", sa.Uuid),
        sa.Column("total", sa.BigInteger),
        sa.Column("seen", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("entered", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("held_out", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("left_out", postgresql.JSONB, nullable=False, server_default="{}"),
        sa.Column("made_by", sa.Uuid, sa.ForeignKey("staff.id")),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("journey_id", "occasion"),
        sa.CheckConstraint("status IN ('running', 'paused', 'finished', 'cancelled')", name=op.f("ck_journey_fan_outs_status")),
        sa.CheckConstraint("(status IN ('finished', 'cancelled')) = (ended_at IS NOT NULL)", name=op.f("ck_journey_fan_outs_ended")),
    )
    running = sa.text("status = 'running'")
    op.create_index("ix_journey_fan_outs_due", "journey_fan_outs", ["due_at"], postgresql_where=running)


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    for table in ("journey_paces", "journey_clocks", "journey_fan_outs"):
        op.drop_table(table)
    op.drop_index("uq_walks_held_out", "walks")
    op.execute("DELETE FROM walks WHERE status = 'held_out'")
    op.drop_constraint(op.f("ck_walks_status"), "walks")
    op.create_check_constraint(op.f("ck_walks_status"), "walks", "status IN ('active', 'completed', 'exited', 'stuck')")
    op.drop_column("walks", "ends_at")
    op.drop_column("journey_versions", "watches")
    op.add_column("journey_versions", sa.Column("trigger_event", sa.String, nullable=True))
    op.execute("UPDATE journey_versions SET trigger_event = coalesce(hears[1], '')")
    op.alter_column("journey_versions", "trigger_event", nullable=False)
    op.drop_column("journey_versions", "hears")
    op.execute(_OLD_FORM)
