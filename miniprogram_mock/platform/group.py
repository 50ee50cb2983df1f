"""Group commit: whatever becomes ready in the same few turns of the event loop is written in one transaction, and answered after it."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from miniprogram_mock.platform.store import Store

Result = TypeVar("Result")
# So many do not wait for more.
_MOST = 64


class Group:
    """A commit costs as much as the work of a call; shared by all calls that are waiting it costs next to nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[tuple[Callable[[], Any], asyncio.Future[Any]]] = []

    async def run(self, work: Callable[[], Result]) -> Result:
        """Do the work in the next transaction and give its result once that is committed.

        Work that may fail half-way undoes its own part with `Store.savepoint`: its neighbours' stays.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._gather, loop, 0)
        self._waiting.append((work, future))
        return await future

    def _gather(self, loop: asyncio.AbstractEventLoop, before: int) -> None:
        """Commit, unless the last turn brought more: then there may be still more in this one."""
        if before < len(self._waiting) < _MOST:
            loop.call_soon(self._gather, loop, len(self._waiting))
        else:
            self._commit()

    def _commit(self) -> None:
        waiting, self._waiting = self._waiting, []
        done: list[tuple[asyncio.Future[Any], Any, Exception | None]] = []
        try:
            with self._store.transaction():
                for work, future in waiting:
                    try:
                        done.append((future, work(), None))
                    except Exception as error:
                        done.append((future, None, error))
        except Exception as error:
            done = [(future, None, error) for _, future in waiting]
        for future, result, failure in done:
            if future.done():
                continue
            if failure is None:
                future.set_result(result)
            else:
                future.set_exception(failure)
