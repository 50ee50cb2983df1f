"""Fetching a picture from an address that a feed names: from the open internet only, and no more of it than a picture may have."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from app.kit.settings import settings

LONGEST_ADDRESS = 2_000
MOST_REDIRECTS = 3
# For all of it, and for each time that nothing is heard.
SECONDS, SILENT_SECONDS = 15.0, 5.0
_PORTS = {"http": 80, "https": 443}
_MOVED = (301, 302, 303, 307, 308)
# May be another answer in a minute.
_BUSY = (408, 425, 429)
_AS_IT_IS = "/?#[]@!$&'()*+,;=%:~-._"


class Unfetchable(Exception):
    """Why there is no picture: `reason` is a key of `import_reason` in the catalogue. Not `permanent`, it may be tried again."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        self.reason, self.permanent = reason, permanent
        super().__init__(reason)


@dataclass(frozen=True)
class _Target:
    scheme: str
    host: str
    port: int
    path: str


def fetch(address: str) -> bytes:
    """What lies at an http or https address, following a few redirects. Raises `Unfetchable`.

    Names are looked up once, and what is connected to is what was looked at: a name that leads elsewhere a moment later changes nothing.
    """
    until = time.monotonic() + SECONDS
    for _ in range(1 + MOST_REDIRECTS):
        target = _target(address)
        with _asked(target, until) as answer:
            if answer.status in _MOVED and "location" in answer.headers:
                address = urljoin(address, answer.headers["location"])
                continue
            if answer.status != 200:
                raise Unfetchable("photo_away", permanent=400 <= answer.status < 500 and answer.status not in _BUSY)
            return _read(answer, until)
    raise Unfetchable("photo_away", permanent=True)


def _target(address: str) -> _Target:
    try:
        parts = urlsplit(address.strip())
        port, host = parts.port, (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError):
        raise Unfetchable("photo_address", permanent=True) from None
    if len(address) > LONGEST_ADDRESS or parts.scheme not in _PORTS or not host or "@" in parts.netloc:
        raise Unfetchable("photo_address", permanent=True)
    path = quote(parts.path or "/", safe=_AS_IT_IS) + (f"?{quote(parts.query, safe=_AS_IT_IS)}" if parts.query else "")
    return _Target(parts.scheme, host, port or _PORTS[parts.scheme], path)


def _open_address(target: _Target) -> str:
    """A numeric address of the host that belongs to the open internet, or that the settings let pass. Raises `Unfetchable`."""
    try:
        found = [str(one[4][0]) for one in socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise Unfetchable("photo_away", permanent=False) from None
    is_let_pass = f"{target.host}:{target.port}" in settings().photo_hosts_allowed
    for one in found:
        if is_let_pass or _is_open(one):
            return one
    raise Unfetchable("photo_private", permanent=True)


def _is_open(numeric: str) -> bool:
    """Whether anybody on the internet may speak to it: no private network, no machine of the same link, not this one."""
    address: Any = ipaddress.ip_address(numeric.partition("%")[0])
    if address.version == 6:
        if address.sixtofour or address.teredo:
            return False  # a way round: the address of another network stands within
        address = address.ipv4_mapped or address
    return bool(address.is_global and not address.is_multicast)


@contextmanager
def _asked(target: _Target, until: float) -> Iterator[Any]:
    """The answer's head. A server that sends a byte now and then is cut off when the time is over, as one that sends none."""
    numeric = _open_address(target)
    line: HTTPConnection
    if target.scheme == "https":
        line = HTTPSConnection(
            numeric,
            target.port,
            timeout=SILENT_SECONDS,
            cert_reqs="CERT_REQUIRED",
            server_hostname=target.host,
            assert_hostname=target.host,
        )
    else:
        line = HTTPConnection(numeric, target.port, timeout=SILENT_SECONDS)
    watch = threading.Timer(max(0.0, until - time.monotonic()), _cut, (line,))
    watch.daemon = True
    watch.start()
    named = f"[{target.host}]" if ":" in target.host else target.host
    named += "" if target.port == _PORTS[target.scheme] else f":{target.port}"
    headers = {"Host": named, "Accept": "image/jpeg,image/png,image/webp", "Accept-Encoding": "identity", "User-Agent": "marque-feeds"}
    try:
        line.request("GET", target.path, headers=headers, preload_content=False, decode_content=False)
        yield line.getresponse()
    except (HTTPError, http.client.HTTPException, OSError, ValueError) as error:
        raise Unfetchable("photo_away", permanent=False) from error
    finally:
        watch.cancel()
        line.close()


def _cut(line: HTTPConnection) -> None:
    if line.sock is not None:
        try:
            line.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it has ended by itself


def _read(answer: Any, until: float) -> bytes:
    most, content = settings().photo_max_bytes, bytearray()
    while piece := answer.read1(65_536):
        content += piece
        if len(content) > most:
            raise Unfetchable("photo_too_many_bytes", permanent=True)
    if time.monotonic() >= until or answer.length_remaining:
        raise Unfetchable("photo_away", permanent=False)
    return bytes(content)
