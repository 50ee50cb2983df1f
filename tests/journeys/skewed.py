"""A worker whose own clock is wrong: `python -m tests.journeys.skewed SECONDS` takes steps until its input ends, and its clock jumps.

Whatever asks this process for the time is told one that is so many seconds off, and at every other time as many the other way; only how
long something took can still be measured.
"""

from __future__ import annotations

import datetime
import itertools
import select
import sys
import time

_REAL, _MOMENT = time.time, datetime.datetime
_turns = itertools.count()
skew = float(sys.argv[1])


def jumping() -> float:
    return _REAL() + (skew if next(_turns) % 2 else -skew)


class _Any(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _MOMENT)


class Jumping(datetime.datetime, metaclass=_Any):
    """What this process takes for the datetime of the standard library."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:  # type: ignore[override]
        return _MOMENT.fromtimestamp(jumping(), tz)

    @classmethod
    def utcnow(cls) -> datetime.datetime:  # type: ignore[override]
        return _MOMENT.fromtimestamp(jumping(), datetime.UTC).replace(tzinfo=None)


def main() -> None:
    time.time = jumping
    datetime.datetime = Jumping  # type: ignore[misc]
    from app.factory import assemble
    from app.journeys import service

    assemble()
    print("ready", flush=True)
    while not select.select([sys.stdin], [], [], 0.02)[0]:
        service.advance_all(seconds=0.5)


if __name__ == "__main__":
    main()
