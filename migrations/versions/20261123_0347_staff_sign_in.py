"""Staff: a second factor, and the browsers on which they are signed in"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_0347"
down_revision = "20261123_0312"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("staff", sa.Column("totp_secret", sa.LargeBinary()))
    op.add_column("staff", sa.Column("totp_confirmed_at", sa.DateTime(timezone=True)))
    op.add_column("staff", sa.Column("totp_last_step", sa.BigInteger()))
    op.create_table(
        "staff_recovery_codes",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("staff_id", "code_hash", name=op.f("pk_staff_recovery_codes")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_staff_recovery_codes_staff_id_staff"), ondelete="CASCADE"
        ),
    )
    now = sa.text("marque_now()")
    op.add_column("staff_sessions", sa.Column("id", sa.Uuid(), nullable=False, server_default=sa.text("gen_random_uuid()")))
    op.add_column("staff_sessions", sa.Column("how", sa.String(), nullable=False, server_default="password"))
    op.add_column("staff_sessions", sa.Column("address", sa.String(), nullable=False, server_default=""))
    op.add_column("staff_sessions", sa.Column("agent", sa.String(), nullable=False, server_default=""))
    op.add_column("staff_sessions", sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False, server_default=now))
    op.create_unique_constraint(op.f("uq_staff_sessions_id"), "staff_sessions", ["id"])


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.drop_constraint(op.f("uq_staff_sessions_id"), "staff_sessions", type_="unique")
    for name in ("last_seen_at", "agent", "address", "how", "id"):
        op.drop_column("staff_sessions", name)
    op.drop_table("staff_recovery_codes")
    for name in ("totp_last_step", "totp_confirmed_at", "totp_secret"):
        op.drop_column("staff", name)
