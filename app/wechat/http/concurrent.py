"""Requests by the hundred over aiohttp's connections."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

import aiohttp
from yarl import URL

from app.kit.logging import logger
from app.kit.loops import Loop
from app.kit.settings import settings
from app.wechat.endpoints import Reply
from app.wechat.errors import Outcome, WechatError
from app.wechat.http.wire import Wire

log = logger(__name__)

T = TypeVar("T")
_NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


class _Loop(Loop):
    name = "wechat-sending"

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Lock()
        # Its own: in the loop's aiohttp looks up names, and an account whose token takes long is to hold up no other. A call waits for one
        # thing at a time.
        self._threads = ThreadPoolExecutor(settings().wechat_calls_at_once, thread_name_prefix="wechat-waiting")

    async def open(self) -> aiohttp.ClientSession:
        return await _open()

    def end(self) -> None:
        super().end()
        self._threads.shutdown(wait=False)

    async def in_thread(self, work: Callable[[], Any]) -> Any:
        """What `work` gives, which takes its time."""
        return await self.loop.run_in_executor(self._threads, copy_context().run, work)


async def _open() -> aiohttp.ClientSession:
    times = aiohttp.ClientTimeout(
        total=None, sock_connect=settings().wechat_connect_timeout_seconds, sock_read=settings().wechat_read_timeout_seconds
    )
    connector = aiohttp.TCPConnector(limit=settings().wechat_calls_at_once)
    # Tencent's answers set no cookie that anybody wants back.
    session = aiohttp.ClientSession(timeout=times, connector=connector, cookie_jar=aiohttp.DummyCookieJar())
    # aiohttp would send a GET again by itself when its connection breaks; a login by code must not be sent twice.
    session._retry_connection = False
    return session


def forget() -> None:
    """Close what is open and read the settings again."""
    _Loop.forget()


def run(number: int, talks: Iterable[Generator[Any, Any, T]]) -> list[T | WechatError]:
    """Drive so many talks to their ends, as many at once as the settings say; each gives its value or its `WechatError`, in order."""
    if not number:
        return []
    loop = _Loop.get()
    results: list[T | WechatError] = loop.do(_all(loop, number, talks))
    return results


async def _all(own: _Loop, number: int, talks: Iterable[Generator[Any, Any, T]]) -> list[T | WechatError]:
    results: list[Any] = [None] * number
    waiting = iter(enumerate(talks))
    many = min(settings().wechat_calls_at_once, number)
    await asyncio.gather(*(_some(own, waiting, results) for _ in range(many)))
    return results


async def _some(own: _Loop, waiting: Iterator[tuple[int, Generator[Any, Any, T]]], results: list[Any]) -> None:
    for place, talk in waiting:
        try:
            results[place] = await _one(own, talk)
        except WechatError as error:
            results[place] = error
        except Exception as error:
            # A bug of ours, before the call or after it, must not cost the others their results: they have been sent.
            log.exception("call failed")
            results[place] = WechatError(Outcome.unknown, "bug", type(error).__name__)


async def _one(own: _Loop, talk: Generator[Any, Any, T]) -> T:
    try:
        step = next(talk)
        while True:
            try:
                result = await _send(own.session, step) if isinstance(step, Wire) else await _waited(own, step)
            except Exception as error:
                step = talk.throw(error)
            else:
                step = talk.send(result)
    except StopIteration as end:
        value: T = end.value
        return value


async def _waited(own: _Loop, wait: Any) -> Any:
    if wait.at_hand is None:
        return await own.in_thread(wait.work)
    async with own.gate:
        # Whoever was here before may have done it for us: a thread costs as much as a call.
        return None if wait.at_hand() else await own.in_thread(wait.work)


async def _send(session: aiohttp.ClientSession, wire: Wire) -> Reply:
    try:
        async with session.request(
            wire.method, _encoded(wire.url), data=wire.body or None, headers=wire.headers, allow_redirects=False
        ) as answer:
            return Reply(answer.status, answer.headers, await answer.read())
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        if isinstance(error, _NEVER_SENT):
            raise WechatError(Outcome.retry_later, "connection", type(error).__name__) from None
        raise WechatError(Outcome.unknown, "timeout" if isinstance(error, TimeoutError) else "connection", type(error).__name__) from None


@functools.lru_cache(maxsize=256)
def _encoded(url: str) -> URL:
    # As it is: WeChat Pay's signature covers the very characters.
    return URL(url, encoded=True)
