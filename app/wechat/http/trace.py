"""One line and one count per call to Tencent, with what came of it and how long it took, and nothing secret."""

from __future__ import annotations

import functools

from prometheus_client import Counter, Histogram

from app.kit.logging import mask_text, trace
from app.wechat.endpoints import Exchange
from app.wechat.errors import WechatError

_UNLISTED = Counter("marque_wechat_unlisted_codes", "Error codes that our table does not have.", ("endpoint", "code"))
_REFUSED = Counter("marque_wechat_not_made", "Calls that we refused before they left: quota, breaker.", ("endpoint", "code"))
_SECONDS = Histogram(
    "marque_wechat_call_seconds",
    "Calls to Tencent by what came of them, and how long the answer took.",
    ("endpoint", "outcome"),
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


def record(exchange: Exchange[object], *, request_id: str | None, seconds: float, error: WechatError | None = None) -> None:
    """Write one attempt down. Without a `request_id` nothing left this machine: we refused it ourselves."""
    name = exchange.endpoint.name
    outcome = error.outcome.value if error else "ok"
    if request_id:
        _timed(name, outcome).observe(seconds)
    elif error:
        _REFUSED.labels(name, error.code).inc()
    told = {"errcode": error.code, "errmsg": mask_text(error.message)} if error else {}
    trace(
        "wechat call",
        level="warning" if error else "info",
        account=exchange.account.appid,
        endpoint=name,
        outcome=outcome,
        request_id=request_id,
        ms=round(seconds * 1000, 1),
        **told,
    )


def unlisted(exchange: Exchange[object], code: str) -> None:
    """Tencent answered with a code that nobody has put into the table yet."""
    _UNLISTED.labels(exchange.endpoint.name, code).inc()
    trace("unlisted errcode", level="error", account=exchange.account.appid, endpoint=exchange.endpoint.name, errcode=code)


@functools.cache
def _timed(endpoint: str, outcome: str) -> Histogram:
    return _SECONDS.labels(endpoint, outcome)
