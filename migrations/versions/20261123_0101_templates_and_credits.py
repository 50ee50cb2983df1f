"""Templates as WeChat has them, what stands in ours, and what subscribers allowed"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_0101"
down_revision = "20261123_0100"

TABLES = (
    "message_template_versions",
    "wechat_templates",
    "wechat_template_syncs",
    "message_credit_entries",
    "message_credits",
    "reply_uses",
    "reply_windows",
    "inbox_messages",
    "wecom_member_tasks",
    "wecom_contacts",
    "wecom_contact_syncs",
    "group_letters",
)
_NOW = sa.text("marque_now()")


def _root(table: str) -> list[sa.Column | sa.Constraint]:
    return [
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        _moment("created_at", nullable=False, default=_NOW),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f(f"fk_{table}_brand_id_brands")),
    ]


def _of(table: str, column: str, to: str, *, nullable: bool = False, ondelete: str | None = None) -> list[sa.Column | sa.Constraint]:
    name = op.f(f"fk_{table}_{column}_{to}")
    return [
        sa.Column(column, sa.Uuid, nullable=nullable),
        sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name, ondelete=ondelete),
    ]


def _moment(name: str, *, nullable: bool = True, default: sa.TextClause | None = None) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=default)


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    _templates()
    _platform_templates()
    _credits()
    _windows()
    _inbox()
    _contacts()


def _templates() -> None:
    json = postgresql.JSONB
    for column in (
        sa.Column("title", sa.String, nullable=False, server_default=""),
        sa.Column("purpose", sa.String, nullable=False, server_default="transactional"),
        sa.Column("state", sa.String, nullable=False, server_default="active"),
        sa.Column("template_ids", json, nullable=False, server_default="{}"),
        sa.Column("target", sa.LargeBinary),
        sa.Column("override", json),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        _moment("updated_at", nullable=False, default=_NOW),
    ):
        op.add_column("message_templates", column)
    op.create_check_constraint("state", "message_templates", "state IN ('draft', 'active', 'archived')")
    op.create_check_constraint("purpose", "message_templates", "purpose IN ('transactional', 'marketing')")
    # What was the id at the brand's service account is now the id there; forms in braces are now Liquid.
    op.execute("""
        UPDATE message_templates t SET template_ids = coalesce((
            SELECT jsonb_object_agg(a.appid, t.wechat_template_id) FROM wechat_accounts a
            WHERE a.brand_id = t.brand_id AND a.kind = 'service_account'), '{}')
    """)
    op.execute(r"""
        UPDATE message_templates t SET
            page = regexp_replace(t.page, '\{(\w+)\}', '{{ \1 }}', 'g'),
            fields = (SELECT coalesce(jsonb_object_agg(key, regexp_replace(value, '\{(\w+)\}', '{{ \1 }}', 'g')), '{}')
                FROM jsonb_each_text(t.fields))
    """)
    op.drop_column("message_templates", "wechat_template_id")
    op.create_table(
        "message_template_versions",
        *_of("message_template_versions", "template_id", "message_templates"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("content", json, nullable=False),
        *_of("message_template_versions", "changed_by", "staff", nullable=True),
        _moment("changed_at", nullable=False, default=_NOW),
        sa.PrimaryKeyConstraint("template_id", "version", name=op.f("pk_message_template_versions")),
    )


def _platform_templates() -> None:
    op.create_table(
        "wechat_templates",
        *_root("wechat_templates"),
        sa.Column("appid", sa.String, nullable=False),
        sa.Column("template_id", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("content", sa.String, nullable=False),
        sa.Column("keys", postgresql.JSONB, nullable=False),
        _moment("read_at", nullable=False, default=_NOW),
        _moment("gone_at"),
        sa.UniqueConstraint("appid", "template_id", name=op.f("uq_wechat_templates_appid_template_id")),
    )
    op.create_index(op.f("ix_wechat_templates_brand_id"), "wechat_templates", ["brand_id"])
    op.create_table(
        "wechat_template_syncs",
        *_of("wechat_template_syncs", "account_id", "wechat_accounts"),
        _moment("due_at", nullable=False, default=_NOW),
        _moment("read_at"),
        sa.Column("error", sa.String),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_wechat_template_syncs")),
    )


def _credits() -> None:
    op.create_table(
        "message_credits",
        *_root("message_credits"),
        *_of("message_credits", "identity_id", "wechat_identities", ondelete="CASCADE"),
        sa.Column("template_id", sa.String, nullable=False),
        sa.Column("balance", sa.Integer, nullable=False, server_default="0"),
        _moment("revoked_at"),
        sa.UniqueConstraint("identity_id", "template_id", name=op.f("uq_message_credits_identity_id_template_id")),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_message_credits_never_spent_twice")),
    )
    op.create_index(op.f("ix_message_credits_brand_id"), "message_credits", ["brand_id"])
    op.create_table(
        "message_credit_entries",
        sa.Column("id", sa.Uuid, nullable=False),
        *_of("message_credit_entries", "credit_id", "message_credits", ondelete="CASCADE"),
        sa.Column("cause", sa.String, nullable=False),
        sa.Column("delta", sa.Integer, nullable=False),
        sa.Column("key", sa.String),
        sa.Column("send_id", sa.Uuid),
        _moment("created_at", nullable=False, default=_NOW),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_credit_entries")),
        sa.UniqueConstraint("credit_id", "key", name=op.f("uq_message_credit_entries_credit_id_key")),
        sa.CheckConstraint("cause IN ('granted', 'taken', 'given_back', 'revoked')", name=op.f("ck_message_credit_entries_cause")),
    )
    op.create_index(
        "ix_message_credit_entries_send_id", "message_credit_entries", ["send_id"], postgresql_where=sa.text("send_id IS NOT NULL")
    )


def _windows() -> None:
    op.create_table(
        "reply_windows",
        *_of("reply_windows", "identity_id", "wechat_identities", ondelete="CASCADE"),
        sa.Column("opened_by", sa.String, nullable=False),
        _moment("opened_at", nullable=False),
        _moment("closes_at", nullable=False),
        sa.Column("balance", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("identity_id", "opened_by", name=op.f("pk_reply_windows")),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_reply_windows_never_spent_twice")),
    )
    op.create_table(
        "reply_uses",
        sa.Column("send_id", sa.Uuid, nullable=False),
        *_of("reply_uses", "identity_id", "wechat_identities", ondelete="CASCADE"),
        sa.Column("opened_by", sa.String, nullable=False),
        _moment("opened_at", nullable=False),
        sa.PrimaryKeyConstraint("send_id", name=op.f("pk_reply_uses")),
    )
    op.create_index(op.f("ix_reply_uses_identity_id"), "reply_uses", ["identity_id"])


def _inbox() -> None:
    op.create_table(
        "inbox_messages",
        *_root("inbox_messages"),
        *_of("inbox_messages", "customer_id", "customers"),
        sa.Column("send_id", sa.Uuid, nullable=False),
        sa.Column("purpose", sa.String, nullable=False),
        sa.Column("title", sa.LargeBinary, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("page", sa.LargeBinary),
        _moment("read_at"),
        sa.UniqueConstraint("send_id", name=op.f("uq_inbox_messages_send_id")),
    )
    op.create_index(op.f("ix_inbox_messages_brand_id"), "inbox_messages", ["brand_id"])
    op.create_index("ix_inbox_messages_customer_id", "inbox_messages", ["customer_id", "id"])
    op.create_index("ix_inbox_messages_unread", "inbox_messages", ["customer_id"], postgresql_where=sa.text("read_at IS NULL"))


def _contacts() -> None:
    op.create_table(
        "wecom_contacts",
        *_of("wecom_contacts", "identity_id", "wechat_identities", ondelete="CASCADE"),
        sa.Column("userid", sa.String, nullable=False),
        _moment("since"),
        _moment("read_at", nullable=False),
        _moment("ended_at"),
        sa.PrimaryKeyConstraint("identity_id", "userid", name=op.f("pk_wecom_contacts")),
    )
    op.create_table(
        "wecom_contact_syncs",
        *_of("wecom_contact_syncs", "account_id", "wechat_accounts"),
        _moment("due_at", nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_wecom_contact_syncs")),
    )
    op.create_table(
        "wecom_member_tasks",
        sa.Column("send_id", sa.Uuid, nullable=False),
        *_of("wecom_member_tasks", "identity_id", "wechat_identities", ondelete="CASCADE"),
        sa.Column("userid", sa.String, nullable=False),
        _moment("due_at", nullable=False),
        sa.PrimaryKeyConstraint("send_id", name=op.f("pk_wecom_member_tasks")),
    )
    op.create_index(op.f("ix_wecom_member_tasks_identity_id"), "wecom_member_tasks", ["identity_id"])
    op.create_index("ix_wecom_member_tasks_due_at", "wecom_member_tasks", ["due_at"])
    op.create_table(
        "group_letters",
        *_of("group_letters", "send_id", "sends", ondelete="CASCADE"),
        sa.Column("group_id", sa.Uuid, nullable=False),
        *_of("group_letters", "identity_id", "wechat_identities", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("send_id", name=op.f("pk_group_letters")),
    )
    op.create_index(op.f("ix_group_letters_group_id"), "group_letters", ["group_id"])
    op.create_index(op.f("ix_group_letters_identity_id"), "group_letters", ["identity_id"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.add_column("message_templates", sa.Column("wechat_template_id", sa.String))
    op.execute("""
        UPDATE message_templates t SET
            wechat_template_id = coalesce((SELECT min(value) FROM jsonb_each_text(t.template_ids)), ''),
            page = regexp_replace(t.page, '\\{\\{ (\\w+) \\}\\}', '{\\1}', 'g'),
            fields = (SELECT coalesce(jsonb_object_agg(key, regexp_replace(value, '\\{\\{ (\\w+) \\}\\}', '{\\1}', 'g')), '{}')
                FROM jsonb_each_text(t.fields))
    """)
    op.alter_column("message_templates", "wechat_template_id", nullable=False)
    op.drop_constraint(op.f("ck_message_templates_state"), "message_templates", type_="check")
    op.drop_constraint(op.f("ck_message_templates_purpose"), "message_templates", type_="check")
    for column in ("title", "purpose", "state", "template_ids", "target", "override", "version", "updated_at"):
        op.drop_column("message_templates", column)
