"""Who moves the clock: by hand, or once a real second when it runs fast; its followers are told each time."""

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

TICK_SECONDS = 1.0
_ANSWER_SECONDS = 5

Told = list[dict[str, Any]]


class Pace:
    """A fast clock goes in steps, so that its followers, who are told of each step, never fall behind by more than one.

    When a follower refuses or is away the clock goes back to real time; `stopped` says why.
    """

    def __init__(self, platform: "Platform") -> None:
        self._platform = platform
        self._changed = asyncio.Event()
        self.stopped: str | None = None

    async def advance(self, seconds: float) -> Told:
        """Move the clock forward, tell every follower, then let the timers look; how each follower took it."""
        with self._platform.store.transaction():
            self._platform.clock.advance(seconds)
        told = [await _tell(follower, seconds) for follower in self._platform.world.clock_followers]
        self._platform.callbacks.wake()
        return told

    async def run_at(self, speed: float) -> Told:
        """Run so many times as fast as real time from now on, if every follower takes the first step; how each one took it."""
        told = await self.advance((speed - 1) * TICK_SECONDS) if speed > 1 else []
        self._set(1.0 if _refusals(told) else speed, _refusals(told))
        return told

    async def run(self) -> None:
        """Step forward for ever, as fast as the clock is set to run; a restart goes on as it was."""
        while True:
            if self._platform.clock.speed == 1:
                self._changed.clear()
                await self._changed.wait()
            await asyncio.sleep(TICK_SECONDS)
            if self._platform.clock.speed > 1 and (
                refusals := _refusals(await self.advance((self._platform.clock.speed - 1) * TICK_SECONDS))
            ):
                self._set(1.0, refusals)

    def _set(self, speed: float, stopped: str | None) -> None:
        with self._platform.store.transaction():
            self._platform.clock.run_at(speed)
        self.stopped = stopped
        self._changed.set()


async def _tell(follower: dict[str, str], seconds: float) -> dict[str, Any]:
    """Ask a follower to move its own clock as far."""
    headers = {"X-Clock-Token": follower["token"]}
    seconds = int(seconds) if seconds == int(seconds) else seconds
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_ANSWER_SECONDS)) as session,
            session.post(follower["url"], json={"seconds": seconds}, headers=headers) as response,
        ):
            return {"url": follower["url"], "ok": response.status < 300, "status": response.status}
    except (aiohttp.ClientError, TimeoutError) as failure:
        return {"url": follower["url"], "ok": False, "error": type(failure).__name__}


def _refusals(told: Told) -> str | None:
    return "; ".join(f"{one['url']}: {one.get('status') or one.get('error')}" for one in told if not one["ok"]) or None
