"""Background work of dealers: what is left of logins is forgotten."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func
from sqlalchemy.orm import Session

from app.dealers.models import LoginFailure, StaffSession
from app.kit.queue import job

# A week to see who was signed in when something went wrong.
KEPT_FOR = timedelta(days=7)


@job("dealers.forget_logins", cron="47 3 * * *", queue="bulk", timeout=600)
def forget_logins(session: Session) -> None:
    """Drop sessions that ended, and wrong passwords that count no more, a week ago."""
    session.execute(delete(StaffSession).where(StaffSession.expires_at < func.marque_now() - KEPT_FOR))
    session.execute(delete(LoginFailure).where(LoginFailure.last_at < func.marque_now() - KEPT_FOR))
