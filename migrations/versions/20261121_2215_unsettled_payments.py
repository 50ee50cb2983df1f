"""Payments that WeChat does not tell about; indexes for what is counted since this morning"""

from __future__ import annotations

from alembic import op

revision = "20261121_2215"
down_revision = "20261121_2214"

BEFORE = (
    "mismatch",
    "unknown_order",
    "unknown_refund",
    "double_payment",
    "late_payment",
    "refund_refused",
    "refund_closed",
    "refund_abnormal",
)


def _kinds(*kinds: str) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(op.f("ck_payment_incidents_kind"), "payment_incidents")
    op.create_check_constraint(op.f("ck_payment_incidents_kind"), "payment_incidents", f"kind IN ({listed})")


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    _kinds(*BEFORE, "unsettled")
    op.create_index("ix_sends_brand_id_created_at", "sends", ["brand_id", "created_at"])
    op.create_index("ix_orders_brand_id_created_at", "orders", ["brand_id", "created_at"])


def downgrade() -> None:
    op.drop_index("ix_orders_brand_id_created_at", "orders")
    op.drop_index("ix_sends_brand_id_created_at", "sends")
    op.execute("DELETE FROM payment_incidents WHERE kind = 'unsettled'")
    _kinds(*BEFORE)
