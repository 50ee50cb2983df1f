"""Connections to addresses that others name: to the open internet only, and to the very address that was looked at."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from yarl import URL

LONGEST_ADDRESS = 2_000
_PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_AS_IT_IS = "/?#[]@!$&'()*+,;=%:~-._"


class NoAddress(Exception):
    """It is no address of http or https."""


class NotFound(Exception):
    """Nobody knows the host at this moment."""


class NotOutside(Exception):
    """It leads into a private network, or to this machine."""


@dataclass(frozen=True)
class Target:
    """`path` with its query, in the letters of ASCII."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def of(cls, address: str) -> Target:
        """The parts of an address. Raises `NoAddress`."""
        try:
            parts = urlsplit(address.strip())
            port, host = parts.port, (parts.hostname or "").encode("idna").decode()
        except (ValueError, UnicodeError):
            raise NoAddress from None
        if len(address) > LONGEST_ADDRESS or parts.scheme not in _PORTS or not host or "@" in parts.netloc:
            raise NoAddress
        path = quote(parts.path or "/", safe=_AS_IT_IS) + (f"?{quote(parts.query, safe=_AS_IT_IS)}" if parts.query else "")
        return cls(parts.scheme, host, port or _PORTS[parts.scheme], path)

    @property
    def named(self) -> str:
        """What the header Host says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


@contextmanager
def connected(target: Target, *, let_pass: Collection[str], seconds: float, silent_seconds: float) -> Iterator[HTTPConnection]:
    """A connection to where the name leads now: it is looked up once, so one that leads elsewhere a moment later changes nothing.

    Every address of the name has to be outside, unless the host stands in `let_pass` as host:port. `seconds` is for all of it, so that a
    server which sends a byte now and then is cut off, too; `silent_seconds` for each time that nothing is heard.

    Raises:
        NotFound: now; later it may be.
        NotOutside: it leads inside.
    """
    line = _line(target, open_address(target, let_pass), silent_seconds)
    # An answer without a length takes the socket away from the line: it is to be known by its own name.
    held: list[Any] = []
    watch = threading.Timer(max(0.0, seconds), _cut, (line, held))
    watch.daemon = True
    watch.start()
    try:
        line.connect()
        held.append(line.sock)
        yield line
    finally:
        watch.cancel()
        line.close()


def open_address(target: Target, let_pass: Collection[str]) -> str:
    """The address, in figures, to which the name leads now. Raises as `connected` does; of how long that takes the system decides."""
    try:
        found = [str(one[4][0]) for one in socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise NotFound from None
    if f"{target.host}:{target.port}" not in let_pass and not all(_is_open(one) for one in found):
        raise NotOutside
    return found[0]


def at(target: Target, numeric: str) -> URL:
    """The target's URL with an address in figures in place of the name: whoever calls it looks up nothing."""
    host = f"[{numeric}]" if ":" in numeric else numeric
    return URL(f"{target.scheme}://{host}:{target.port}{target.path}", encoded=True)


def _is_open(numeric: str) -> bool:
    """Whether anybody on the internet may speak to it: no private network, no machine of the same link, not this one."""
    address: Any = ipaddress.ip_address(numeric.partition("%")[0])
    if address.version == 6:
        if address.sixtofour or address.teredo or address in _NAT64:
            return False  # a way round: the address of another network stands within
        if address.is_site_local:
            return False  # nobody's any more, and private where it is still in use; Python calls it global
        address = address.ipv4_mapped or address
    return bool(address.is_global and not address.is_multicast)


def _line(target: Target, numeric: str, silent_seconds: float) -> HTTPConnection:
    if target.scheme == "http":
        return HTTPConnection(numeric, target.port, timeout=silent_seconds)
    return HTTPSConnection(
        numeric,
        target.port,
        timeout=silent_seconds,
        cert_reqs="CERT_REQUIRED",
        server_hostname=target.host,
        assert_hostname=target.host,
    )


def _cut(line: HTTPConnection, held: list[Any]) -> None:
    for sock in held or [line.sock]:
        if sock is not None:
            with suppress(OSError):  # it has ended by itself
                sock.shutdown(socket.SHUT_RDWR)
