"""People who come by the million: their brand, and of their tags the customer, are no foreign keys any more"""

from __future__ import annotations

from alembic import op

revision = "20261123_0450"
down_revision = "20261123_0300"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.drop_constraint("fk_customers_brand_id_brands", "customers", type_="foreignkey")
    op.drop_constraint("fk_customer_tags_customer_id_customers", "customer_tags", type_="foreignkey")


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_foreign_key("fk_customers_brand_id_brands", "customers", "brands", ["brand_id"], ["id"])
    op.create_foreign_key("fk_customer_tags_customer_id_customers", "customer_tags", "customers", ["customer_id"], ["id"])
