"""Tencent's quotas, counted per account, address and day or minute by us: a call that would go over is refused before it leaves.

Counts are kept in Redis for all processes and taken from there in small shares, so that a call costs no round trip; a share that is not
used up is lost to its window. Without Redis every process counts for itself.
"""

from __future__ import annotations

import functools
import threading
import time
from dataclasses import dataclass

import redis

from app.kit import queue
from app.kit.logging import logger
from app.kit.settings import settings
from app.wechat.endpoints import ENDPOINTS, Endpoint
from app.wechat.errors import Outcome, WechatError

log = logger(__name__)

_CHINA_OFFSET_SECONDS = 8 * 3600
DAY, _MINUTE = 86400, 60
# Calls without a limit are counted like the others, so that every process hears of it when Tencent closes their tap.
_NO_LIMIT = 2**50
# A share is a thousandth of the limit, and never more than this.
_LARGEST_SHARE = 100
# Tencent says so when a quota is used up: of the day or the minute, and of the minute.
_USED_UP = {"45009": None, "45011": _MINUTE, "45033": _MINUTE}
# Except where it is one person's quota (spec 1.1): everybody else may go on.
_ONE_PERSONS = frozenset({("/sns/jscode2session", "45011")})


@dataclass(slots=True)
class _Share:
    """What this process may still use in one window. `closed` when the limit is reached, or Tencent says that it is."""

    window: int
    left: int = 0
    granted: int = 0
    closed: bool = False


@dataclass(frozen=True)
class Used:
    """How much of a quota is used in the window that runs now, in whole shares of the processes."""

    path: str
    per: str
    used: int
    limit: int


class Quotas:
    """The quotas of all accounts, as one process sees them."""

    def __init__(self) -> None:
        self._shares: dict[tuple[str, str, int], _Share] = {}
        # Until when Tencent said that a quota is used up, by account and address.
        self._closed: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()

    def take_at_hand(self, account: str, endpoint: Endpoint) -> bool:
        """`take`, if that needs no round trip; else nothing is counted and it says False."""
        now, path = _now(), endpoint.path
        with self._lock:
            shares, closed = [], (account, path) in self._closed
            for seconds, _ in _windows(endpoint):
                share = self._shares.get((account, path, seconds))
                if share is None or share.window != now // seconds or not (share.left or share.closed):
                    return False
                shares.append(share)
                closed = closed or share.closed
            if not closed:
                for share in shares:
                    share.left -= 1
                return True
        # Refused, unless Tencent's word was for a window that is over.
        self.take(account, endpoint)
        return True

    def take(self, account: str, endpoint: Endpoint) -> None:
        """Count one call. Raises `WechatError` (retry_later, code "quota") when it must wait for the next window."""
        now = _now()
        with self._lock:
            if (until := self._closed.get((account, endpoint.path), now)) > now:
                raise _wait(endpoint, until - now, "Tencent says so")
            shares = []
            for seconds, limit in _windows(endpoint):
                share = self._share((account, endpoint.path, seconds), limit, now)
                if share.closed:
                    why = "Tencent says so" if limit == _NO_LIMIT else f"{limit} per {_word(seconds)}"
                    raise _wait(endpoint, (share.window + 1) * seconds - now, why)
                shares.append(share)
            # Not before every window allows it: what the minute refuses costs the day nothing.
            for share in shares:
                share.left -= 1

    def used_up(self, account: str, endpoint: Endpoint, code: str) -> None:
        """Tencent refused for a quota: nobody calls again before its window ends."""
        if code not in _USED_UP or (endpoint.path, code) in _ONE_PERSONS:
            return
        # Where there is a quota of the minute 45009 may mean that one: better to be refused once a minute than to stand still for a day.
        seconds = _USED_UP[code] or min((seconds for seconds, _ in limits(endpoint)), default=DAY)
        now = _now()
        window = now // seconds
        with self._lock:
            self._closed[account, endpoint.path] = (window + 1) * seconds
        log.warning("quota used up", account=account, endpoint=endpoint.name, per=_word(seconds))
        try:
            queue.connection().set(_key(account, endpoint.path, seconds, window), 2**52, ex=seconds + _MINUTE)
        except redis.RedisError:
            log.warning("quota closed in this process only")

    def _share(self, key: tuple[str, str, int], limit: int, now: int) -> _Share:
        """The share of the window that runs now, with something left in it unless it is closed."""
        share = self._shares.get(key)
        if share is None or share.window != now // key[2]:
            share = self._shares[key] = _Share(now // key[2])
        if not share.left and not share.closed:
            self._refill(share, key, limit)
        return share

    @staticmethod
    def _refill(share: _Share, key: tuple[str, str, int], limit: int) -> None:
        size = max(1, min(limit // 1000, _LARGEST_SHARE))
        try:
            store, name = queue.connection(), _key(*key, share.window)
            used = int(store.incrby(name, size))
            if used == size:
                store.expire(name, key[2] + _MINUTE)
        except redis.RedisError:
            # Better to go over a little, together with the others, than to stand still.
            used = size = limit - share.granted
        share.left = min(size, limit - used + size)
        share.granted += share.left
        if share.left <= 0:
            share.left, share.closed = 0, True


@functools.cache
def limits(endpoint: Endpoint) -> tuple[tuple[int, int], ...]:
    """(window in seconds, calls) for the day and the minute, where there is a limit; the settings may say otherwise than the endpoint."""
    said = settings().wechat_quotas.get(endpoint.path, {})
    per_day, per_minute = said.get("per_day", endpoint.per_day), said.get("per_minute", endpoint.per_minute)
    return tuple((seconds, limit) for seconds, limit in ((DAY, per_day), (_MINUTE, per_minute)) if limit is not None)


@functools.cache
def _windows(endpoint: Endpoint) -> tuple[tuple[int, int], ...]:
    """(window in seconds, calls) for the day and the minute, whether there is a limit or not."""
    known = dict(limits(endpoint))
    return tuple((seconds, known.get(seconds, _NO_LIMIT)) for seconds in (DAY, _MINUTE))


def forget() -> None:
    """Read the limits again."""
    limits.cache_clear()
    _windows.cache_clear()


def used(account: str) -> list[Used]:
    """What an account used so far of each quota that there is. Raises redis.RedisError."""
    store, now, told = queue.connection(), _now(), []
    for endpoint in {endpoint.path: endpoint for endpoint in ENDPOINTS.values()}.values():
        for seconds, limit in limits(endpoint):
            count = store.get(_key(account, endpoint.path, seconds, now // seconds))
            told.append(Used(endpoint.path, _word(seconds), min(int(count) if isinstance(count, bytes) else 0, limit), limit))
    return told


def _wait(endpoint: Endpoint, seconds: float, why: str) -> WechatError:
    return WechatError(Outcome.retry_later, "quota", f"{endpoint.path}: {why}", retry_after=seconds)


def _now() -> int:
    """Seconds on China's clock, where Tencent's days begin."""
    return int(time.time()) + _CHINA_OFFSET_SECONDS


def _word(seconds: int) -> str:
    return "day" if seconds == DAY else "minute"


def _key(account: str, path: str, seconds: int, window: int) -> str:
    return f"{settings().queue_prefix}:wechat:quota:{account}:{path}:{_word(seconds)}:{window}"
