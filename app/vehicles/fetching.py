"""Fetching a picture from an address that a feed names: from the open internet only, and no more of it than a picture may have."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin

from urllib3.exceptions import HTTPError

from app.kit import outside
from app.kit.settings import settings

MOST_REDIRECTS = 3
# For all of it, and for each time that nothing is heard.
SECONDS, SILENT_SECONDS = 15.0, 5.0
_MOVED = (301, 302, 303, 307, 308)
# May be another answer in a minute.
_BUSY = (408, 425, 429)


class Unfetchable(Exception):
    """Why there is no picture: `reason` is a key of `import_reason` in the catalogue. Not `permanent`, it may be tried again."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        self.reason, self.permanent = reason, permanent
        super().__init__(reason)


def fetch(address: str) -> bytes:
    """What lies at an http or https address, following a few redirects. Raises `Unfetchable`."""
    until = time.monotonic() + SECONDS
    for _ in range(1 + MOST_REDIRECTS):
        with _asked(address, until) as answer:
            if answer.status in _MOVED and "location" in answer.headers:
                address = urljoin(address, answer.headers["location"])
                continue
            if answer.status != 200:
                raise Unfetchable("photo_away", permanent=400 <= answer.status < 500 and answer.status not in _BUSY)
            return _read(answer, until)
    raise Unfetchable("photo_away", permanent=True)


@contextmanager
def _asked(address: str, until: float) -> Iterator[Any]:
    """The answer's head."""
    headers = {"Accept": "image/jpeg,image/png,image/webp", "Accept-Encoding": "identity", "User-Agent": "marque-feeds"}
    try:
        target = outside.Target.of(address)
        left = until - time.monotonic()
        with outside.connected(target, let_pass=settings().photo_hosts_allowed, seconds=left, silent_seconds=SILENT_SECONDS) as line:
            line.request("GET", target.path, headers=headers | {"Host": target.named}, preload_content=False, decode_content=False)
            yield line.getresponse()
    except outside.NoAddress:
        raise Unfetchable("photo_address", permanent=True) from None
    except outside.NotOutside:
        raise Unfetchable("photo_private", permanent=True) from None
    except outside.NotFound:
        raise Unfetchable("photo_away", permanent=False) from None
    except (HTTPError, http.client.HTTPException, OSError, ValueError) as error:
        raise Unfetchable("photo_away", permanent=False) from error


def _read(answer: Any, until: float) -> bytes:
    most, content = settings().photo_max_bytes, bytearray()
    while piece := answer.read1(65_536):
        content += piece
        if len(content) > most:
            raise Unfetchable("photo_too_many_bytes", permanent=True)
    if time.monotonic() >= until or answer.length_remaining:
        raise Unfetchable("photo_away", permanent=False)
    return bytes(content)
