"""The log of messages, narrowed by template, channel, reason and journey: indexes whose pages are turned without looking at the rest"""

from __future__ import annotations

from alembic import op

revision = "20261123_0530"
down_revision = "20261123_0410"

_OF_SENDS = {
    "ix_sends_template_key": "(brand_id, template_key, created_at, id)",
    "ix_sends_channel": "(brand_id, channel, created_at, id)",
    "ix_sends_reason": "(brand_id, error_code, created_at, id) WHERE error_code IS NOT NULL",
    "ix_sends_journey": "((context ->> 'journey_id'), created_at, id) WHERE walk_id IS NOT NULL",
}


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    for name, of in _OF_SENDS.items():
        op.execute(f"CREATE INDEX {name} ON sends {of}")


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    for name in _OF_SENDS:
        op.execute(f"DROP INDEX {name}")
