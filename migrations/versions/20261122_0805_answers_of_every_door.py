"""Kept answers are ciphertext from here on: what was kept in plain text is dropped"""

from __future__ import annotations

from alembic import op

revision = "20261122_0805"
down_revision = "20261122_0804"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    # Only the reservation kept answers so far, and it finds the order of a repeated key by itself.
    op.execute("DELETE FROM idempotent_answers")


def downgrade() -> None:
    op.execute("DELETE FROM idempotent_answers")
