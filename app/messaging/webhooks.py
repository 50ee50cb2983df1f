"""Calls to systems of others: signed, to addresses of the open internet only, never led elsewhere."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import socket
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError

from app.kit.settings import settings

LONGEST_URL = 2_000
# For all of it, and for each time that nothing is heard.
SECONDS, SILENT_SECONDS = 10.0, 5.0
AT_ONCE = 16
_PORTS = {"http": 80, "https": 443}


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


@dataclass(frozen=True)
class _Target:
    scheme: str
    host: str
    port: int
    path: str


def signature(secret: str, at: int, body: bytes) -> str:
    """What stands in `X-Marque-Signature` after `v1=`: HMAC-SHA256, in hex, of the time, a full stop and the body."""
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def call_all(calls: Sequence[Call]) -> list[Uncalled | None]:
    """Make many calls at once; for each, in their order, None when it was answered with 2xx."""
    if not calls:
        return []
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(calls))) as pool:
        return list(pool.map(_call, calls))


def checked_url(url: str) -> None:
    """Raises `Uncalled` for what is no address of http or https; where it leads is looked at when it is called."""
    _target(url)


def _call(call: Call) -> Uncalled | None:
    until = time.monotonic() + SECONDS
    try:
        target = _target(call.url)
        line = _line(target, _open_address(target))
    except Uncalled as refused:
        return refused
    watch = threading.Timer(SECONDS, _cut, (line,))
    watch.daemon = True
    watch.start()
    try:
        line.request("POST", target.path, body=call.body, headers=_headers(target, call), preload_content=False, decode_content=False)
        status = line.getresponse().status
    except NewConnectionError:
        return Uncalled("webhook_away", permanent=False)
    except (HTTPError, http.client.HTTPException, OSError, ValueError):
        return Uncalled("webhook_away", permanent=False, maybe=True)
    finally:
        watch.cancel()
        line.close()
    if 200 <= status < 300:
        return None
    if time.monotonic() >= until:
        return Uncalled("webhook_away", permanent=False, maybe=True)
    # They heard it and say that something is wrong with them: it may be another answer later. A redirect is not followed.
    later = status >= 500 or status in (408, 425, 429)
    return Uncalled("webhook_answered", permanent=not later, maybe=status >= 500, status=status)


def _target(url: str) -> _Target:
    try:
        parts = urlsplit(url.strip())
        port, host = parts.port, (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError):
        raise Uncalled("webhook_address", permanent=True) from None
    if len(url) > LONGEST_URL or parts.scheme not in _PORTS or not host or "@" in parts.netloc or not url.isascii():
        raise Uncalled("webhook_address", permanent=True)
    return _Target(parts.scheme, host, port or _PORTS[parts.scheme], (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def _open_address(target: _Target) -> str:
    """A numeric address of the host, of which every one belongs to the open internet, or which the settings let pass.

    What is connected to is what was looked at: a name that leads elsewhere a moment later changes nothing. Raises `Uncalled`.
    """
    try:
        found = [str(one[4][0]) for one in socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise Uncalled("webhook_away", permanent=False) from None
    if f"{target.host}:{target.port}" not in settings().webhook_hosts_allowed and not all(_is_open(one) for one in found):
        raise Uncalled("webhook_private", permanent=True)
    return found[0]


def _is_open(numeric: str) -> bool:
    """Whether anybody on the internet may speak to it: no private network, no machine of the same link, not this one."""
    address: Any = ipaddress.ip_address(numeric.partition("%")[0])
    if address.version == 6:
        if address.sixtofour or address.teredo:
            return False  # a way round: the address of another network stands within
        address = address.ipv4_mapped or address
    return bool(address.is_global and not address.is_multicast)


def _line(target: _Target, numeric: str) -> HTTPConnection:
    if target.scheme == "https":
        name = target.host
        return HTTPSConnection(
            numeric, target.port, timeout=SILENT_SECONDS, cert_reqs="CERT_REQUIRED", server_hostname=name, assert_hostname=name
        )
    return HTTPConnection(numeric, target.port, timeout=SILENT_SECONDS)


def _headers(target: _Target, call: Call) -> dict[str, str]:
    named = f"[{target.host}]" if ":" in target.host else target.host
    named += "" if target.port == _PORTS[target.scheme] else f":{target.port}"
    return {
        "Host": named,
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "marque-webhooks",
        "Idempotency-Key": call.key,
        "X-Marque-Signature": f"t={call.at},v1={signature(call.secret, call.at, call.body)}",
    }


def _cut(line: HTTPConnection) -> None:
    if line.sock is not None:
        try:
            line.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it has ended by itself
