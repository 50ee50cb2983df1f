"""Something of Tencent's that lives for some hours, kept for all processes: encrypted in Redis, fetched by one while the others wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import redis
from cryptography.exceptions import InvalidTag

from app.kit import crypto, queue
from app.kit.logging import logger
from app.kit.settings import settings
from app.wechat.errors import Outcome, WechatError

log = logger(__name__)

# What others see in Redis is believed for so long without looking.
BELIEVED_SECONDS = 10
# Tencent hands out the next one from five minutes before the end of the old one; both work in between.
MARGIN_SECONDS = 300
# A secret or an address that Tencent does not accept: whoever shows it too often is shut out (spec 4.1).
REFUSAL_BELIEVED_SECONDS = 60


def _longest_fetch() -> float:
    """How long a fetch takes at most, in seconds; whoever holds the lock longer is dead."""
    return settings().wechat_connect_timeout_seconds + settings().wechat_read_timeout_seconds + 1


class Kept:
    """One value by its name. `fetch()` asks Tencent and gives the value and for how many seconds it lives.

    Without Redis every process keeps a value of its own in memory; since Tencent gives the same one to all of them until shortly before
    its end, that costs some calls and nothing else.
    """

    def __init__(self, name: str, fetch: Callable[[], tuple[str, int]]) -> None:
        self._key = f"{settings().queue_prefix}:wechat:{name}"
        self._fetch = fetch
        self._one_of_us = threading.Lock()
        self._own: tuple[str, float] = ("", 0.0)
        self._seen: tuple[str, float] = ("", 0.0)
        # Why the last fetch failed, and until when that is an answer for others, too.
        self._failed: tuple[WechatError | None, float] = (None, 0.0)

    def at_hand(self) -> str | None:
        """The value that was seen a moment ago."""
        value, until = self._seen
        return value if time.monotonic() < until else None

    def current(self) -> str:
        """A value that should work now. Raises `WechatError`."""
        return self._see(self._read() or self._fetch_once(self._fetch))

    def _see(self, value: str) -> str:
        self._seen = (value, time.monotonic() + BELIEVED_SECONDS)
        return value

    def _fetch_once(self, fetch: Callable[[], tuple[str, int]], *, refused: str | None = None) -> str:
        """The value that another brought meanwhile, unless it is the refused one; else what `fetch` brings, for all who wait for it."""
        began = time.monotonic()
        with self._one_of_us:
            error, until = self._failed
            if error and began < until:
                raise WechatError(error.outcome, error.code, error.message, retry_after=error.retry_after)
            with self._one_of_all(refused):
                value = self._read()
                if value and value != refused:
                    return value
                try:
                    value, seconds = fetch()
                except WechatError as error:
                    for_good = error.outcome is Outcome.permanent_account
                    self._failed = error, time.monotonic() + (REFUSAL_BELIEVED_SECONDS if for_good else 0)
                    raise
                self._keep(value, max(seconds - MARGIN_SECONDS, 10))
                return value

    @contextmanager
    def _one_of_all(self, refused: str | None) -> Iterator[None]:
        """Holds the lock of all processes; goes on without it when another brought a value, when its holder died, when Redis is away."""
        longest = _longest_fetch()
        held = None
        try:
            lock = queue.connection().lock(f"{self._key}:lock", timeout=longest)
            deadline = time.monotonic() + longest
            while time.monotonic() < deadline:
                if lock.acquire(blocking=False):
                    held = lock
                    break
                time.sleep(0.02)
                value = self._read()
                if value and value != refused:
                    break
        except redis.RedisError as error:
            log.warning("lock without Redis", error=type(error).__name__)
        try:
            yield
        finally:
            if held is not None:
                try:
                    held.release()
                except redis.RedisError:
                    log.warning("lock was not released; it ends by itself")

    def _read(self) -> str | None:
        try:
            sealed = queue.connection().get(self._key)
            return crypto.decrypt(bytes(sealed)).decode() if isinstance(sealed, bytes) else None
        except InvalidTag:
            return None
        except redis.RedisError:
            value, until = self._own
            return value if time.monotonic() < until else None

    def _keep(self, value: str, seconds: int) -> None:
        self._own = (value, time.monotonic() + seconds)
        try:
            queue.connection().set(self._key, crypto.encrypt(value.encode()), ex=seconds)
        except redis.RedisError as error:
            log.warning("kept in this process only", error=type(error).__name__)
