"""Calls to systems of others: signed, to addresses of the open internet only, never led elsewhere."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import aiohttp

from app.kit import outside
from app.kit.loops import Loop
from app.kit.settings import settings

# For all of a call, for each time that nothing is heard, and for the look-up of the name before it.
SECONDS, SILENT_SECONDS, NAMED_WITHIN_SECONDS = 10.0, 5.0, 3.0
# Shorter than servers keep a connection on which nothing is said: what they close just then may or may not have been heard.
KEPT_SECONDS = 1.5
AT_ONCE = 32
LONGEST_ANSWER = 4_096
_BUSY = (408, 425, 429)
_NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


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
    loop = _Loop.get()
    return loop.do(loop.call_all(calls))


def checked_url(url: str) -> None:
    """Raises `Uncalled` for what is no address of http or https; where it leads is looked at when it is called."""
    try:
        outside.Target.of(url)
    except outside.NoAddress:
        raise Uncalled("webhook_address", permanent=True) from None


class _Loop(Loop):
    name = "webhooks"

    def __init__(self) -> None:
        super().__init__()
        # Whoever asks for a name that nobody answers for sits here until the system gives up.
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhooks-names")

    async def open(self) -> aiohttp.ClientSession:
        times = aiohttp.ClientTimeout(total=SECONDS, sock_connect=SILENT_SECONDS, sock_read=SILENT_SECONDS)
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_SECONDS)
        return aiohttp.ClientSession(timeout=times, connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False)

    def end(self) -> None:
        super().end()
        self._threads.shutdown(wait=False)

    async def call_all(self, calls: Sequence[Call]) -> list[bytes | Uncalled]:
        """Each name is looked up once for all of them."""
        places: dict[tuple[str, str, int], asyncio.Future[str]] = {}
        gate = asyncio.Semaphore(AT_ONCE)

        async def place(target: outside.Target) -> str:
            key = target.scheme, target.host, target.port
            if key not in places:
                places[key] = asyncio.ensure_future(self._look_up(target))
            return await asyncio.shield(places[key])

        async def one(call: Call) -> bytes | Uncalled:
            async with gate:
                return await _call(self.session, call, place)

        return await asyncio.gather(*map(one, calls))

    async def _look_up(self, target: outside.Target) -> str:
        found = self.loop.run_in_executor(self._threads, outside.open_address, target, settings().webhook_hosts_allowed)
        try:
            return await asyncio.wait_for(found, NAMED_WITHIN_SECONDS)
        except TimeoutError:
            raise outside.NotFound from None


async def _call(session: aiohttp.ClientSession, call: Call, place: Callable[[outside.Target], Awaitable[str]]) -> bytes | Uncalled:
    try:
        target = outside.Target.of(call.url)
        # The connection leads to the very address that was looked at, and is kept for that one.
        where = outside.at(target, await place(target))
        headers = {
            "Host": target.named,
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "marque-webhooks",
            "Idempotency-Key": call.key,
            "X-Marque-Signature": f"t={call.at},v1={signature(call.secret, call.at, call.body)}",
        }
        asked = session.post(where, data=call.body, headers=headers, allow_redirects=False, server_hostname=target.host)
        async with asked as answer:
            status = answer.status
            body = await _body(answer) if 200 <= status < 300 else b""
    except outside.NoAddress:
        return Uncalled("webhook_address", permanent=True)
    except outside.NotOutside:
        return Uncalled("webhook_private", permanent=True)
    except (outside.NotFound, *_NEVER_SENT):
        return Uncalled("webhook_away", permanent=False)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return Uncalled("webhook_away", permanent=False, maybe=True)
    if 200 <= status < 300:
        return body
    # They heard it and say that something is wrong with them: it may be another answer later. A redirect is not followed.
    later = status >= 500 or status in _BUSY
    return Uncalled("webhook_answered", permanent=not later, maybe=status >= 500, status=status)


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    """What was said; nothing where it was too long, or broke off: that they heard us is known by then."""
    said = b""
    try:
        # What says no length may have no end.
        while len(said) <= LONGEST_ANSWER and (more := await answer.content.read(LONGEST_ANSWER + 1 - len(said))):
            said += more
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        answer.close()
        return b""
    if len(said) <= LONGEST_ANSWER:
        return said
    answer.close()
    return b""
