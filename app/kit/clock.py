"""The one clock: the database's, aware, UTC, and movable forward for demo and tests only."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, func, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kit.db import Base
from app.kit.errors import Forbidden, Invalid
from app.kit.settings import settings


class ClockFixed(Forbidden):
    code, message = "clock.fixed", "The clock cannot be moved here."


class ClockBackwards(Invalid):
    code, message = "clock.backwards", "The clock only moves forward."


class ClockShift(Base):
    """The one row that says how far the clock of this database was moved forward; read by the SQL function `marque_now()`."""

    __tablename__ = "clock_shift"
    __table_args__ = (CheckConstraint("the_one", name="one_row"), CheckConstraint("shift >= interval '0'", name="forward"))

    the_one: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    shift: Mapped[timedelta] = mapped_column(server_default=text("interval '0'"))


def now(session: Session) -> datetime:
    """The platform's time at the start of this transaction; in SQL write `func.marque_now()`."""
    return session.execute(select(func.marque_now())).scalar_one()


def wall(session: Session) -> datetime:
    """The database's real time, never moved: for what is signed on the wire, where the other side keeps real time."""
    return session.execute(select(func.clock_timestamp())).scalar_one()


def advance(session: Session, by: timedelta) -> datetime:
    """Move the platform's clock forward and return its new time.

    Raises:
        ClockFixed: outside demo and test.
        ClockBackwards: when `by` is not positive.
    """
    if not settings().clock_movable:
        raise ClockFixed
    if by <= timedelta(0):
        raise ClockBackwards(seconds="must be positive")
    session.execute(update(ClockShift).values(shift=ClockShift.shift + by))
    return now(session)


def look_ahead(session: Session, to: datetime) -> None:
    """Let this be the time for the rest of this transaction, which is to be rolled back: nobody else sees it, and no clock is moved."""
    session.execute(text("SELECT set_config('marque.ahead', '', true)"))
    ahead = to - now(session)
    session.execute(text("SELECT set_config('marque.ahead', CAST(CAST(:ahead AS interval) AS text), true)"), {"ahead": ahead})


def refuse_a_moved_clock(session: Session) -> None:
    """Ends the process when the database's clock was moved but this environment does not allow it."""
    shift = session.execute(select(ClockShift.shift)).scalar_one()
    if shift and not settings().clock_movable:
        raise SystemExit(f"The clock of this database was moved by {shift} for a demo; it cannot serve production.")
