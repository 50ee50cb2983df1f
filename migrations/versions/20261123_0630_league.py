"""Stores are compared over some days without reading all leads that there ever were"""

from __future__ import annotations

from alembic import op

revision = "20261123_0630"
down_revision = "20261123_0580"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute("CREATE INDEX ix_lead_assignments_dealer ON lead_assignments (dealer_id, created_at)")
    op.execute("CREATE INDEX ix_lead_activities_test_drives ON lead_activities (created_at) WHERE kind = 'test_drive_booked'")
    op.execute("CREATE INDEX ix_refunds_settled ON refunds (brand_id, settled_at) WHERE status = 'succeeded'")


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute("DROP INDEX ix_refunds_settled")
    op.execute("DROP INDEX ix_lead_activities_test_drives")
    op.execute("DROP INDEX ix_lead_assignments_dealer")
