"""Send what is due: claim, commit, call, write down what became of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from app.kit import db, queue
from app.kit.logging import logger
from app.messaging.channels import Letter, Receipt, SendFailed, channel
from app.messaging.service import claiming, settling

log = logger(__name__)

# One run ends well before its worker would end it.
SECONDS = 20.0


def send_due(*, seconds: float = SECONDS) -> int:
    """Send what is due, a batch at a time, until nothing is or this time is over, and ring again for the rest; how many calls were made.

    Many may do this at once. What dies between the claim and the outcome is claimed again when its lease ends, and sent again with the
    same content and key as long as the platform recognises it; after that it is `unknown` and a person has to look.
    """
    calls, until = 0, time.monotonic() + seconds
    while True:
        with db.transaction() as session:
            taken = claiming.claim(session)
        if not taken.looked_at:
            return calls
        if taken.is_full:
            # There may be more than one can do: whoever is free helps.
            queue.ring_again("messaging.send_due")
        calls += _deliver(taken)
        if time.monotonic() >= until:
            queue.ring_again("messaging.send_due")
            return calls


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
