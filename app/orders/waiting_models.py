"""Who waits for a vehicle that somebody else holds, and whose turn it is."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Root
from app.kit.states import Machine


class WaitlistStatus(StrEnum):
    """`lapsed`: the offer ran out untaken; `left`: she gave up, or is no longer a customer; `over`: the vehicle was sold or withdrawn."""

    waiting = "waiting"
    offered = "offered"
    taken = "taken"
    lapsed = "lapsed"
    left = "left"
    over = "over"


LIVE = (WaitlistStatus.waiting, WaitlistStatus.offered)
_LIVE_SQL = text("status IN ('waiting', 'offered')")

# An offer goes back to waiting when she holds another vehicle by now: the next one gets it, and she keeps her place.
WAITLIST = Machine(
    {
        "waiting": frozenset({"offered", "taken", "left", "over"}),
        "offered": frozenset({"taken", "lapsed", "left", "over", "waiting"}),
    }
)


class WaitlistEntry(Root):
    """One customer's place in the line for one vehicle; the line is in the order of the ids, which are made under the vehicle's lock."""

    __tablename__ = "waitlist_entries"
    __table_args__ = (
        CheckConstraint(f"status IN ({', '.join(repr(one.value) for one in WaitlistStatus)})", name="status"),
        CheckConstraint("status <> 'offered' OR offered_until IS NOT NULL", name="offers_end"),
        CheckConstraint("(ended_at IS NULL) = (status IN ('waiting', 'offered'))", name="ended"),
        Index("one_place_in_line", "vehicle_id", "customer_id", unique=True, postgresql_where=_LIVE_SQL),
        Index("one_offer", "vehicle_id", unique=True, postgresql_where=text("status = 'offered'")),
        Index("ix_waitlist_entries_line", "vehicle_id", "id", postgresql_where=_LIVE_SQL),
        Index("ix_waitlist_entries_due", "offered_until", postgresql_where=text("status = 'offered'")),
    )

    vehicle_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("vehicles.id"))
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    status: Mapped[str] = mapped_column(default=WaitlistStatus.waiting)
    offered_until: Mapped[datetime | None]
    # When it went past her because she held as many vehicles as one person may
    skipped_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
