"""The facts of the last minutes, read into steps."""

from __future__ import annotations

from app.analytics import service
from app.kit import db
from app.kit.queue import job


@job("analytics.read_on", every=300, queue="bulk", transactional=False, timeout=3600)
def read_on() -> None:
    """One transaction for each day that was not read yet."""
    more = True
    while more:
        with db.transaction() as session:
            more = service.read_on(session)
