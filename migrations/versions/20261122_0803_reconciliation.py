"""Bills of WeChat Pay, matched line by line with the ledger and the orders"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261122_0803"
down_revision = "20261122_0802"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "reconciliations",
        *_root("reconciliations"),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("bill_on", sa.Date, nullable=False),
        sa.Column("status", sa.String, server_default="waiting", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("fence", sa.Integer, server_default="0", nullable=False),
        sa.Column("tries", sa.Integer, server_default="0", nullable=False),
        sa.Column("lines_read", sa.Integer, server_default="0", nullable=False),
        sa.Column("lines_total", sa.Integer),
        sa.Column("figures", postgresql.JSONB, server_default="{}", nullable=False),
        sa.Column("error", sa.String),
        sa.Column("detail", sa.String),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["account_id"], ["wechat_accounts.id"], name=op.f("fk_reconciliations_account_id_wechat_accounts")),
        sa.UniqueConstraint("account_id", "bill_on", name=op.f("uq_reconciliations_account_id_bill_on")),
        _check("reconciliations", "status", "status IN ('waiting', 'downloading', 'matching', 'done', 'failed')"),
        _check("reconciliations", "due_while_under_way", "(due_at IS NULL) = (status IN ('done', 'failed'))"),
    )
    op.create_index("ix_reconciliations_due_at", "reconciliations", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_index("ix_reconciliations_brand_id_bill_on", "reconciliations", ["brand_id", "bill_on"])
    op.create_index(op.f("ix_reconciliations_brand_id"), "reconciliations", ["brand_id"])
    _bill_lines()
    _differences()


def _root(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f(f"fk_{table}_brand_id_brands")),
    ]


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _bill_lines() -> None:
    op.create_table(
        "bill_lines",
        sa.Column("reconciliation_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.String, nullable=False),
        sa.Column("transaction_id", sa.String, nullable=False),
        sa.Column("out_trade_no", sa.String),
        sa.Column("out_refund_no", sa.String),
        sa.Column("voucher", sa.String),
        sa.Column("sub_mchid", sa.String),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("amount_fen", sa.BigInteger, nullable=False),
        sa.Column("settled_fen", sa.BigInteger, nullable=False),
        sa.Column("fee_fen", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("reconciliation_id", "position", name=op.f("pk_bill_lines")),
        sa.ForeignKeyConstraint(
            ["reconciliation_id"], ["reconciliations.id"], name=op.f("fk_bill_lines_reconciliation_id_reconciliations"), ondelete="CASCADE"
        ),
        _check("bill_lines", "kind", "kind IN ('payment', 'refund', 'flow')"),
    )
    op.create_index("ix_bill_lines_number", "bill_lines", ["number"])
    op.create_index("ix_bill_lines_flow_of", "bill_lines", ["transaction_id"], postgresql_where=sa.text("kind = 'flow'"))


def _differences() -> None:
    table = "reconciliation_differences"
    op.create_table(
        table,
        *_root(table),
        sa.Column("reconciliation_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("concerns", sa.String, nullable=False),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("transaction_id", sa.String),
        sa.Column("out_trade_no", sa.String),
        sa.Column("out_refund_no", sa.String),
        sa.Column("sub_mchid", sa.String),
        sa.Column("attempt_id", sa.Uuid),
        sa.Column("refund_id", sa.Uuid),
        sa.Column("order_id", sa.Uuid),
        sa.Column("ours_fen", sa.BigInteger),
        sa.Column("theirs_fen", sa.BigInteger),
        sa.Column("ours", sa.String),
        sa.Column("theirs", sa.String),
        sa.Column("status", sa.String, server_default="open", nullable=False),
        sa.Column("found_in", sa.Integer, nullable=False),
        sa.Column("resolution", sa.String),
        sa.Column("note", sa.String),
        sa.Column("resolved_by_id", sa.Uuid),
        sa.Column("resolved_at", sa.DateTime(timezone=True)),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
            for column, other in (
                ("reconciliation_id", "reconciliations"),
                ("attempt_id", "payment_attempts"),
                ("refund_id", "refunds"),
                ("order_id", "orders"),
                ("resolved_by_id", "staff"),
            )
        ),
        sa.UniqueConstraint("reconciliation_id", "kind", "reference", name=op.f(f"uq_{table}_reconciliation_id_kind_reference")),
        _check(table, "kind", "kind IN ('over', 'short', 'amount', 'status', 'fee', 'order', 'flow', 'duplicate')"),
        _check(table, "concerns", "concerns IN ('payment', 'refund', 'flow')"),
        _check(table, "status", "status IN ('open', 'resolved', 'cleared_by_itself')"),
        _check(table, "resolution", "resolution IN ('ask', 'book', 'refund', 'write_off', 'accept', 'wait')"),
    )
    op.create_index(op.f(f"ix_{table}_brand_id"), table, ["brand_id"])
    op.create_index(f"ix_{table}_open", table, ["brand_id", "id"], postgresql_where=sa.text("status = 'open'"))


def downgrade() -> None:
    op.drop_table("reconciliation_differences")
    op.drop_table("bill_lines")
    op.drop_table("reconciliations")
