"""Tags whose end has come, and behavioural tags that count something else since."""

from __future__ import annotations

from app.audience.service import counting, deciding
from app.kit import db
from app.kit.queue import job


@job("audience.expire_tags", every=60, queue="bulk", transactional=False, timeout=600)
def expire_tags() -> None:
    """Part by part, each a transaction of its own."""
    ended = deciding.BATCH
    while ended == deciding.BATCH:
        with db.transaction() as session:
            ended = deciding.expire(session)


@job("audience.recount", every=60, queue="bulk", transactional=False, timeout=1800)
def recount() -> None:
    """Rules that were changed, one after the other."""
    is_left = True
    while is_left:
        with db.transaction() as session:
            is_left = counting.recount(session)
