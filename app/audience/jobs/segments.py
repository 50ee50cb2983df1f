"""Segments that are due to be computed, those whom time moves, and what time changes of what is known about people."""

from __future__ import annotations

import time
from datetime import timedelta

from app.audience.service import attributes, computing, crowds, membership
from app.kit import db, queue
from app.kit.queue import job

# At midnight numbers of everybody are due, and somebody's fact, for which a message waits, may be behind it in the only worker's queue.
A_TURN_SECONDS = 0.5
# Whom time moves is looked for so often in each segment.
SWEPT_EVERY = timedelta(seconds=15)


@job("audience.compute_segments", every=10, queue="bulk", transactional=False, timeout=1800)
def compute_segments() -> None:
    """Rung for when a segment is saved."""
    computing.compute_due()


@job("audience.look_at_crowds", every=10, transactional=False, timeout=600)
def look_at_crowds() -> None:
    """Rung for when a file, or a count, has brought thousands."""
    until = time.monotonic() + A_TURN_SECONDS
    while crowds.look():
        if time.monotonic() >= until:
            queue.ring_again("audience.look_at_crowds")
            return


@job("audience.sweep_segments", every=5, transactional=False, timeout=600)
def sweep_segments() -> None:
    """One transaction for each segment that time moves people into and out of."""
    until = time.monotonic() + A_TURN_SECONDS
    with db.transaction() as session:
        segments = membership.sweeping(session, not_since=SWEPT_EVERY)
    for segment_id in segments:
        if time.monotonic() >= until:
            queue.ring_again("audience.sweep_segments")
            return
        with db.transaction() as session:
            membership.sweep(session, segment_id)


@job("audience.compute_attributes", every=60, transactional=False, timeout=600)
def compute_attributes() -> None:
    until = time.monotonic() + A_TURN_SECONDS
    while True:
        with db.transaction() as session:
            if not attributes.compute_due(session):
                return
        if time.monotonic() >= until:
            queue.ring_again("audience.compute_attributes")
            return
