"""Bring one reconciliation to its end, from wherever it stands."""

from __future__ import annotations

import uuid

from app.kit import db
from app.kit.logging import logger
from app.reconciliation.models import Reconciliation, RunStatus
from app.reconciliation.service import loading, matching
from app.reconciliation.service.planning import Superseded

log = logger(__name__)


def work(run_id: uuid.UUID, fence: int) -> None:
    """Fetch, keep and compare for whoever has claimed it under this fence. Calls the outside, so it opens transactions of its own.

    Whatever a process that died left behind, the next one ends with the same result.
    """
    try:
        with db.transaction() as session:
            is_loaded = session.get_one(Reconciliation, run_id).status == RunStatus.matching
        if is_loaded or loading.load(run_id, fence):
            with db.transaction() as session:
                matching.match(session, run_id, fence)
    except Superseded:
        log.warning("somebody else has taken this reconciliation", run_id=str(run_id))
