"""Streams hints to open pages of the console: `granian workers.live:app --interface asgi`. See docs/decisions/0021.

It knows neither the database nor what anybody may see: a ticket says who hears, and a hint only what she should ask for again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from redis import asyncio as redis
from redis.exceptions import RedisError
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from app.kit import logging
from app.kit.errors import Unauthorized
from app.kit.hearing import ASK_ANEW, Hearer, admitted, channel
from app.kit.json import dumps, loads
from app.kit.settings import settings

MOST_STREAMS, MOST_OF_ONE = 2_000, 20
# Should the hint be lost that a session has ended, the stream ends by itself.
LONGEST_SECONDS = 600.0
AT_MOST_EVERY_SECONDS = 1.0
PING_SECONDS = 15
AWAY_SECONDS = 1.0
# What was told while we heard nothing is not known: all of it may be stale.
EVERYTHING = "*"

log = logging.logger(__name__)


class Stream:
    """One open page. However much happens between two of its turns, it keeps no more than the set of topics."""

    def __init__(self, hearer: Hearer) -> None:
        self.hearer = hearer
        self._stale: set[str] = set()
        self._woken = asyncio.Event()

    def tell(self, topic: str) -> None:
        self._stale.add(topic)
        self._woken.set()

    async def events(self) -> AsyncIterator[dict[str, str]]:
        """`stale` with a list of topics, at once and then once a second at most; ends when the page has to ask for a new ticket."""
        ends = asyncio.get_running_loop().time() + LONGEST_SECONDS
        while True:
            try:
                async with asyncio.timeout_at(ends):
                    await self._woken.wait()
            except TimeoutError:
                return
            self._woken.clear()
            stale, self._stale = self._stale, set()
            if ASK_ANEW in stale:
                return
            yield {"event": "stale", "data": dumps(sorted(stale)).decode()}
            await asyncio.sleep(AT_MOST_EVERY_SECONDS)


class Streams:
    """All open pages, told by one subscription however many they are."""

    def __init__(self) -> None:
        self.open: set[Stream] = set()

    async def listen(self) -> None:
        """Tell every hint to those who may hear it, for ever."""
        while True:
            try:
                await self._listen()
            except (RedisError, OSError) as error:
                log.warning("no hints", error=str(error))
                await asyncio.sleep(AWAY_SECONDS)

    async def _listen(self) -> None:
        line = redis.Redis.from_url(settings().redis_url, client_name=channel(), socket_connect_timeout=2, health_check_interval=5)
        async with line, line.pubsub(ignore_subscribe_messages=True) as heard:
            await heard.subscribe(channel())
            self._all(EVERYTHING)
            while True:
                # Each look asks the server now and then whether it is there: one that vanished without a word is noticed.
                if message := await heard.get_message(timeout=1.0):
                    self._hear(message["data"])

    def room_for(self, hearer: Hearer) -> bool:
        """Whether one more page of hers may listen."""
        hers = sum(stream.hearer.staff_id == hearer.staff_id for stream in self.open)
        return len(self.open) < MOST_STREAMS and hers < MOST_OF_ONE

    def _hear(self, raw: bytes) -> None:
        for hint in loads(raw):
            for stream in self.open:
                if stream.hearer.hears(hint):
                    stream.tell(hint["topic"])

    def _all(self, topic: str) -> None:
        for stream in self.open:
            stream.tell(topic)


class _Answer(EventSourceResponse):
    """A page's answer: listening before the page knows that it does, and never longer than the page is there, whatever ends it."""

    def __init__(self, streams: Streams, stream: Stream) -> None:
        super().__init__(stream.events(), ping=PING_SECONDS)
        self._streams, self._stream = streams, stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._streams.open.add(self._stream)
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._streams.open.discard(self._stream)


def _origin() -> str:
    ours = urlsplit(settings().public_base_url)
    return f"{ours.scheme}://{ours.netloc}"


def build() -> Starlette:
    """The application with its own streams."""
    logging.configure()
    streams = Streams()

    async def live(request: Request) -> Response:
        try:
            hearer = admitted(request.query_params.get("ticket", ""))
        except Unauthorized:
            return JSONResponse({"error": "unauthorized"}, status_code=401)
        if not streams.room_for(hearer):
            return JSONResponse({"error": "too_many_streams"}, status_code=503)
        return _Answer(streams, Stream(hearer))

    async def health(_request: Request) -> Response:
        return JSONResponse({"streams": len(streams.open)})

    @asynccontextmanager
    async def listening(_app: Any) -> AsyncIterator[None]:
        listener = asyncio.create_task(streams.listen())
        yield
        listener.cancel()

    return Starlette(
        routes=[Route("/api/staff/live", live), Route("/health", health)],
        middleware=[Middleware(CORSMiddleware, allow_origins=[_origin()])],
        lifespan=listening,
    )


app = build()
