"""Who may take the steps of a journey: many turns at a time, or nobody while somebody changes the journey itself."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session


def hold(session: Session, journey_id: uuid.UUID) -> None:
    """Let no turn of this journey run until this transaction ends; waits for those that do."""
    _lock(session, journey_id, "pg_advisory_xact_lock")


def share(session: Session, journey_id: uuid.UUID) -> None:
    """Run beside other turns of this journey. Unlike a row's lock, whoever wants this one alone is not passed by those who share it."""
    _lock(session, journey_id, "pg_advisory_xact_lock_shared")


def share_at_once(session: Session, journey_id: uuid.UUID) -> bool:
    """As `share`, but without waiting: whether nobody changes the journey now. For a turn of one journey that lets people into another."""
    return is_looking_ahead(session) or bool(_lock(session, journey_id, "pg_try_advisory_xact_lock_shared"))


def share_door_at_once(session: Session, journey_id: uuid.UUID) -> bool:
    """Whether nobody lets people out of the journey just now: until this transaction ends nobody does. See `enrolling.open_doors`."""
    wanted = text("SELECT pg_try_advisory_xact_lock_shared(hashtextextended(:key, 1))")
    return is_looking_ahead(session) or bool(session.execute(wanted, {"key": f"entering {journey_id}"}).scalar_one())


def look_ahead(session: Session) -> None:
    """All that this transaction does is taken back: from here on it holds nothing that others want."""
    session.info["looking_ahead"] = True


def is_looking_ahead(session: Session) -> bool:
    return bool(session.info.get("looking_ahead"))


def _lock(session: Session, journey_id: uuid.UUID, function: str) -> Any:
    return session.execute(text(f"SELECT {function}(hashtextextended(:key, 0))"), {"key": f"journey {journey_id}"}).scalar()
