"""The monthly instalments in the stock after plans have changed, and on the day on which a campaign begins or is over."""

from __future__ import annotations

from app.kit import db
from app.kit.queue import job
from app.vehicles import service


@job("vehicles.refresh_monthly", every=10, queue="bulk", transactional=False, timeout=1800)
def refresh_monthly() -> None:
    """Part by part, each a transaction of its own."""
    due = True
    while due:
        with db.transaction() as session:
            due = service.refresh_due(session)
