"""Steps that people took and figures of stores, one row a day; and which days were out of the ordinary."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ARRAY, CheckConstraint, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, new_id

# What a step was not about: no car, no store, no dealer. Null could not stand in a primary key.
NONE = uuid.UUID(int=0)


class Step(StrEnum):
    """From the first look to the sale."""

    view = "view"
    favourite = "favourite"
    lead = "lead"
    deposit = "deposit"
    sale = "sale"


class FunnelStep(Base):
    """A customer took a step on a day of China, about cars of a series at a store. Several times a day is once.

    `channel` is what had brought her last: a channel of campaigns, `share`, or nothing that we know of. Without foreign keys: a day has
    hundreds of thousands of these. Which facts they are of is in `service`.
    """

    __tablename__ = "funnel_steps"
    __table_args__ = (
        CheckConstraint("step IN ('view', 'favourite', 'lead', 'deposit', 'sale')", name="step"),
        Index("ix_funnel_steps_dealer", "dealer_id", "taken_on"),
        Index("ix_funnel_steps_customer_id", "customer_id"),
    )

    brand_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    taken_on: Mapped[date] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    dealer_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    store_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    series_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    channel: Mapped[str]


class FunnelRead(Base):
    """The one row that says up to when facts were read into `funnel_steps`."""

    __tablename__ = "funnel_read"
    __table_args__ = (CheckConstraint("the_one", name="one_row"),)

    the_one: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    until: Mapped[datetime]


class Figure(StrEnum):
    """What is counted of a store on a day. Of a lead it is the day on which it came, whenever it was answered."""

    lead = "lead"
    late = "late"
    test_drive = "test_drive"
    deposit = "deposit"
    sale = "sale"
    cancelled = "cancelled"
    refund = "refund"
    failed_send = "failed_send"


class StoreDay(Base):
    """How often something happened at a store on a day of China."""

    __tablename__ = "store_days"

    brand_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    on_day: Mapped[date] = mapped_column(primary_key=True)
    store_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    figure: Mapped[str] = mapped_column(primary_key=True)
    dealer_id: Mapped[uuid.UUID]
    times: Mapped[int]


class StoreDaysRead(Base):
    """The one row that says up to when facts were read into `store_days`, and up to which day those were judged."""

    __tablename__ = "store_days_read"
    __table_args__ = (CheckConstraint("the_one", name="one_row"),)

    the_one: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    until: Mapped[datetime]
    judged_until: Mapped[date | None]


class Anomaly(Base):
    """A figure of a day that was further than `bound` from the median of the same weekday `before`, the last of which comes last.

    Without a store it is the whole brand's.
    """

    __tablename__ = "anomalies"
    __table_args__ = (UniqueConstraint("brand_id", "on_day", "figure", "store_id", postgresql_nulls_not_distinct=True),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    brand_id: Mapped[uuid.UUID]
    on_day: Mapped[date]
    figure: Mapped[str]
    store_id: Mapped[uuid.UUID | None]
    dealer_id: Mapped[uuid.UUID | None]
    times: Mapped[int]
    median: Mapped[float]
    bound: Mapped[float]
    before: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    seen_at: Mapped[datetime | None]
    seen_by_id: Mapped[uuid.UUID | None]
