"""Calls to systems of others: signed, to addresses of the open internet only, never led elsewhere."""

from __future__ import annotations

import hashlib
import hmac
import http.client
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from urllib3.exceptions import HTTPError, NewConnectionError

from app.kit import outside
from app.kit.settings import settings

# For all of it, and for each time that nothing is heard.
SECONDS, SILENT_SECONDS = 10.0, 5.0
AT_ONCE = 16
LONGEST_ANSWER = 4_096
_BUSY = (408, 425, 429)


class Uncalled(Exception):
    """Why a call did not succeed: `reason` is a key of `messaging.reasons` in the catalogue, `status` what was answered, if anything.

    `maybe`: nobody knows whether the call was heard. Not `permanent`, it may be made again.
    """

    def __init__(self, reason: str, *, permanent: bool, maybe: bool = False, status: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.permanent, self.maybe, self.status = reason, permanent, maybe, status


@dataclass(frozen=True)
class Call:
    """A body that goes to an address. `key` names the call, for whoever gets it twice; `at` (seconds of the epoch) is signed with it."""

    url: str
    secret: str
    key: str
    body: bytes
    at: int


def signature(secret: str, at: int, body: bytes) -> str:
    """What stands in `X-Marque-Signature` after `v1=`: HMAC-SHA256, in hex, of the time, a full stop and the body."""
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def call_all(calls: Sequence[Call]) -> list[bytes | Uncalled]:
    """Make many calls at once; for each, in their order, what was said with a 2xx: nothing where that is longer than `LONGEST_ANSWER`."""
    if not calls:
        return []
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(calls))) as pool:
        return list(pool.map(_call, calls))


def checked_url(url: str) -> None:
    """Raises `Uncalled` for what is no address of http or https; where it leads is looked at when it is called."""
    try:
        outside.Target.of(url)
    except outside.NoAddress:
        raise Uncalled("webhook_address", permanent=True) from None


def _call(call: Call) -> bytes | Uncalled:
    headers = {
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "marque-webhooks",
        "Idempotency-Key": call.key,
        "X-Marque-Signature": f"t={call.at},v1={signature(call.secret, call.at, call.body)}",
    }
    try:
        target = outside.Target.of(call.url)
        open_to = settings().webhook_hosts_allowed
        with outside.connected(target, let_pass=open_to, seconds=SECONDS, silent_seconds=SILENT_SECONDS) as line:
            headers["Host"] = target.named
            line.request("POST", target.path, body=call.body, headers=headers, preload_content=False, decode_content=False)
            answer = line.getresponse()
            status = answer.status
            body = _body(answer) if 200 <= status < 300 else b""
    except outside.NoAddress:
        return Uncalled("webhook_address", permanent=True)
    except outside.NotOutside:
        return Uncalled("webhook_private", permanent=True)
    except (outside.NotFound, NewConnectionError):
        return Uncalled("webhook_away", permanent=False)
    except (HTTPError, http.client.HTTPException, OSError, ValueError):
        return Uncalled("webhook_away", permanent=False, maybe=True)
    if 200 <= status < 300:
        return body
    # They heard it and say that something is wrong with them: it may be another answer later. A redirect is not followed.
    later = status >= 500 or status in _BUSY
    return Uncalled("webhook_answered", permanent=not later, maybe=status >= 500, status=status)


def _body(answer: Any) -> bytes:
    """What was said; nothing where it was too long, or broke off: that they heard us is known by then."""
    try:
        # What says no length may have no end.
        said: bytes = answer.read(LONGEST_ANSWER + 1)
    except (HTTPError, http.client.HTTPException, OSError, ValueError):
        return b""
    return said if len(said) <= LONGEST_ANSWER else b""
