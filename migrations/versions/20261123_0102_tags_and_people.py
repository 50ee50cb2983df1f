"""Tags with a type, a time to live and a source; people and tags that come in files"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "20261123_0102"
down_revision = "20261123_0101"

KEYS = "unionid IS NULL AND phone IS NULL AND nickname IS NULL"
SOURCES = "'rule', 'staff', 'journey'"
MORE_SOURCES = f"{SOURCES}, 'import', 'api', 'wecom', 'service_account', 'behaviour'"
RUN_STATES = "'waiting', 'running', 'done', 'refused', 'undoing', 'undone'"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    _customers()
    _tags()
    _runs()
    _syncing()


def _root() -> list[sa.Column]:
    return [
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("brand_id", sa.Uuid(), sa.ForeignKey("brands.id"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("marque_now()")),
    ]


def _when(name: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _count(name: str) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")


def _reference(name: str, to: str, *, nullable: bool = False, key: bool = False) -> sa.Column:
    return sa.Column(name, sa.Uuid(), sa.ForeignKey(f"{to}.id"), nullable=nullable, primary_key=key)


def _customers() -> None:
    op.add_column("customers", sa.Column("city", sa.String()))
    op.add_column("customers", sa.Column("external_id", sa.String()))
    op.drop_constraint(op.f("ck_customers_erased_holds_nothing"), "customers", type_="check")
    op.execute("UPDATE customers SET time_zone = NULL WHERE erased_at IS NOT NULL")
    nothing = f"({KEYS} AND external_id IS NULL AND city IS NULL AND time_zone IS NULL)"
    op.create_check_constraint("erased_holds_nothing", "customers", f"erased_at IS NULL OR {nothing}")
    op.create_index(
        "uq_customers_external_id",
        "customers",
        ["brand_id", "external_id"],
        unique=True,
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )


def _tags() -> None:
    op.create_table("tag_folders", *_root(), sa.Column("name", sa.String(), nullable=False), sa.UniqueConstraint("brand_id", "name"))
    op.create_index("ix_tag_folders_brand_id", "tag_folders", ["brand_id"])
    for column in (
        sa.Column("value_type", sa.String(), nullable=False, server_default="none"),
        sa.Column("choices", ARRAY(sa.String()), nullable=False, server_default="{}"),
        sa.Column("ttl_days", sa.Integer()),
        _reference("folder_id", "tag_folders", nullable=True),
        _when("archived_at"),
    ):
        op.add_column("tags", column)
    op.drop_constraint(op.f("ck_tags_kind"), "tags", type_="check")
    op.create_check_constraint("kind", "tags", "kind IN ('rule', 'manual', 'behavioural')")
    op.create_check_constraint("value_type", "tags", "value_type IN ('none', 'text', 'number', 'date', 'choice')")
    op.create_check_constraint("choices", "tags", "(value_type = 'choice') = (cardinality(choices) > 0)")
    op.create_check_constraint("ttl_days", "tags", "ttl_days > 0")
    op.add_column("customer_tags", sa.Column("value", sa.String()))
    op.add_column("customer_tags", _when("expires_at"))
    op.drop_constraint(op.f("ck_customer_tags_source"), "customer_tags", type_="check")
    op.create_check_constraint("source", "customer_tags", f"source IN ({MORE_SOURCES})")
    op.create_index(
        "ix_customer_tags_expires_at", "customer_tags", ["expires_at"], postgresql_where=sa.text("active AND expires_at IS NOT NULL")
    )
    op.create_table(
        "behaviour_rules",
        _reference("tag_id", "tags", key=True),
        sa.Column("event_name", sa.String(), nullable=False),
        sa.Column("at_least", sa.Integer(), nullable=False),
        sa.Column("within", sa.Interval(), nullable=False),
        sa.Column("different", sa.Boolean(), nullable=False, server_default="false"),
        sa.Column("data", JSONB(), nullable=False, server_default="{}"),
        sa.Column("vehicle", JSONB(), nullable=False, server_default="{}"),
        _when("due_at"),
        sa.CheckConstraint("at_least > 0", name="at_least"),
        sa.CheckConstraint("within > interval '0'", name="within"),
    )
    op.create_index("ix_behaviour_rules_due_at", "behaviour_rules", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))


def _runs() -> None:
    op.create_table(
        "people_runs",
        *_root(),
        sa.Column("kind", sa.String(), nullable=False),
        _reference("staff_id", "staff", nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("file_sha256", sa.String(), nullable=False),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        _count("taken_back"),
        _count("kept"),
        sa.Column("error", JSONB()),
        _when("lease_until"),
        _count("tries"),
        _when("finished_at"),
        sa.CheckConstraint("kind IN ('people', 'tags')", name="kind"),
        sa.CheckConstraint(f"status IN ({RUN_STATES})", name="status"),
    )
    op.create_index("ix_people_runs_brand_id", "people_runs", ["brand_id"])
    op.create_index("ix_people_runs_due", "people_runs", ["id"], postgresql_where=sa.text("status IN ('waiting', 'running', 'undoing')"))
    op.create_table(
        "people_chunks",
        _reference("run_id", "people_runs", key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
    )
    counts = ("created", "updated", "unchanged", "rejected", "tags_added", "tags_removed", "tags_changed")
    op.create_table(
        "people_pages",
        _reference("run_id", "people_runs", key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("read_bytes", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        *(_count(name) for name in counts),
    )
    op.create_table(
        "people_rows",
        _reference("run_id", "people_runs", key=True),
        sa.Column("line", sa.Integer(), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("left_out", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "people_changes",
        _reference("run_id", "people_runs", key=True),
        _reference("customer_id", "customers", key=True),
        _reference("tag_id", "tags", key=True),
        _when("decided_at", nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("was_active", sa.Boolean()),
        sa.Column("was_value", sa.String()),
        sa.Column("was_source", sa.String()),
        _when("was_expires_at"),
    )
    op.create_index("ix_people_changes_customer_id", "people_changes", ["customer_id"])


def _syncing() -> None:
    op.create_table(
        "tag_links",
        *_root(),
        _reference("tag_id", "tags"),
        _reference("account_id", "wechat_accounts"),
        sa.Column("remote_id", sa.String()),
        _when("due_at"),
        _when("broken_at"),
        sa.Column("error", sa.String()),
        sa.UniqueConstraint("tag_id", "account_id"),
        sa.UniqueConstraint("account_id", "remote_id"),
    )
    op.create_index("ix_tag_links_brand_id", "tag_links", ["brand_id"])
    op.create_index("ix_tag_links_due_at", "tag_links", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_table(
        "tag_marks",
        _reference("link_id", "tag_links", key=True),
        _reference("customer_id", "customers", key=True),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("there", sa.Boolean(), nullable=False),
        _when("due_at"),
        _count("attempts"),
        sa.Column("error", sa.String()),
        sa.CheckConstraint("due_at IS NULL OR wanted <> there", name="due_where_it_differs"),
    )
    op.create_index("ix_tag_marks_customer_id", "tag_marks", ["customer_id"])
    op.create_index("ix_tag_marks_due_at", "tag_marks", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_table(
        "contact_readings",
        _reference("account_id", "wechat_accounts", key=True),
        sa.Column("external_userid", sa.String(), primary_key=True),
        _when("due_at", nullable=False),
        _count("attempts"),
    )
    op.create_index("ix_contact_readings_due_at", "contact_readings", ["due_at"])


def downgrade() -> None:
    for table in (
        "contact_readings",
        "tag_marks",
        "tag_links",
        "people_changes",
        "people_rows",
        "people_pages",
        "people_chunks",
        "people_runs",
        "behaviour_rules",
    ):
        op.drop_table(table)
    op.execute("DELETE FROM customer_tags USING tags WHERE tags.id = tag_id AND tags.kind = 'behavioural'")
    op.execute("DELETE FROM tags WHERE kind = 'behavioural'")
    op.execute(f"UPDATE customer_tags SET source = 'staff' WHERE source NOT IN ({SOURCES})")  # noqa: S608  # a constant of this file
    op.drop_index("ix_customer_tags_expires_at", "customer_tags")
    op.drop_constraint(op.f("ck_customer_tags_source"), "customer_tags", type_="check")
    op.create_check_constraint("source", "customer_tags", f"source IN ({SOURCES})")
    for column in ("expires_at", "value"):
        op.drop_column("customer_tags", column)
    for constraint in ("ck_tags_ttl_days", "ck_tags_choices", "ck_tags_value_type", "ck_tags_kind"):
        op.drop_constraint(op.f(constraint), "tags", type_="check")
    op.create_check_constraint("kind", "tags", "kind IN ('rule', 'manual')")
    for column in ("archived_at", "folder_id", "ttl_days", "choices", "value_type"):
        op.drop_column("tags", column)
    op.drop_table("tag_folders")
    op.drop_index("uq_customers_external_id", "customers")
    op.drop_constraint(op.f("ck_customers_erased_holds_nothing"), "customers", type_="check")
    op.create_check_constraint("erased_holds_nothing", "customers", f"erased_at IS NULL OR ({KEYS})")
    for column in ("external_id", "city"):
        op.drop_column("customers", column)
