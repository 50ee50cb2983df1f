"""The facts of the last minutes, read into steps and into figures of stores."""

from __future__ import annotations

from app.analytics import anomalies, service, store_days
from app.kit import db
from app.kit.queue import job


@job("analytics.read_on", every=300, queue="bulk", transactional=False, timeout=3600)
def read_on() -> None:
    """One transaction for each day that was not read yet."""
    more = True
    while more:
        with db.transaction() as session:
            more = service.read_on(session)


@job("analytics.read_stores", every=900, queue="bulk", transactional=False, timeout=3600)
def read_stores() -> None:
    """One transaction for each day that was not read yet; then days are judged."""
    more = True
    while more:
        with db.transaction() as session:
            more = store_days.read_on(session)
    with db.transaction() as session:
        anomalies.judge(session)
