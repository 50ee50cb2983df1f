"""What a customer keeps an eye on: favourites, cars looked at, saved searches with what they found, and alerts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261122_0905"
down_revision = "20261122_0904"

TABLES = (
    "favourites",
    "vehicle_views",
    "views_cleared",
    "saved_searches",
    "saved_search_matches",
    "interest_alerts",
    "changed_vehicles",
    "stock_followed",
)


def _root(table: str) -> list[sa.Column | sa.Constraint]:
    return [
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("brand_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f(f"fk_{table}_brand_id_brands")),
    ]


def _of(table: str, column: str, to: str, *, nullable: bool = False, ondelete: str | None = None) -> list[sa.Column | sa.Constraint]:
    name = op.f(f"fk_{table}_{column}_{to}")
    return [
        sa.Column(column, sa.Uuid, nullable=nullable),
        sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name, ondelete=ondelete),
    ]


def _moment(name: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _texts(name: str) -> sa.Column:
    return sa.Column(name, postgresql.ARRAY(sa.String), server_default="{}", nullable=False)


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "favourites",
        *_root("favourites"),
        *_of("favourites", "customer_id", "customers"),
        *_of("favourites", "vehicle_id", "vehicles"),
        sa.Column("price_fen", sa.BigInteger, nullable=False),
        sa.Column("told_price_fen", sa.BigInteger, nullable=False),
        _moment("told_back_at"),
        _moment("held_at"),
        sa.UniqueConstraint("customer_id", "vehicle_id", name=op.f("uq_favourites_customer_id_vehicle_id")),
    )
    op.create_index(op.f("ix_favourites_brand_id"), "favourites", ["brand_id"])
    op.create_index(op.f("ix_favourites_vehicle_id"), "favourites", ["vehicle_id"])
    op.create_index("ix_favourites_newest", "favourites", ["customer_id", "created_at", "id"])
    op.create_table(
        "vehicle_views",
        *_of("vehicle_views", "customer_id", "customers"),
        *_of("vehicle_views", "vehicle_id", "vehicles"),
        _moment("viewed_at", nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "vehicle_id", name=op.f("pk_vehicle_views")),
    )
    op.create_index("ix_vehicle_views_newest", "vehicle_views", ["customer_id", "viewed_at", "vehicle_id"])
    op.create_table(
        "views_cleared",
        *_of("views_cleared", "customer_id", "customers"),
        _moment("cleared_at", nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_views_cleared")),
    )
    _saved_searches()
    _alerts()


def _saved_searches() -> None:
    op.create_table(
        "saved_searches",
        *_root("saved_searches"),
        *_of("saved_searches", "customer_id", "customers"),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("filters", postgresql.JSONB, nullable=False),
        sa.Column("filters_version", sa.SmallInteger, server_default="1", nullable=False),
        sa.Column("lat", sa.Float),
        sa.Column("lng", sa.Float),
        sa.Column("place_label", sa.String),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("frequency", sa.String, nullable=False),
        sa.Column("paused", sa.Boolean, server_default="false", nullable=False),
        sa.Column("known", postgresql.ARRAY(sa.BigInteger), server_default="{}", nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), server_default=sa.text("marque_now()"), nullable=False),
        _moment("due_at"),
        _texts("series"),
        _texts("condition"),
        _texts("city"),
        sa.Column("price_min_fen", sa.BigInteger),
        sa.Column("price_max_fen", sa.BigInteger),
        *(sa.Column(side, sa.Float) for side in ("south", "north", "west", "east")),
        sa.UniqueConstraint("customer_id", "digest", name=op.f("uq_saved_searches_customer_id_digest")),
        sa.CheckConstraint("frequency IN ('instant', 'daily', 'weekly')", name=op.f("ck_saved_searches_frequency")),
        sa.CheckConstraint("(lat IS NULL) = (lng IS NULL)", name=op.f("ck_saved_searches_place")),
    )
    op.create_index(op.f("ix_saved_searches_brand_id"), "saved_searches", ["brand_id"])
    op.create_index("ix_saved_searches_due", "saved_searches", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_table(
        "saved_search_matches",
        *_of("saved_search_matches", "saved_search_id", "saved_searches", ondelete="CASCADE"),
        *_of("saved_search_matches", "vehicle_id", "vehicles"),
        _moment("matched_at", nullable=False),
        _moment("told_at"),
        sa.PrimaryKeyConstraint("saved_search_id", "vehicle_id", name=op.f("pk_saved_search_matches")),
    )
    op.create_index("ix_saved_search_matches_newest", "saved_search_matches", ["saved_search_id", "matched_at", "vehicle_id"])
    op.create_index(
        "ix_saved_search_matches_untold", "saved_search_matches", ["saved_search_id"], postgresql_where=sa.text("told_at IS NULL")
    )
    op.create_table(
        "changed_vehicles",
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), nullable=False),
        *_of("changed_vehicles", "brand_id", "brands"),
        sa.Column("vehicle_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_changed_vehicles")),
    )
    op.create_table(
        "stock_followed",
        sa.Column("the_one", sa.Boolean, server_default=sa.text("true"), nullable=False),
        sa.Column("snapshot", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("the_one", name=op.f("pk_stock_followed")),
        sa.CheckConstraint("the_one", name=op.f("ck_stock_followed_one_row")),
    )


def _alerts() -> None:
    op.create_table(
        "interest_alerts",
        *_root("interest_alerts"),
        *_of("interest_alerts", "customer_id", "customers"),
        sa.Column("kind", sa.String, nullable=False),
        *_of("interest_alerts", "vehicle_id", "vehicles"),
        *_of("interest_alerts", "saved_search_id", "saved_searches", nullable=True, ondelete="CASCADE"),
        sa.Column("count", sa.Integer, server_default="1", nullable=False),
        sa.Column("old_price_fen", sa.BigInteger),
        sa.Column("new_price_fen", sa.BigInteger),
        sa.Column("cause", sa.Uuid, nullable=False),
        _moment("read_at"),
        sa.UniqueConstraint("customer_id", "cause", name=op.f("uq_interest_alerts_customer_id_cause")),
        sa.CheckConstraint(
            "kind IN ('saved_search.matched', 'favourite.price_dropped', 'favourite.back_on_sale', 'favourite.sold')",
            name=op.f("ck_interest_alerts_kind"),
        ),
        sa.CheckConstraint("kind <> 'saved_search.matched' OR saved_search_id IS NOT NULL", name=op.f("ck_interest_alerts_search")),
    )
    op.create_index(op.f("ix_interest_alerts_brand_id"), "interest_alerts", ["brand_id"])
    op.create_index(op.f("ix_interest_alerts_saved_search_id"), "interest_alerts", ["saved_search_id"])
    op.create_index("ix_interest_alerts_newest", "interest_alerts", ["customer_id", "created_at", "id"])
    op.create_index("ix_interest_alerts_unread", "interest_alerts", ["customer_id"], postgresql_where=sa.text("read_at IS NULL"))
    op.create_index("ix_interest_alerts_created_at", "interest_alerts", ["created_at"])


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
