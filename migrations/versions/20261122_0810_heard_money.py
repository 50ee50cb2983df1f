"""Which paid money has not been heard of is found by an index, however much was ever paid"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_0810"
down_revision = "20261122_0805"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("payment_intents", sa.Column("is_heard", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE payment_intents i SET is_heard = true FROM orders o WHERE o.intent_id = i.id AND o.paid_at IS NOT NULL")
    op.create_index(
        "ix_payment_intents_unheard", "payment_intents", ["paid_at"], postgresql_where=sa.text("status = 'paid' AND NOT is_heard")
    )
    held = sa.text("status IN ('soft_held', 'expiring', 'cancelling', 'hard_held')")
    op.create_index("ix_reservations_held", "reservations", ["order_id"], postgresql_where=held)
    # Written by the database: an order that loses its intent or its payment, by whatever hand, has not heard any more.
    op.execute(
        """
        CREATE FUNCTION orders_hear() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'INSERT' AND (TG_OP = 'DELETE' OR OLD.intent_id IS DISTINCT FROM NEW.intent_id) THEN
                UPDATE payment_intents SET is_heard = false WHERE id = OLD.intent_id AND is_heard;
            END IF;
            IF TG_OP <> 'DELETE' THEN
                UPDATE payment_intents SET is_heard = NOT is_heard WHERE id = NEW.intent_id AND is_heard <> (NEW.paid_at IS NOT NULL);
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER orders_hear AFTER INSERT OR DELETE OR UPDATE OF paid_at, intent_id ON orders"
        " FOR EACH ROW EXECUTE FUNCTION orders_hear()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER orders_hear ON orders")
    op.execute("DROP FUNCTION orders_hear")
    op.drop_index("ix_reservations_held", "reservations")
    op.drop_column("payment_intents", "is_heard")
