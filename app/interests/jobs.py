"""Saved searches against the cars that changed, digests whose time has come, and alerts that are old."""

from __future__ import annotations

import time
from datetime import timedelta

from sqlalchemy.orm import Session

from app.interests.service import alerts, digests, matching
from app.kit import db, queue
from app.kit.queue import job
from app.kit.settings import settings

TURN_SECONDS = 2.0


@job("interests.match", every=5, transactional=False, timeout=600)
def match() -> None:
    """Rung for where an event tells of a change, and looked after for every other: photographs, monthly rates, corrections by a feed.

    One transaction for so many cars: what a process that died had taken is there again. After a while others in the queue come first.
    """
    until = time.monotonic() + TURN_SECONDS
    with db.transaction() as session:
        matching.follow(session)
    while True:
        with db.transaction() as session:
            if not matching.match_some(session):
                return
        if time.monotonic() >= until:
            queue.ring_again("interests.match")
            return


@job("interests.tell_due", every=30, transactional=False, timeout=600)
def tell_due() -> None:
    """One transaction for so many searches: either they are told and no longer due, or neither."""
    while True:
        with db.transaction() as session:
            if not digests.tell_due(session):
                return


@job("interests.forget_old_alerts", cron="37 3 * * *", queue="bulk", timeout=600)
def forget_old_alerts(session: Session) -> None:
    alerts.forget_old(session, older_than=timedelta(days=settings().alerts_kept_days))
