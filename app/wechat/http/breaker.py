"""A host that does not answer is left alone for a while, instead of holding up everybody who calls it."""

from __future__ import annotations

import threading
import time

from app.kit.logging import logger
from app.kit.settings import settings
from app.wechat.endpoints import Host
from app.wechat.errors import Outcome, WechatError

log = logger(__name__)


class Breaker:
    """Of one host, for one process: closed while calls are answered; opened by so many failures in a row; after some seconds one call
    is let through, and its luck decides.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._failures = 0
        self._opened_at = 0.0
        self._trying = False
        self._lock = threading.Lock()

    def look(self) -> None:
        """Before anything is done for a call. Raises `WechatError` (retry_later) while the host is left alone."""
        if self._failures >= settings().wechat_breaker_failures:
            with self._lock:
                self._refuse()

    def enter(self) -> None:
        """Before a request leaves, for which `worked`, `failed` or `left` has to be said: of those who might try one goes."""
        if self._failures >= settings().wechat_breaker_failures:
            with self._lock:
                self._refuse()
                self._trying = True

    def worked(self) -> None:
        """The host answered, whatever it said."""
        if self._failures:
            with self._lock:
                self._failures, self._trying = 0, False

    def left(self) -> None:
        """Nobody waited for the answer: the next call may try."""
        if self._trying:
            with self._lock:
                self._trying = False

    def failed(self) -> None:
        """No answer came, or one of 5xx."""
        with self._lock:
            self._failures += 1
            self._trying = False
            if self._failures >= settings().wechat_breaker_failures:
                self._opened_at = time.monotonic()
                if self._failures == settings().wechat_breaker_failures:
                    log.error("host left alone", host=self._host.value, failures=self._failures)

    def _refuse(self) -> None:
        left = self._opened_at + settings().wechat_breaker_seconds - time.monotonic()
        if left > 0 or self._trying:
            raise WechatError(Outcome.retry_later, "breaker", f"{self._host} does not answer", retry_after=max(left, 1.0))
