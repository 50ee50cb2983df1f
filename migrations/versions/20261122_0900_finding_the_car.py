"""What a search asks of a car, and a mark by which whoever follows the stock sees what has changed

Numbers every vehicle: a million rows take a minute, in which nobody writes to the table.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_0900"
down_revision = "20261122_0810"

COLUMNS = ("number", "changed_in", "model", "seats", "warranty_until", "monthly_fen", "confirmed_at")


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("vehicles", sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False))
    op.create_unique_constraint("uq_vehicles_number", "vehicles", ["number"])
    op.add_column("stores", sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False))
    op.create_unique_constraint("uq_stores_number", "stores", ["number"])
    op.add_column("vehicles", sa.Column("changed_in", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("ix_vehicles_changed_in", "vehicles", ["changed_in"])
    op.add_column("vehicles", sa.Column("model", sa.String(), nullable=False, server_default=""))
    op.add_column("vehicles", sa.Column("seats", sa.SmallInteger()))
    op.add_column("vehicles", sa.Column("warranty_until", sa.Date()))
    op.add_column("vehicles", sa.Column("monthly_fen", sa.BigInteger()))
    op.add_column("vehicles", sa.Column("confirmed_at", sa.DateTime(timezone=True)))
    # Nobody who changes a car can forget to say so.
    op.execute(
        """
        CREATE FUNCTION vehicles_say_when() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.changed_in := pg_current_xact_id()::text::bigint;
            RETURN NEW;
        END $$
        """
    )
    op.execute("CREATE TRIGGER vehicles_say_when BEFORE INSERT OR UPDATE ON vehicles FOR EACH ROW EXECUTE FUNCTION vehicles_say_when()")
    # A car is found in the city of its store: when that is set right, all its cars have changed.
    op.execute(
        """
        CREATE FUNCTION stores_take_cars_along() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE vehicles SET changed_in = changed_in WHERE store_id = NEW.id;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER stores_take_cars_along AFTER UPDATE OF city ON stores FOR EACH ROW "
        "WHEN (OLD.city IS DISTINCT FROM NEW.city) EXECUTE FUNCTION stores_take_cars_along()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER stores_take_cars_along ON stores")
    op.execute("DROP FUNCTION stores_take_cars_along")
    op.execute("DROP TRIGGER vehicles_say_when ON vehicles")
    op.execute("DROP FUNCTION vehicles_say_when")
    for name in COLUMNS:
        op.drop_column("vehicles", name)
    op.drop_column("stores", "number")
