"""Marketers who try journeys on themselves: which customer a marketer is, and the codes by which that customer says so."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base


class JourneyTester(Base):
    """A marketer is this customer, as she has said herself with a code that only he was shown."""

    __tablename__ = "journey_testers"

    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    brand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("brands.id"))
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    bound_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())


class JourneyTesterCode(Base):
    """The last code that a marketer was shown; only its hash is kept, and it is good for one customer."""

    __tablename__ = "journey_tester_codes"

    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    brand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("brands.id"))
    code_hash: Mapped[str]
    ends_at: Mapped[datetime]
