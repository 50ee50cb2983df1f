"""The simulator's business clock: the wall clock plus an offset that only grows and survives a restart."""

import time
from datetime import datetime, timedelta, timezone
from functools import lru_cache

from miniprogram_mock.platform.store import Store

CHINA = timezone(timedelta(hours=8))


class Clock:
    """Business times and timers follow this clock; timestamps inside signatures use `wall`, checked against real time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.offset = float(store.value("SELECT value FROM meta WHERE name = 'clock_offset'") or 0)
        self.speed = float(store.value("SELECT value FROM meta WHERE name = 'clock_speed'") or 1)

    def now(self) -> float:
        """Unix seconds on the business clock."""
        return time.time() + self.offset

    @staticmethod
    def wall() -> int:
        """Unix seconds on the real clock."""
        return int(time.time())

    def advance(self, seconds: float) -> None:
        self.offset += seconds
        self._store.run("INSERT OR REPLACE INTO meta VALUES ('clock_offset', ?)", repr(self.offset))

    def run_at(self, speed: float) -> None:
        """How fast it should run, 1 is real time; it is `Pace` that then moves it."""
        self.speed = speed
        self._store.run("INSERT OR REPLACE INTO meta VALUES ('clock_speed', ?)", repr(speed))

    def today(self) -> str:
        return self.window("%Y-%m-%d")

    def minute(self) -> str:
        return self.window("%Y-%m-%d %H:%M")

    def window(self, form: str) -> str:
        """The day, hour or minute in China that it is now, in this form of strftime."""
        return _window(int(self.now() // 60), form)

    @staticmethod
    def local(at: float) -> datetime:
        return datetime.fromtimestamp(at, CHINA)

    @classmethod
    def rfc3339(cls, at: float | None) -> str | None:
        """`2026-11-21T10:00:00+08:00`, as Tencent writes times."""
        return None if at is None else cls.local(at).isoformat(timespec="seconds")


@lru_cache(maxsize=1000)
def _window(minute: int, form: str) -> str:
    return Clock.local(minute * 60).strftime(form)
