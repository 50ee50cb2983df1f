"""The sweep over days that are not reconciled."""

from __future__ import annotations

from app.kit import db, queue
from app.kit.queue import job
from app.reconciliation import service


@job("reconciliation.work", every=60, queue="bulk", transactional=False, timeout=1800)
def work() -> None:
    """Plan what is missing, and work on the earliest day that is due; while there are more, ring again."""
    with db.transaction() as session:
        service.plan(session)
        service.count_open(session)
        claimed = service.claim(session)
    if claimed is not None:
        service.work(*claimed)
        with db.transaction() as session:
            queue.enqueue(session, "reconciliation.work")
