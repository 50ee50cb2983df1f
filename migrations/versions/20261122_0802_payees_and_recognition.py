"""Whose money it is, on every payment, refund and entry of the ledger"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_0802"
down_revision = "20261122_0801"

ACCOUNTS = "'wechat_clearing', 'customer_deposits', 'unallocated', 'refunds_payable'"
RECOGNISED = "'deposits_applied', 'deposits_forfeited', 'reconciliation_suspense'"
KINDS = (
    "'mismatch', 'unknown_order', 'unknown_refund', 'double_payment', 'late_payment', 'unsettled', 'refund_refused', 'refund_closed', "
    "'refund_abnormal'"
)
NEW_KINDS = (
    "'pay_by_hand', 'double_return_owed', 'shipping_overdue', 'money_without_order', 'order_without_hold', 'stuck_order', 'sold_while_held', 'unreconciled'"
)
OPEN = "'created', 'prepay_ok', 'unknown'"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    for table in ("payment_intents", "payment_attempts", "payment_incidents", "refunds", "ledger_entries"):
        op.add_column(table, sa.Column("sub_mchid", sa.String))
    op.add_column("payment_intents", sa.Column("subject_number", sa.String, server_default="", nullable=False))
    op.add_column("payment_attempts", sa.Column("account_id", sa.Uuid))
    op.add_column("payment_attempts", sa.Column("certain_at", sa.DateTime(timezone=True)))
    op.add_column("refunds", sa.Column("asked_at", sa.DateTime(timezone=True)))
    op.add_column("ledger_entries", sa.Column("account_id", sa.Uuid))
    _fill_in()
    for table in ("payment_attempts", "ledger_entries"):
        op.alter_column(table, "account_id", nullable=False)
        op.create_foreign_key(op.f(f"fk_{table}_account_id_wechat_accounts"), table, "wechat_accounts", ["account_id"], ["id"])
    op.create_check_constraint(
        op.f("ck_payment_attempts_open_is_uncertain"), "payment_attempts", f"status NOT IN ({OPEN}) OR certain_at IS NULL"
    )
    op.drop_index("ix_payment_attempts_due", "payment_attempts")
    op.create_index("ix_payment_attempts_due", "payment_attempts", ["due_at"], postgresql_where=sa.text("certain_at IS NULL"))
    for table in ("payment_incidents", "refunds", "ledger_entries"):
        op.create_index(f"ix_{table}_brand_id_created_at", table, ["brand_id", "created_at"])
    op.create_index("ix_vehicles_reserved", "vehicles", ["id"], postgresql_where=sa.text("status = 'reserved'"))
    _check("ledger_lines", "account", f"{ACCOUNTS}, {RECOGNISED}")
    _check("payment_incidents", "kind", f"{KINDS}, {NEW_KINDS}")
    _keep_apart()


def _fill_in() -> None:
    """What is there already was received by the account of its intent, refund or incident, and what has ended is believed to have."""
    op.execute("UPDATE payment_intents i SET subject_number = o.number FROM orders o WHERE o.intent_id = i.id")
    op.execute("UPDATE payment_attempts a SET account_id = i.payee_account_id FROM payment_intents i WHERE i.id = a.intent_id")
    op.execute(f"UPDATE payment_attempts SET certain_at = marque_now() WHERE status NOT IN ({OPEN})")
    op.execute("ALTER TABLE ledger_entries DISABLE TRIGGER ledger_entries_append_only")
    for table, column, account in (
        ("payment_intents", "intent_id", "payee_account_id"),
        ("refunds", "refund_id", "account_id"),
        ("payment_incidents", "incident_id", "account_id"),
    ):
        op.execute(
            f"UPDATE ledger_entries e SET account_id = o.{account} FROM {table} o WHERE o.id = e.{column} AND e.account_id IS NULL"
        )
    op.execute("ALTER TABLE ledger_entries ENABLE TRIGGER ledger_entries_append_only")


def _keep_apart() -> None:
    """Money is never collected for one payee and passed to another: what comes of an intent, a payment or an incident stays with its pair
    of account and sub-merchant, which never changes.
    """
    op.execute(
        """
        CREATE FUNCTION money_stays_with_its_payee() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            own jsonb := to_jsonb(NEW);
            origin record;
        BEGIN
            FOR origin IN
                SELECT payee_account_id AS account_id, sub_mchid FROM payment_intents WHERE id = (own ->> 'intent_id')::uuid
                UNION ALL
                SELECT account_id, sub_mchid FROM payment_attempts WHERE id = (own ->> 'attempt_id')::uuid
                UNION ALL
                SELECT account_id, sub_mchid FROM payment_incidents WHERE id = (own ->> 'incident_id')::uuid
                UNION ALL
                SELECT account_id, sub_mchid FROM refunds
                WHERE id = CASE TG_TABLE_NAME WHEN 'ledger_entries' THEN (own ->> 'refund_id')::uuid END
            LOOP
                IF (origin.account_id, origin.sub_mchid) IS DISTINCT FROM (NEW.account_id, NEW.sub_mchid) THEN
                    RAISE EXCEPTION 'money of one payee in % of another', TG_TABLE_NAME USING ERRCODE = 'check_violation';
                END IF;
            END LOOP;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION payee_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'who receives the money never changes: %', TG_TABLE_NAME USING ERRCODE = 'check_violation';
        END $$
        """
    )
    for table in ("payment_attempts", "refunds", "ledger_entries"):
        op.execute(
            f"CREATE TRIGGER {table}_payee BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION money_stays_with_its_payee()"
        )
    for table, account in (
        ("payment_intents", "payee_account_id"),
        ("payment_attempts", "account_id"),
        ("payment_incidents", "account_id"),
        ("refunds", "account_id"),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_payee_stays BEFORE UPDATE ON {table} FOR EACH ROW "
            f"WHEN ((OLD.{account}, OLD.sub_mchid) IS DISTINCT FROM (NEW.{account}, NEW.sub_mchid)) EXECUTE FUNCTION payee_never_changes()"
        )


def _check(table: str, column: str, values: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{column}"), table)
    op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, f"{column} IN ({values})")


def downgrade() -> None:
    for table in ("payment_attempts", "refunds", "ledger_entries"):
        op.execute(f"DROP TRIGGER {table}_payee ON {table}")
    for table in ("payment_intents", "payment_attempts", "payment_incidents", "refunds"):
        op.execute(f"DROP TRIGGER {table}_payee_stays ON {table}")
    op.execute("DROP FUNCTION money_stays_with_its_payee()")
    op.execute("DROP FUNCTION payee_never_changes()")
    _check("ledger_lines", "account", ACCOUNTS)
    _check("payment_incidents", "kind", KINDS)
    for table in ("payment_incidents", "refunds", "ledger_entries"):
        op.drop_index(f"ix_{table}_brand_id_created_at", table)
    op.drop_index("ix_vehicles_reserved", "vehicles")
    op.drop_index("ix_payment_attempts_due", "payment_attempts")
    op.create_index("ix_payment_attempts_due", "payment_attempts", ["due_at"], postgresql_where=sa.text(f"status IN ({OPEN})"))
    op.drop_constraint(op.f("ck_payment_attempts_open_is_uncertain"), "payment_attempts")
    for table, columns in (
        ("payment_intents", ("sub_mchid", "subject_number")),
        ("payment_attempts", ("sub_mchid", "account_id", "certain_at")),
        ("payment_incidents", ("sub_mchid",)),
        ("refunds", ("sub_mchid", "asked_at")),
        ("ledger_entries", ("sub_mchid", "account_id")),
    ):
        for column in columns:
            op.drop_column(table, column)
