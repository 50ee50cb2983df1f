"""What a process that starts, and one that has started, tell the garbage collector."""

from __future__ import annotations

import gc

# Python's own default, 700, has the collector run some hundred times in a batch of calls, and find nothing.
YOUNG, MIDDLE, OLD = 10_000, 50, 50


def grow() -> None:
    """Much is about to be made, and nearly all of it stays: looked at as often as by default, that is a fifth of the work of a start."""
    gc.set_threshold(YOUNG, MIDDLE, OLD)


def settle() -> None:
    """Everything that is there now stays for good, so it need not be looked at again.

    Measured together with the above with `python -m bench wechat`: the gateway's share of bare calls goes from 0.50 to 0.63.
    """
    gc.collect()
    gc.freeze()
