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


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("journey_versions", sa.Column("trigger_event", sa.String, nullable=True))
    op.execute("UPDATE journey_versions SET trigger_event = coalesce(hears[1], '')")
    op.alter_column("journey_versions", "trigger_event", nullable=False)
    op.drop_column("journey_versions", "hears")
    op.execute(_OLD_FORM)
