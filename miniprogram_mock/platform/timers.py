"""What happens by itself later on the business clock: money that settles, offers that lapse, transfers that take effect."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from miniprogram_mock.platform.store import declare

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

declare("""
CREATE TABLE IF NOT EXISTS timers (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, ref TEXT NOT NULL, at REAL NOT NULL, UNIQUE (kind, ref));
CREATE INDEX IF NOT EXISTS timers_due ON timers (at);
""")

Ring = Callable[["Platform", str], None]
_RINGS: dict[str, Ring] = {}


def on_timer(kind: str) -> Callable[[Ring], Ring]:
    """Register what is done, in a transaction of its own, when a timer of this kind is due: a function of platform and `ref`."""

    def decorate(function: Ring) -> Ring:
        assert kind not in _RINGS, f"two functions for the timer {kind}"
        _RINGS[kind] = function
        return function

    return decorate


class Timers:
    """Timers live in the store; a restart loses none. At most one per kind and `ref`: setting it again moves it."""

    def __init__(self, platform: "Platform") -> None:
        self._platform = platform

    def set(self, kind: str, ref: str, *, after: float) -> None:
        """To be rung `after` seconds from now on the business clock; call within the transaction of what it belongs to."""
        at = self._platform.clock.now() + after
        self._platform.store.run(
            "INSERT INTO timers (kind, ref, at) VALUES (?, ?, ?) ON CONFLICT (kind, ref) DO UPDATE SET at = excluded.at", kind, ref, at
        )
        self._platform.callbacks.wake()

    def stop(self, kind: str, ref: str) -> None:
        self._platform.store.run("DELETE FROM timers WHERE kind = ? AND ref = ?", kind, ref)

    def ring_due(self) -> None:
        """Ring everything that is due, in order, each in one transaction with its removal."""
        store = self._platform.store
        while due := store.one("SELECT * FROM timers WHERE at <= ? ORDER BY at, id LIMIT 1", self._platform.clock.now()):
            with store.transaction():
                store.run("DELETE FROM timers WHERE id = ?", due["id"])
                _RINGS[due["kind"]](self._platform, due["ref"])

    def next_at(self) -> float | None:
        """When the next one is due."""
        at: float | None = self._platform.store.value("SELECT min(at) FROM timers")
        return at
