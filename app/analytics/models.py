"""Steps that people took, one row a day, and up to when facts were read for them."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base

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
