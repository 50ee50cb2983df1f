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
    return bool(_lock(session, journey_id, "pg_try_advisory_xact_lock_shared"))


def _lock(session: Session, journey_id: uuid.UUID, function: str) -> Any:
    return session.execute(text(f"SELECT {function}(hashtextextended(:key, 0))"), {"key": f"journey {journey_id}"}).scalar()
