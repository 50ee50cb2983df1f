"""Calls by the hundred: a thread with an event loop for the process, and aiohttp's connections, which are kept."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Any, ClassVar, Self, TypeVar

import aiohttp
import uvloop

from app.kit.logging import trace_by_turns

T = TypeVar("T")
_LOCK = threading.Lock()


class Loop(ABC):
    """An event loop in a thread of its own, with one pool of connections; made when first needed, and again after a fork."""

    name: ClassVar[str]
    # By process: a child lets its parent's be, since what it closes there is closed in the parent, too.
    _of: ClassVar[dict[tuple[type[Loop], int], Any]] = {}

    def __init__(self) -> None:
        self.loop = uvloop.new_event_loop()
        self.loop.call_soon(trace_by_turns, self.loop)
        threading.Thread(target=self.loop.run_forever, name=self.name, daemon=True).start()
        self.session = self.do(self.open())

    @abstractmethod
    async def open(self) -> aiohttp.ClientSession:
        """The connections, with their times and limits."""

    def end(self) -> None:
        """Close what is open."""
        self.do(self.session.close())
        self.loop.call_soon_threadsafe(self.loop.stop)

    @classmethod
    def get(cls) -> Self:
        with _LOCK:
            found: Self | None = cls._of.get((cls, os.getpid()))
            if found is None:
                found = cls._of[cls, os.getpid()] = cls()
            return found

    @classmethod
    def forget(cls) -> None:
        """Close what is open, and make it anew when it is needed."""
        with _LOCK:
            if old := cls._of.pop((cls, os.getpid()), None):
                old.end()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self.loop)
        try:
            return future.result()
        except BaseException:
            # A job's time was over: what has not left yet is not to leave behind its back.
            future.cancel()
            raise


def _forget_all() -> None:
    """A process that ends closes its connections while its loops still run, and says nothing of it."""
    for kind, _ in list(Loop._of):
        kind.forget()


atexit.register(_forget_all)
