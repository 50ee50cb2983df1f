"""The ledger of sends decides at the claim: lanes, ladders, accounts, skips; quotas of the day, senders that were stopped, policies"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_0100"
down_revision = "20261122_0908"

STATUSES = "'planned', 'claimed', 'accepted', 'rejected', 'unknown', 'cancelled'"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("customers", sa.Column("time_zone", sa.String()))
    for column in (
        sa.Column("lane", sa.SmallInteger(), nullable=False, server_default="0"),
        sa.Column("broadcast_id", sa.Uuid()),
        sa.Column("ladder", sa.dialects.postgresql.JSONB()),
        sa.Column("tried", sa.dialects.postgresql.JSONB()),
        sa.Column("appid", sa.String()),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("claimed_at", sa.DateTime(timezone=True)),
    ):
        op.add_column("sends", column)
    op.drop_constraint(op.f("ck_sends_status"), "sends", type_="check")
    op.create_check_constraint("status", "sends", f"status IN ({STATUSES}, 'skipped')")
    op.create_check_constraint("lane", "sends", "lane BETWEEN 0 AND 9")
    op.execute("UPDATE sends SET claimed_at = coalesce(maybe_sent_since, settled_at, created_at) WHERE status IN ('claimed', 'accepted', 'unknown')")
    op.drop_index("ix_sends_due", "sends")
    op.create_index("ix_sends_due", "sends", ["lane", "due_at"], postgresql_where=sa.text("status = 'planned'"))
    op.create_index("ix_sends_broadcast", "sends", ["broadcast_id", "customer_id"], postgresql_where=sa.text("broadcast_id IS NOT NULL"))
    op.create_index(
        "ix_sends_capped",
        "sends",
        ["customer_id", "claimed_at"],
        postgresql_where=sa.text("purpose = 'marketing' AND claimed_at IS NOT NULL"),
    )
    op.create_table(
        "quota_days",
        sa.Column("appid", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("used_by_marketing", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("exhausted_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("appid", "channel", "day", name="pk_quota_days"),
    )
    op.create_table(
        "sender_stops",
        sa.Column("brand_id", sa.Uuid(), sa.ForeignKey("brands.id"), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("appid", sa.String(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("errors", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("window_began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.String()),
        sa.PrimaryKeyConstraint("channel", "appid", name="pk_sender_stops"),
    )
    op.create_table(
        "messaging_policies",
        sa.Column("brand_id", sa.Uuid(), sa.ForeignKey("brands.id"), primary_key=True),
        sa.Column("quiet_from", sa.Time()),
        sa.Column("quiet_until", sa.Time()),
        sa.Column("quiet_drops", sa.Boolean(), nullable=False, server_default="false"),
        sa.Column("time_zone", sa.String(), nullable=False, server_default="Asia/Shanghai"),
        sa.Column("most_per_day", sa.Integer()),
        sa.Column("most_per_week", sa.Integer()),
        sa.Column("most_per_month", sa.Integer()),
        sa.Column("reserve_percent", sa.Integer(), nullable=False, server_default="10"),
        sa.Column("stop_at_percent", sa.Integer(), nullable=False, server_default="50"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("marque_now()")),
    )


def downgrade() -> None:
    for table in ("messaging_policies", "sender_stops", "quota_days"):
        op.drop_table(table)
    op.drop_index("ix_sends_capped", "sends")
    op.drop_index("ix_sends_broadcast", "sends")
    op.drop_index("ix_sends_due", "sends")
    op.create_index("ix_sends_due", "sends", ["due_at"], postgresql_where=sa.text("status = 'planned'"))
    op.drop_constraint(op.f("ck_sends_lane"), "sends", type_="check")
    op.execute("UPDATE sends SET status = 'rejected' WHERE status = 'skipped'")
    op.drop_constraint(op.f("ck_sends_status"), "sends", type_="check")
    op.create_check_constraint("status", "sends", f"status IN ({STATUSES})")
    for column in ("claimed_at", "expires_at", "appid", "tried", "ladder", "broadcast_id", "lane"):
        op.drop_column("sends", column)
    op.drop_column("customers", "time_zone")
