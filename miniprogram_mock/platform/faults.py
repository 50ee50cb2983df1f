"""Bad days on demand: what is planted, and whether it strikes this time; kept in the store, so that it outlives a crash.

A fault strikes the calls (or callbacks) that it matches: either the next `times` of them, or all until `seconds` have passed, or
`percent` of them. Which ones a percentage strikes is decided by a hash of its seed, its id and the sequence number of the matching call
alone: the same run over again meets the same faults.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from hashlib import blake2b
from typing import Any

from miniprogram_mock.platform.clock import Clock
from miniprogram_mock.platform.store import Row, Store, declare

declare("""
CREATE TABLE IF NOT EXISTS planted (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, path TEXT, host TEXT, account TEXT, times INTEGER, percent REAL, until REAL,
    seed INTEGER NOT NULL, params TEXT NOT NULL, seen INTEGER NOT NULL DEFAULT 0, hits INTEGER NOT NULL DEFAULT 0)
""")

CALL, CALLBACK, AREA = "call", "callback", "area"


@dataclass(frozen=True)
class Kind:
    """`on`: what it strikes; `params`: what may be said about it, with what holds otherwise (None: it must be said)."""

    name: str
    what: str
    on: tuple[str, ...]
    params: dict[str, Any]


KINDS: dict[str, Kind] = {}


def kind(name: str, what: str, *, on: str | tuple[str, ...] = AREA, **params: Any) -> str:
    """Declare a kind of fault and give its name; one that strikes an `AREA` is asked for there, with `Faults.take` or `strike`."""
    assert name not in KINDS, f"the fault {name} is declared twice"
    KINDS[name] = Kind(name, what, (on,) if isinstance(on, str) else on, params)
    return name


kind("template_status", "下一批模板消息的送达结果是 status", status=None)
kind("refund_status", "下一批退款的结果是 status（ABNORMAL 或 CLOSED）", status=None)


@dataclass(slots=True)
class Fault:
    """One planted fault; `seen` is how many matching calls or callbacks there were, `hits` how many of them it struck."""

    id: int
    kind: str
    path: str | None = None
    host: str | None = None
    account: str | None = None
    times: int | None = None
    percent: float | None = None
    until: float | None = None
    seed: int = 0
    params: dict[str, Any] = field(default_factory=dict)
    seen: int = 0
    hits: int = 0

    def matches(self, *, path: str | None, host: str | None, account: str | None) -> bool:
        return (
            (self.host is None or self.host == host)
            and (self.account is None or self.account == account)
            and (self.path is None or (path is not None and fnmatchcase(path, self.path)))
        )


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault that strikes now; `luck` between 0 and 1 is drawn from the same hash, for whatever else is left to chance."""

    kind: str
    params: dict[str, Any]
    luck: float
    id: int

    @property
    def value(self) -> str:
        """Its `code`, `status` or `value`, whichever it has; else nothing."""
        return str(next((self.params[name] for name in ("code", "status", "value") if self.params.get(name) is not None), ""))


class Faults:
    """All that is planted. What has struck as often as it should is gone."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        rows = store.all("SELECT * FROM planted ORDER BY id")
        self._planted = {row["id"]: Fault(**{**row, "params": json.loads(row["params"])}) for row in rows if row["kind"] in KINDS}

    def plant(
        self, kind: str, *, times: int | None = None, percent: float | None = None, seconds: float | None = None,
        path: str | None = None, host: str | None = None, account: str | None = None, seed: int = 0, **params: Any,
    ) -> int:  # fmt: skip
        """Plant a fault and give its id; without times, percent and seconds it strikes until it is cleared."""
        until = None if seconds is None else self._clock.now() + seconds
        said = KINDS[kind].params | {name: value for name, value in params.items() if value is not None}
        fault = Fault(
            0, kind, path=path, host=host, account=account, times=times, percent=percent, until=until, seed=seed, params=said
        )  # fmt: skip
        row = {name: value for name, value in asdict(fault).items() if name != "id"}
        fault.id = self._store.insert("planted", **{**row, "params": json.dumps(said)})
        self._planted[fault.id] = fault
        return fault.id

    def take(self, kind: str, *, path: str | None = None, account: str | None = None) -> str | None:
        """The value of a planted fault of this kind that strikes now ("" if it has none), or None."""
        strike = self.strike(kind, path=path, account=account)
        return None if strike is None else strike.value

    def strike(self, kind: str, *, path: str | None = None, host: str | None = None, account: str | None = None) -> Strike | None:
        """The planted fault of this kind that strikes now; asking counts as one call that it matches."""
        return next(self._strikes((kind,), path=path, host=host, account=account), None)

    def strikes_on(
        self, on: str, *, path: str, host: str, account: str | None, applies: Callable[[str], bool] = lambda _: True
    ) -> Iterator[Strike]:
        """What strikes a call or a callback, in the order of planting, among the kinds that apply to it.

        Whoever stops asking keeps the rest from counting it.
        """
        kinds = tuple(one.name for one in KINDS.values() if on in one.on and applies(one.name))
        return self._strikes(kinds, path=path, host=host, account=account)

    def any_on(self, on: str) -> bool:
        """Whether there is any need to ask."""
        return any(on in KINDS[fault.kind].on for fault in self._planted.values())

    def listed(self) -> list[Row]:
        now = self._clock.now()
        return [
            {
                "id": one.id, "kind": one.kind, "path": one.path, "host": one.host, "account": one.account,
                "times": None if one.times is None else one.times - one.hits,
                "percent": one.percent, "seconds": None if one.until is None else max(0.0, one.until - now), "seed": one.seed,
                "params": one.params, "seen": one.seen, "hits": one.hits,
            }
            for one in self._planted.values()
        ]  # fmt: skip

    def clear(self, *ids: int) -> None:
        """Take these away, or everything. Ids start again at 1 when nothing is left, so that a run can be repeated."""
        for row_id in ids or tuple(self._planted):
            if self._planted.pop(row_id, None) is not None:
                self._store.run("DELETE FROM planted WHERE id = ?", row_id)

    def _strikes(self, kinds: tuple[str, ...], *, path: str | None, host: str | None, account: str | None) -> Iterator[Strike]:
        for fault in tuple(self._planted.values()):
            if fault.kind in kinds and fault.matches(path=path, host=host, account=account) and (strike := self._draw(fault)):
                yield strike

    def _draw(self, fault: Fault) -> Strike | None:
        if fault.until is not None and fault.until <= self._clock.now():
            self.clear(fault.id)
            return None
        fault.seen += 1
        chance, luck = _drawn(fault.seed, fault.id, fault.seen)
        is_hit = fault.percent is None or chance * 100 < fault.percent
        fault.hits += is_hit
        if is_hit and fault.times is not None and fault.hits >= fault.times:
            self.clear(fault.id)
        else:
            self._store.run("UPDATE planted SET seen = ?, hits = ? WHERE id = ?", fault.seen, fault.hits, fault.id)
        return Strike(fault.kind, fault.params, luck, fault.id) if is_hit else None


def _drawn(*of: int) -> tuple[float, float]:
    """Two numbers from 0 up to 1, always the same for the same."""
    digest = blake2b(":".join(map(str, of)).encode(), digest_size=16).digest()
    return int.from_bytes(digest[:8]) / 2**64, int.from_bytes(digest[8:]) / 2**64
