"""Favourites, cars looked at, saved searches with what they found, and the alerts that came of them."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, SmallInteger, String, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Root

# Raised when the same JSON would ask for something else; what is kept under an older one is rewritten then.
FILTERS_VERSION = 1


class Frequency(StrEnum):
    """When a saved search tells of new cars: at once, at nine in the morning, or on Mondays at nine."""

    instant = "instant"
    daily = "daily"
    weekly = "weekly"


class AlertKind(StrEnum):
    """Each bears the name of the event that is recorded with it."""

    matched = "saved_search.matched"
    price_dropped = "favourite.price_dropped"
    back_on_sale = "favourite.back_on_sale"
    sold = "favourite.sold"


def _one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(value.value) for value in values)})", name=column)


class Favourite(Root):
    """A car that a customer keeps an eye on, whatever becomes of it."""

    __tablename__ = "favourites"
    __table_args__ = (
        UniqueConstraint("customer_id", "vehicle_id"),
        Index("ix_favourites_newest", "customer_id", "created_at", "id"),
    )

    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"))
    vehicle_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("vehicles.id"), index=True)
    # What it cost when she chose it.
    price_fen: Mapped[int] = mapped_column(BigInteger)
    # The same, until an alert told her of a lower one: what the next drop is counted from.
    told_price_fen: Mapped[int] = mapped_column(BigInteger)
    told_back_at: Mapped[datetime | None]
    # When she last took it for herself: she knows by her order when it is free again, or sold.
    held_at: Mapped[datetime | None]


class VehicleView(Base):
    """That a customer looked at a car, and when she did last; only the newest of each customer stay."""

    __tablename__ = "vehicle_views"
    __table_args__ = (Index("ix_vehicle_views_newest", "customer_id", "viewed_at", "vehicle_id"),)

    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    vehicle_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("vehicles.id"), primary_key=True)
    viewed_at: Mapped[datetime]


class ViewsCleared(Base):
    """When a customer cleared what she had looked at: what is heard later of views before then is not kept."""

    __tablename__ = "views_cleared"

    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    cleared_at: Mapped[datetime]


class SavedSearch(Root):
    """A search that tells its customer of cars which are not among its results yet.

    `filters` is the canonical JSON of the search's filters, and `digest` that of filters and place: one person has each search once.
    What stands last is taken out of filters and place, to find quickly whom a car may concern.
    """

    __tablename__ = "saved_searches"
    __table_args__ = (
        UniqueConstraint("customer_id", "digest"),
        _one_of("frequency", Frequency),
        CheckConstraint("(lat IS NULL) = (lng IS NULL)", name="place"),
        Index("ix_saved_searches_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"))
    name: Mapped[str]
    filters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    filters_version: Mapped[int] = mapped_column(SmallInteger, default=FILTERS_VERSION, server_default=str(FILTERS_VERSION))
    # GCJ-02, to a hundred metres; only where the search has a radius.
    lat: Mapped[float | None]
    lng: Mapped[float | None]
    place_label: Mapped[str | None]
    digest: Mapped[str]
    frequency: Mapped[str]
    paused: Mapped[bool] = mapped_column(default=False, server_default="false")
    # The numbers of the cars that were results when it was saved: they are no news.
    known: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), default=list, server_default="{}", deferred=True)
    looked_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())
    # When to tell of what was found since the last digest; empty while there is nothing to tell.
    due_at: Mapped[datetime | None]

    series: Mapped[list[str]] = mapped_column(ARRAY(String), default=list, server_default="{}")
    condition: Mapped[list[str]] = mapped_column(ARRAY(String), default=list, server_default="{}")
    city: Mapped[list[str]] = mapped_column(ARRAY(String), default=list, server_default="{}")
    price_min_fen: Mapped[int | None] = mapped_column(BigInteger)
    price_max_fen: Mapped[int | None] = mapped_column(BigInteger)
    # Degrees around the circle of its radius.
    south: Mapped[float | None]
    north: Mapped[float | None]
    west: Mapped[float | None]
    east: Mapped[float | None]


class SavedSearchMatch(Base):
    """That a car became a result of a saved search: once for ever. `told_at` is empty until the digest that tells of it."""

    __tablename__ = "saved_search_matches"
    __table_args__ = (
        Index("ix_saved_search_matches_newest", "saved_search_id", "matched_at", "vehicle_id"),
        Index("ix_saved_search_matches_untold", "saved_search_id", postgresql_where=text("told_at IS NULL")),
    )

    saved_search_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("saved_searches.id", ondelete="CASCADE"), primary_key=True)
    vehicle_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("vehicles.id"), primary_key=True)
    matched_at: Mapped[datetime]
    told_at: Mapped[datetime | None]


class Alert(Root):
    """Something that a customer is told in her list: about one car, or about the `count` cars that a saved search has found.

    `cause` is the id of what brought it about (a price change, an event): told again, it is known.
    """

    __tablename__ = "interest_alerts"
    __table_args__ = (
        UniqueConstraint("customer_id", "cause"),
        _one_of("kind", AlertKind),
        CheckConstraint("kind <> 'saved_search.matched' OR saved_search_id IS NOT NULL", name="search"),
        Index("ix_interest_alerts_newest", "customer_id", "created_at", "id"),
        Index("ix_interest_alerts_unread", "customer_id", postgresql_where=text("read_at IS NULL")),
        Index("ix_interest_alerts_created_at", "created_at"),
    )

    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[str]
    # The car, or the one of several that was found last.
    vehicle_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("vehicles.id"))
    saved_search_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("saved_searches.id", ondelete="CASCADE"), index=True)
    count: Mapped[int] = mapped_column(default=1, server_default="1")
    old_price_fen: Mapped[int | None] = mapped_column(BigInteger)
    new_price_fen: Mapped[int | None] = mapped_column(BigInteger)
    cause: Mapped[uuid.UUID]
    read_at: Mapped[datetime | None]


class ChangedVehicle(Base):
    """A car that changed and is still to be held against the saved searches; as many rows as there were changes."""

    __tablename__ = "changed_vehicles"

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    brand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("brands.id"))
    vehicle_id: Mapped[uuid.UUID]


class StockFollowed(Base):
    """The one row that says up to where the stock has been followed: every change that `snapshot` (pg_current_snapshot()) sees is noted."""

    __tablename__ = "stock_followed"
    __table_args__ = (CheckConstraint("the_one", name="one_row"),)

    the_one: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    snapshot: Mapped[str]
