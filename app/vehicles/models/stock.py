"""Model series, vehicles, and the prices they had."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    FetchedValue,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.dealers.models import Store
from app.kit.db import Base, Root, new_id
from app.kit.states import Machine


class Condition(StrEnum):
    new = "new"
    approved = "approved"
    used = "used"
    demo = "demo"


class Status(StrEnum):
    """What consumers see is listed or reserved; which may follow which is `VEHICLE`'s."""

    draft = "draft"
    in_preparation = "in_preparation"
    listed = "listed"
    reserved = "reserved"
    sold = "sold"
    delivered = "delivered"
    withdrawn = "withdrawn"


class Withdrawn(StrEnum):
    """Why a car is off sale. One that a person took off comes back by a person only."""

    by_dealer = "by_dealer"
    missing_in_feed = "missing_in_feed"
    unconfirmed = "unconfirmed"


# A car begins as what it is when we first hear of it. Nobody takes a reserved one off sale: its order has to end first.
VEHICLE = Machine(
    {
        "": frozenset({"draft", "in_preparation", "listed"}),
        "draft": frozenset({"in_preparation", "withdrawn"}),
        "in_preparation": frozenset({"listed", "withdrawn"}),
        "listed": frozenset({"reserved", "sold", "withdrawn"}),
        "reserved": frozenset({"listed", "sold"}),
        "sold": frozenset({"delivered"}),
        "withdrawn": frozenset({"listed"}),
    }
)
# At the dealer's, and not sold yet.
IN_STOCK = (Status.in_preparation, Status.listed, Status.reserved)

# What consumers find: a reserved car stays visible, with a badge.
VISIBLE = (Status.listed, Status.reserved)
# While a car is in one of these no second one may have its VIN.
LIVE = IN_STOCK
_IS_LIVE = text("status IN ('in_preparation', 'listed', 'reserved')")
_IS_VISIBLE = text("status IN ('listed', 'reserved')")


def _one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(value.value) for value in values)})", name=column)


class ModelSeries(Root):
    """A family of models, such as J5."""

    __tablename__ = "model_series"
    __table_args__ = (UniqueConstraint("brand_id", "key"),)

    key: Mapped[str]
    name: Mapped[str]


class Vehicle(Root):
    """One physical car at a store. Colours, options and the other keys have their labels in the catalogue of texts."""

    __tablename__ = "vehicles"
    __table_args__ = (
        UniqueConstraint("dealer_id", "stock_number"),
        _one_of("condition", Condition),
        _one_of("status", Status),
        CheckConstraint("price_fen > 0 AND guide_price_fen > 0", name="price"),
        CheckConstraint("odometer_km >= 0 AND previous_owners >= 0", name="counts"),
        # A car that was on the road cannot be offered without saying since when and how far.
        CheckConstraint(
            "condition NOT IN ('used', 'approved') OR (first_registration_date IS NOT NULL AND odometer_km IS NOT NULL)", name="history"
        ),
        CheckConstraint("status NOT IN ('listed', 'reserved') OR listed_at IS NOT NULL", name="since_when"),
        CheckConstraint("withdrawn_for IS NULL OR status = 'withdrawn'", name="why_withdrawn"),
        _one_of("withdrawn_for", Withdrawn),
        # Whose dealer has to be asked whether they are still there, and which of those he did not answer for.
        Index("ix_vehicles_to_confirm", "warned_at", "confirmed_at", postgresql_where=text("status = 'listed'")),
        Index("ix_vehicles_vin", "brand_id", "vin", postgresql_where=text("vin IS NOT NULL")),
        Index("ix_vehicles_reserved", "id", postgresql_where=text("status = 'reserved'")),
        Index("ix_vehicles_place", "store_id", postgresql_where=_IS_VISIBLE),
        Index("ix_vehicles_price", "brand_id", "price_fen", "id", postgresql_where=_IS_VISIBLE),
        Index("ix_vehicles_newest", "brand_id", "listed_at", "id", postgresql_where=_IS_VISIBLE),
        # Cars of about one price, for similar ones: of a series, and of a shape.
        Index("ix_vehicles_series_price", "series_id", "price_fen", "number", postgresql_where=_IS_VISIBLE),
        Index("ix_vehicles_body_price", "brand_id", "body", "price_fen", "number", postgresql_where=_IS_VISIBLE),
        # All that a comparison of prices asks, so that it reads no row of the table.
        Index(
            "ix_vehicles_comparable",
            "series_id",
            "model_year",
            postgresql_include=["id", "condition", "model", "trim", "odometer_km", "price_fen"],
            postgresql_where=_IS_VISIBLE,
        ),
        Index("ix_vehicles_reduced", "reduced_at", postgresql_where=text("reduced_at IS NOT NULL")),
        Index("ix_vehicles_words", text("string_to_array(search_text, ' ')"), postgresql_using="gin"),
        Index(
            "ix_vehicles_one_live_vin",
            "brand_id",
            "vin",
            unique=True,
            postgresql_where=_IS_LIVE,
        ),
    )

    dealer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("dealers.id"))
    store_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("stores.id"))
    series_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("model_series.id"), index=True)
    # Short and never changing: what breaks ties, and what an index calls the car.
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    # The transaction that changed the row last: pg_current_xact_id() as a number, written by a trigger.
    changed_in: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), server_onupdate=FetchedValue(), index=True)
    stock_number: Mapped[str]
    vin: Mapped[str | None]
    title: Mapped[str]
    # 车型, such as "911 Carrera"; empty when it is not known. `trim` is 款型.
    model: Mapped[str] = mapped_column(default="", server_default="")
    trim: Mapped[str]
    condition: Mapped[str]
    status: Mapped[str]
    model_year: Mapped[int]
    first_registration_date: Mapped[date | None]
    odometer_km: Mapped[int | None]
    previous_owners: Mapped[int | None]
    accident_free: Mapped[bool | None]
    exterior_color: Mapped[str | None]
    interior_color: Mapped[str | None]
    body: Mapped[str | None]
    drivetrain: Mapped[str | None]
    energy: Mapped[str | None]
    gearbox: Mapped[str | None]
    seats: Mapped[int | None] = mapped_column(SmallInteger)
    warranty_until: Mapped[date | None]
    price_fen: Mapped[int] = mapped_column(BigInteger)
    guide_price_fen: Mapped[int | None] = mapped_column(BigInteger)
    # The last true reduction of the price, for some weeks: written by a trigger of `price_changes`, taken off by a job.
    reduced_fen: Mapped[int | None] = mapped_column(BigInteger)
    reduced_at: Mapped[datetime | None]
    # The least monthly instalment that a plan of the brand offers for it; None when none does.
    monthly_fen: Mapped[int | None] = mapped_column(BigInteger)
    options: Mapped[list[str]] = mapped_column(ARRAY(String), default=list, server_default="{}")
    specifications: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    highlights: Mapped[list[str]] = mapped_column(ARRAY(String), default=list, server_default="{}")
    # What consumers see, the cover first: [{"url", "alt"}], those of uploaded ones with "sizes" and "card" (`vehicle_photos`).
    photos: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default="[]")
    # The first time only: taking a car off sale and listing it again does not make it new.
    listed_at: Mapped[datetime | None]
    # When the dealer, or his feed, last said that the car is there.
    confirmed_at: Mapped[datetime | None] = mapped_column(server_default=func.marque_now())
    # When he was told since then that it will be taken off sale unless he says so again.
    warned_at: Mapped[datetime | None]
    withdrawn_for: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    # Lower case: title, series, trim, colour; what a typed word is looked for in.
    search_text: Mapped[str]
    # Which feed brings this car, and how many times in a row it did not.
    feed: Mapped[str | None]
    missed_feeds: Mapped[int] = mapped_column(default=0, server_default="0")

    store: Mapped[Store] = relationship()
    series: Mapped[ModelSeries] = relationship()


class PriceChange(Base):
    """Every price a vehicle had before the present one. `reduced_fen`, written by a trigger: by how much the new price is below
    the lowest of the thirty days before, where it is; what went up first to come down is no reduction.
    """

    __tablename__ = "price_changes"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    vehicle_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("vehicles.id"), index=True)
    old_price_fen: Mapped[int] = mapped_column(BigInteger)
    new_price_fen: Mapped[int] = mapped_column(BigInteger)
    reduced_fen: Mapped[int | None] = mapped_column(BigInteger, server_default=FetchedValue())
    created_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())
