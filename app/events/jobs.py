"""The delivery of events, rung for after each commit and swept for when a ring was lost."""

from __future__ import annotations

import time
from datetime import timedelta

from sqlalchemy.orm import Session

from app.events import service, totals
from app.kit import db, queue
from app.kit.queue import job

# While events flood in, a worker delivers for about so long, and then leaves its time to other jobs for so long.
TURN_SECONDS, OTHERS_SECONDS = 1.0, 2.0

# Long enough to answer who heard of what; the events themselves stay.
RECEIPTS_KEPT = timedelta(days=30)
# A phone that was offline for longer may be counted twice.
DEVICES_REMEMBERED = timedelta(days=30)


# Until when this process lets others go first.
_others_until = 0.0


@job("events.deliver", every=2, queue="critical", transactional=False, timeout=120)
def deliver() -> None:
    """Ahead of other jobs, unless this worker has just been at it for a whole turn: each commit of a flood rings."""
    if time.monotonic() < _others_until:
        _ring_for_the_rest()
    else:
        _take_a_turn()


@job("events.deliver_rest", transactional=False, timeout=120)
def deliver_rest() -> None:
    """Behind the jobs that waited meanwhile. Where this bell is lost, the sweep of `events.deliver` finds the same rows."""
    _take_a_turn()


def _take_a_turn() -> None:
    global _others_until
    until = time.monotonic() + TURN_SECONDS
    service.deliver_all(seconds=TURN_SECONDS)
    if time.monotonic() >= until and service.due_handlers():
        _others_until = time.monotonic() + OTHERS_SECONDS
        _ring_for_the_rest()


def _ring_for_the_rest() -> None:
    queue.ring_again("events.deliver_rest")


@job("events.forget_receipts", cron="41 3 * * *", queue="bulk", timeout=600)
def forget_receipts(session: Session) -> None:
    service.forget_receipts(session, older_than=RECEIPTS_KEPT)


@job("events.forget_devices", cron="51 3 * * *", queue="bulk", timeout=600)
def forget_devices(session: Session) -> None:
    service.forget_client_events(session, older_than=DEVICES_REMEMBERED)


@job("events.count_up", cron="27 3 * * *", queue="bulk", transactional=False, timeout=3600)
def count_up() -> None:
    """One transaction for each day that is not in the totals yet."""
    more = True
    while more:
        with db.transaction() as session:
            more = totals.count_up(session)


@job("events.make_partitions", cron="17 3 * * *")
def make_partitions(session: Session) -> None:
    service.make_partitions(session)
