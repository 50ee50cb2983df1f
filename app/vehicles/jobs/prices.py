"""Marks of reductions, which end."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.kit.queue import job
from app.vehicles import service


@job("vehicles.fade_reductions", cron="7 * * * *", queue="bulk", timeout=300)
def fade_reductions(session: Session) -> None:
    service.fade_reductions(session)
