"""Requests one by one, over connections that are kept."""

from __future__ import annotations

import functools
import os
import ssl

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError, SSLError, TimeoutError

from app.kit.settings import settings
from app.wechat.endpoints import Reply
from app.wechat.errors import Outcome, WechatError
from app.wechat.http.wire import Wire

# Raised before the first byte of the request has left.
_NEVER_SENT = (ConnectTimeoutError, NewConnectionError, NameResolutionError)


_ONCE = urllib3.Retry(False, redirect=False)


@functools.cache
def _pool(origin: str) -> urllib3.HTTPConnectionPool:
    times = urllib3.Timeout(connect=settings().wechat_connect_timeout_seconds, read=settings().wechat_read_timeout_seconds)
    return urllib3.connection_from_url(origin, maxsize=32, timeout=times)


# A connection that parent and child both write to would give each the other's answers.
os.register_at_fork(after_in_child=_pool.cache_clear)


def forget() -> None:
    """Close what is open and read the time-outs again."""
    _pool.cache_clear()


def send(wire: Wire) -> Reply:
    """Send a request and give its reply. Raises `WechatError`: a request that never left did not happen, anything later nobody knows."""
    end = wire.url.index("/", len("https://"))
    try:
        answer = _pool(wire.url[:end]).urlopen(
            wire.method, wire.url[end:], body=wire.body or None, headers=wire.headers, retries=_ONCE, redirect=False
        )
    except HTTPError as error:
        # Without its cause: it repeats the whole address, secret and all.
        # TLS may break down after the request as well; only a certificate that is not believed surely comes before it.
        distrusted = isinstance(error, SSLError) and any(isinstance(cause, ssl.SSLCertVerificationError) for cause in error.args)
        if distrusted or isinstance(error, _NEVER_SENT):
            raise WechatError(Outcome.retry_later, "connection", type(error).__name__) from None
        raise WechatError(Outcome.unknown, "timeout" if isinstance(error, TimeoutError) else "connection", type(error).__name__) from None
    return Reply(answer.status, answer.headers, answer.data)
