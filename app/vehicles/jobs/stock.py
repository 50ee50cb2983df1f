"""Feeds that were handed in, and stock that nobody has confirmed for too long."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from sqlalchemy.orm import Session

from app.kit import db
from app.kit.queue import job
from app.vehicles.service import confirming, runs


@job("vehicles.take_over_feed", queue="bulk", transactional=False, timeout=1800)
def take_over_feed(run_id: str) -> None:
    runs.take_up(uuid.UUID(run_id))


@job("vehicles.feeds_due", every=60, queue="bulk", transactional=False, timeout=1800)
def feeds_due() -> None:
    """Feeds of which nobody was rung, or whose worker has died."""
    runs.take_up_waiting()


@job("vehicles.stock_to_confirm", every=600, queue="bulk", transactional=False, timeout=600)
def stock_to_confirm() -> None:
    """First who was told in time, then who has to be told; part by part, each a transaction of its own."""
    for step in (confirming.unlist_due, confirming.warn_due):
        _to_the_end(step)


def _to_the_end(step: Callable[[Session], int]) -> None:
    done = confirming.BATCH
    while done == confirming.BATCH:
        with db.transaction() as session:
            done = step(session)


@job("vehicles.forget_feeds", cron="23 4 * * *", queue="bulk", timeout=600)
def forget_feeds(session: Session) -> None:
    runs.forget_old(session)
