"""Payments: intents, attempts, refunds, incidents, and a ledger that the database keeps balanced"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_2206"
down_revision = "20261121_2205"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "payment_intents",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("subject_type", sa.String, nullable=False),
        sa.Column("subject_id", sa.String, nullable=False),
        sa.Column("amount_fen", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("description", sa.String, nullable=False),
        sa.Column("payee_account_id", sa.Uuid, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("status IN ('open', 'paid', 'closing', 'closed')", name=op.f("ck_payment_intents_status")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_payment_intents_amount")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_payment_intents_brand_id_brands")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_payment_intents_customer_id_customers")),
        sa.ForeignKeyConstraint(
            ["payee_account_id"], ["wechat_accounts.id"], name=op.f("fk_payment_intents_payee_account_id_wechat_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_intents")),
        sa.UniqueConstraint("subject_type", "subject_id", name=op.f("uq_payment_intents_subject_type_subject_id")),
    )
    op.create_index(op.f("ix_payment_intents_brand_id"), "payment_intents", ["brand_id"])
    op.create_index(op.f("ix_payment_intents_customer_id"), "payment_intents", ["customer_id"])
    op.create_table(
        "payment_attempts",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("intent_id", sa.Uuid, nullable=False),
        sa.Column("out_trade_no", sa.String, nullable=False),
        sa.Column("amount_fen", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("appid", sa.String, nullable=False),
        sa.Column("mchid", sa.String, nullable=False),
        sa.Column("openid", sa.String),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("prepay_id", sa.String),
        sa.Column("transaction_id", sa.String),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("polls", sa.Integer, server_default="0", nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True)),
        sa.Column("is_surplus", sa.Boolean, server_default="false", nullable=False),
        sa.Column("error_code", sa.String),
        sa.CheckConstraint(
            "status IN ('created', 'prepay_ok', 'unknown', 'succeeded', 'closed', 'failed')", name=op.f("ck_payment_attempts_status")
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_payment_attempts_amount")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_payment_attempts_brand_id_brands")),
        sa.ForeignKeyConstraint(["intent_id"], ["payment_intents.id"], name=op.f("fk_payment_attempts_intent_id_payment_intents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_attempts")),
        sa.UniqueConstraint("out_trade_no", name=op.f("uq_payment_attempts_out_trade_no")),
        sa.UniqueConstraint("transaction_id", name=op.f("uq_payment_attempts_transaction_id")),
    )
    op.create_index(op.f("ix_payment_attempts_brand_id"), "payment_attempts", ["brand_id"])
    op.create_index(
        "ix_payment_attempts_due", "payment_attempts", ["due_at"], postgresql_where=sa.text("status IN ('created', 'prepay_ok', 'unknown')")
    )
    op.create_index(op.f("ix_payment_attempts_intent_id"), "payment_attempts", ["intent_id"])
    op.create_index(
        "uq_payment_attempts_one_open",
        "payment_attempts",
        ["intent_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('created', 'prepay_ok', 'unknown')"),
    )
    op.create_table(
        "payment_incidents",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("intent_id", sa.Uuid),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("out_trade_no", sa.String, nullable=False),
        sa.Column("amount_fen", sa.BigInteger, nullable=False),
        sa.Column("details", postgresql.JSONB, nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True)),
        sa.Column("resolution", sa.String),
        sa.Column("resolved_by_id", sa.Uuid),
        sa.Column("note", sa.String),
        sa.CheckConstraint(
            "kind IN ('mismatch', 'unknown_order', 'unknown_refund', 'double_payment', 'late_payment', 'refund_refused', 'refund_closed', 'refund_abnormal')",
            name=op.f("ck_payment_incidents_kind"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["wechat_accounts.id"], name=op.f("fk_payment_incidents_account_id_wechat_accounts")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_payment_incidents_brand_id_brands")),
        sa.ForeignKeyConstraint(["intent_id"], ["payment_intents.id"], name=op.f("fk_payment_incidents_intent_id_payment_intents")),
        sa.ForeignKeyConstraint(["resolved_by_id"], ["staff.id"], name=op.f("fk_payment_incidents_resolved_by_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_incidents")),
        sa.UniqueConstraint("kind", "reference", name=op.f("uq_payment_incidents_kind_reference")),
    )
    op.create_index(op.f("ix_payment_incidents_brand_id"), "payment_incidents", ["brand_id"])
    op.create_index(op.f("ix_payment_incidents_intent_id"), "payment_incidents", ["intent_id"])
    op.create_table(
        "refunds",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("intent_id", sa.Uuid),
        sa.Column("attempt_id", sa.Uuid),
        sa.Column("incident_id", sa.Uuid),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("out_trade_no", sa.String, nullable=False),
        sa.Column("out_refund_no", sa.String, nullable=False),
        sa.Column("refund_id", sa.String),
        sa.Column("paid_fen", sa.BigInteger, nullable=False),
        sa.Column("amount_fen", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer, server_default="0", nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("error_code", sa.String),
        sa.CheckConstraint("status IN ('requested', 'submitted', 'succeeded', 'closed', 'abnormal')", name=op.f("ck_refunds_status")),
        sa.CheckConstraint("amount_fen > 0 AND amount_fen <= paid_fen", name=op.f("ck_refunds_amount")),
        sa.CheckConstraint("attempt_id IS NOT NULL OR incident_id IS NOT NULL", name=op.f("ck_refunds_owner")),
        sa.ForeignKeyConstraint(["account_id"], ["wechat_accounts.id"], name=op.f("fk_refunds_account_id_wechat_accounts")),
        sa.ForeignKeyConstraint(["attempt_id"], ["payment_attempts.id"], name=op.f("fk_refunds_attempt_id_payment_attempts")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_refunds_brand_id_brands")),
        sa.ForeignKeyConstraint(["incident_id"], ["payment_incidents.id"], name=op.f("fk_refunds_incident_id_payment_incidents")),
        sa.ForeignKeyConstraint(["intent_id"], ["payment_intents.id"], name=op.f("fk_refunds_intent_id_payment_intents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("out_refund_no", name=op.f("uq_refunds_out_refund_no")),
    )
    op.create_index(op.f("ix_refunds_attempt_id"), "refunds", ["attempt_id"])
    op.create_index(op.f("ix_refunds_brand_id"), "refunds", ["brand_id"])
    op.create_index("ix_refunds_due", "refunds", ["due_at"], postgresql_where=sa.text("status IN ('requested', 'submitted', 'abnormal')"))
    op.create_index(op.f("ix_refunds_intent_id"), "refunds", ["intent_id"])
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("intent_id", sa.Uuid),
        sa.Column("refund_id", sa.Uuid),
        sa.Column("incident_id", sa.Uuid),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_ledger_entries_brand_id_brands")),
        sa.ForeignKeyConstraint(["incident_id"], ["payment_incidents.id"], name=op.f("fk_ledger_entries_incident_id_payment_incidents")),
        sa.ForeignKeyConstraint(["intent_id"], ["payment_intents.id"], name=op.f("fk_ledger_entries_intent_id_payment_intents")),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.id"], name=op.f("fk_ledger_entries_refund_id_refunds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("reference", name=op.f("uq_ledger_entries_reference")),
    )
    op.create_index(op.f("ix_ledger_entries_brand_id"), "ledger_entries", ["brand_id"])
    op.create_index(op.f("ix_ledger_entries_intent_id"), "ledger_entries", ["intent_id"])
    op.create_table(
        "ledger_lines",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("debit_fen", sa.BigInteger, nullable=False),
        sa.Column("credit_fen", sa.BigInteger, nullable=False),
        sa.CheckConstraint(
            "account IN ('wechat_clearing', 'customer_deposits', 'unallocated', 'refunds_payable')", name=op.f("ck_ledger_lines_account")
        ),
        sa.CheckConstraint(
            "debit_fen >= 0 AND credit_fen >= 0 AND (debit_fen = 0) <> (credit_fen = 0)", name=op.f("ck_ledger_lines_one_side")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entries.id"], name=op.f("fk_ledger_lines_entry_id_ledger_entries")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_lines")),
    )
    op.create_index(op.f("ix_ledger_lines_entry_id"), "ledger_lines", ["entry_id"])
    op.execute(
        """
        CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the ledger is append-only: % of %', TG_OP, TG_TABLE_NAME;
        END $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION ledger_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            entry uuid := CASE TG_TABLE_NAME WHEN 'ledger_lines' THEN (to_jsonb(NEW) ->> 'entry_id')::uuid ELSE NEW.id END;
            debit bigint;
            credit bigint;
        BEGIN
            SELECT coalesce(sum(debit_fen), 0), coalesce(sum(credit_fen), 0) INTO debit, credit FROM ledger_lines WHERE entry_id = entry;
            IF debit = 0 OR debit <> credit THEN
                RAISE EXCEPTION 'ledger entry % does not balance: debit %, credit %', entry, debit, credit USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    for table in ("ledger_entries", "ledger_lines"):
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only()"
        )
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {table}_balance AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION ledger_entry_balances()"
        )


def downgrade() -> None:
    for table in ("ledger_lines", "ledger_entries", "refunds", "payment_incidents", "payment_attempts", "payment_intents"):
        op.drop_table(table)
    for function in ("ledger_entry_balances", "ledger_is_append_only"):
        op.execute(f"DROP FUNCTION {function}()")
