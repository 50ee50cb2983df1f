"""Send what is due: claim, commit, call, write down what became of it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.kit import db, queue
from app.kit.logging import logger
from app.kit.settings import settings
from app.messaging.channels import Channel, Letter, Receipt, SendFailed, channel
from app.messaging.service import claiming, settling
from app.messaging.service.settling import NO_TIME

log = logger(__name__)

# Others wait for the worker, too: a fan-out, or a sweep whose own ring was lost, stands in line behind this.
SECONDS = 3.0
CHANCES = 3
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
    if not taken.letters:
        return 0
    with ThreadPoolExecutor(len(taken.letters)) as pool:
        called = {pool.submit(_call, kind, letters): (kind, letters) for kind, letters in taken.letters.items()}
        for answers in as_completed(called):
            _write_down(*called[answers], answers.result())
    return sum(map(len, taken.letters.values()))


def _call(kind: str, letters: Sequence[Letter]) -> list[Receipt | SendFailed]:
    """As many at a time as end before their lease does in the worst case; what does not come to its turn in time did not leave."""
    way = channel(kind)
    outcomes: list[Receipt | SendFailed] = []
    at_once = way.at_once or settings().wechat_calls_at_once
    waves = max(1, int((letters[0].lease_ends - time.monotonic()) // way.call_seconds)) if math.isfinite(letters[0].lease_ends) else 1
    for start in range(0, len(letters), at_once * waves):
        part = letters[start : start + at_once * waves]
        if start and time.monotonic() + way.call_seconds * waves > part[0].lease_ends:
            return outcomes + [SendFailed(NO_TIME, permanent=False)] * (len(letters) - start)
        outcomes += _call_some(way, part)
    return outcomes


def _call_some(way: Channel, letters: Sequence[Letter]) -> list[Receipt | SendFailed]:
    try:
        return way.send(letters)
    except Exception as error:
        # A bug of ours may come before or after the calls: only the platform could say what left.
        log.exception("channel failed", channel=way.kind)
        return [SendFailed("bug", type(error).__name__, permanent=False, maybe_sent=True) for _ in letters]


def _write_down(kind: str, letters: Sequence[Letter], outcomes: Sequence[Receipt | SendFailed]) -> None:
    """What is known must not get lost to a database that is away for a moment; what is, the lease brings back."""
    for chance in range(1, CHANCES + 1):
        try:
            with db.transaction() as session:
                settling.settle(session, kind, letters, outcomes)
        except OperationalError:
            log.exception("outcomes not written down", channel=kind, chance=chance)
            time.sleep(chance)
        else:
            return
