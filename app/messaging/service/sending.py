"""Send what is due: claim, commit, call, write down what became of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.orm import Session

from app.kit import db, queue
from app.kit.logging import logger
from app.messaging.channels import Letter, Receipt, SendFailed, channel
from app.messaging.service import claiming, settling

log = logger(__name__)

# Others wait for the worker, too.
SECONDS = 10.0
# Who sends which lanes: what somebody waits for stands in no queue behind what a million get.
JOBS = {"messaging.send_due": claiming.URGENT_LANES, "messaging.send_many": claiming.MANY_LANES}


def ring(session: Session, lanes: Iterable[int]) -> None:
    """Let what was planned in these lanes leave once this transaction is committed."""
    wanted = set(lanes)
    for job, its_lanes in JOBS.items():
        if wanted & set(its_lanes):
            queue.enqueue(session, job)


def send_due(lanes: range = claiming.EVERY_LANE, *, seconds: float = SECONDS) -> int:
    """Send what is due in these lanes, a batch at a time, until nothing is or this time is over; how many calls were made.

    Many may do this at once. What dies between the claim and the outcome is claimed again when its lease ends, and sent again with the
    same content and key as long as the platform recognises it; after that it is `unknown` and a person has to look.
    """
    calls, until = 0, time.monotonic() + seconds
    while True:
        with db.transaction() as session:
            taken = claiming.claim(session, lanes)
        if not taken.looked_at:
            return calls
        if taken.is_full:
            # There may be more than one can do: whoever is free helps.
            _ring_again(lanes)
        calls += _deliver(taken)
        if time.monotonic() >= until:
            _ring_again(lanes)
            return calls


def _ring_again(lanes: range) -> None:
    for job, its_lanes in JOBS.items():
        if set(lanes) & set(its_lanes):
            queue.ring_again(job)


def _deliver(taken: claiming.Claimed) -> int:
    """Make the calls of a claim, those of each channel by themselves: a slow one holds up no other."""
    groups = list(taken.letters.items())
    if not groups:
        return 0
    with ThreadPoolExecutor(len(groups)) as pool:
        called = [pool.submit(_call, kind, letters) for kind, letters in groups]
        for (kind, letters), answers in zip(groups, called, strict=True):
            outcomes = answers.result()
            with db.transaction() as session:
                settling.settle(session, kind, letters, outcomes)
    return sum(len(letters) for _, letters in groups)


def _call(kind: str, letters: Sequence[Letter]) -> list[Receipt | SendFailed]:
    try:
        return channel(kind).send(letters)
    except Exception as error:
        # A bug of ours may come before or after the calls: only the platform could say what left.
        log.exception("channel failed", channel=kind)
        return [SendFailed("bug", type(error).__name__, permanent=False, maybe_sent=True) for _ in letters]
