"""Every move of a state machine is written down; deposit terms are a policy of the brand or of one dealer; finance is a role"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_0800"
down_revision = "20261122_0430"

REASONS = "'expired', 'cancelled_by_customer', 'payment_failed', 'hold_ended'"
TYPES = "'intent_deposit'"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "transitions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("subject_type", sa.String, nullable=False),
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sa.Column("before", sa.String, nullable=False),
        sa.Column("after", sa.String, nullable=False),
        sa.Column("actor_type", sa.String, nullable=False),
        sa.Column("actor_id", sa.String),
        sa.Column("reason", sa.String),
        sa.Column("cause", sa.String, nullable=False),
        sa.Column("request_id", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transitions")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_transitions_brand_id_brands")),
    )
    op.create_index(op.f("ix_transitions_brand_id"), "transitions", ["brand_id"])
    op.create_index("ix_transitions_subject", "transitions", ["subject_type", "subject_id"])
    op.execute(
        """
        CREATE FUNCTION transitions_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the trail of transitions is append-only: % of %', TG_OP, TG_TABLE_NAME;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER transitions_append_only BEFORE UPDATE OR DELETE ON transitions "
        "FOR EACH ROW EXECUTE FUNCTION transitions_are_append_only()"
    )
    _roles("'admin', 'marketer', 'finance', 'dealer_manager', 'adviser'", "'admin', 'marketer', 'finance'")

    op.add_column("dealers", sa.Column("sub_mchid", sa.String))
    for column in (
        sa.Column("dealer_id", sa.Uuid),
        sa.Column("pay_minutes", sa.Integer, server_default="15", nullable=False),
        sa.Column("extension_hours", sa.Integer, server_default="72", nullable=False),
        sa.Column("active_per_customer", sa.Integer, server_default="1", nullable=False),
        sa.Column("refund_rule", sa.String, server_default="full", nullable=False),
        sa.Column("payee", sa.String, server_default="brand", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
    ):
        op.add_column("deposit_terms", column)
    op.create_foreign_key(op.f("fk_deposit_terms_dealer_id_dealers"), "deposit_terms", "dealers", ["dealer_id"], ["id"])
    op.create_index(op.f("ix_deposit_terms_dealer_id"), "deposit_terms", ["dealer_id"])
    for name, rule in (
        ("windows", "pay_minutes >= 6 AND extension_hours >= 0 AND active_per_customer >= 1"),
        ("refund_rule", "refund_rule IN ('full', 'forfeit')"),
        ("only_earnest_money_is_forfeited", "refund_rule = 'full' OR deposit_type = 'earnest_money'"),
        ("payee", "payee IN ('brand', 'dealer')"),
    ):
        op.create_check_constraint(op.f(f"ck_deposit_terms_{name}"), "deposit_terms", rule)

    for column in (
        sa.Column("extension_hours", sa.Integer, server_default="72", nullable=False),
        sa.Column("refund_rule", sa.String, server_default="full", nullable=False),
        sa.Column("payee_name", sa.String, server_default="", nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("extended_at", sa.DateTime(timezone=True)),
        sa.Column("dealer_note", sa.String),
    ):
        op.add_column("orders", column)
    op.create_check_constraint(op.f("ck_orders_refund_rule"), "orders", "refund_rule IN ('full', 'forfeit')")
    _enums(f"{TYPES}, 'deposit', 'earnest_money'", f"{REASONS}, 'declined_by_dealer', 'sold_offline'")
    ending = sa.text("status IN ('expiring', 'cancelling')")
    live = sa.text("status IN ('created', 'awaiting_payment', 'paid', 'confirmed')")
    op.create_index("ix_orders_live", "orders", ["id"], postgresql_where=live)
    ended = sa.text("status = 'closed' AND paid_at IS NOT NULL AND refunded_at IS NULL")
    op.create_index("ix_orders_closed_and_paid", "orders", ["closed_at"], postgresql_where=ended)
    op.create_index("ix_reservations_ending", "reservations", ["order_id"], postgresql_where=ending)


def _roles(roles: str, headquarters: str) -> None:
    op.drop_constraint(op.f("ck_staff_role"), "staff")
    op.drop_constraint(op.f("ck_staff_dealer_of_role"), "staff")
    op.create_check_constraint(op.f("ck_staff_role"), "staff", f"role IN ({roles})")
    op.create_check_constraint(op.f("ck_staff_dealer_of_role"), "staff", f"(dealer_id IS NULL) = (role IN ({headquarters}))")


def _enums(types: str, reasons: str) -> None:
    for table in ("deposit_terms", "orders"):
        op.drop_constraint(op.f(f"ck_{table}_deposit_type"), table)
        op.create_check_constraint(op.f(f"ck_{table}_deposit_type"), table, f"deposit_type IN ({types})")
    op.drop_constraint(op.f("ck_orders_close_reason"), "orders")
    op.create_check_constraint(op.f("ck_orders_close_reason"), "orders", f"close_reason IN ({reasons})")


def downgrade() -> None:
    op.drop_index("ix_orders_closed_and_paid", "orders")
    op.drop_index("ix_orders_live", "orders")
    op.drop_index("ix_reservations_ending", "reservations")
    _enums(TYPES, REASONS)
    op.drop_constraint(op.f("ck_orders_refund_rule"), "orders")
    for column in ("extension_hours", "refund_rule", "payee_name", "confirmed_at", "extended_at", "dealer_note"):
        op.drop_column("orders", column)
    for name in ("windows", "refund_rule", "only_earnest_money_is_forfeited", "payee"):
        op.drop_constraint(op.f(f"ck_deposit_terms_{name}"), "deposit_terms")
    for column in ("dealer_id", "pay_minutes", "extension_hours", "active_per_customer", "refund_rule", "payee", "ended_at"):
        op.drop_column("deposit_terms", column)
    op.drop_column("dealers", "sub_mchid")
    _roles("'admin', 'marketer', 'dealer_manager', 'adviser'", "'admin', 'marketer'")
    op.drop_table("transitions")
    op.execute("DROP FUNCTION transitions_are_append_only()")
