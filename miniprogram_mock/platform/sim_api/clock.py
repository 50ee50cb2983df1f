"""The clock of the simulator, and those that follow it."""

from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.sim_api.routing import Body, outgoing, route

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

_MOST_SECONDS = 400 * 86400


@route("GET", "/_sim/clock")
def show_clock(_: web.Request, platform: "Platform", __: Body) -> Body:
    return _clock(platform)


@route("POST", "/_sim/clock/advance")
async def advance_clock(_: web.Request, platform: "Platform", body: Body) -> Body:
    """Move the clock forward, tell every follower, then let the timers look; a follower that fails is named in the answer."""
    seconds = body.get("seconds")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 < seconds <= _MOST_SECONDS:
        raise NotPossible("seconds 必须是 0 到 34560000 之间的数", status=422)
    with platform.store.transaction():
        platform.clock.advance(seconds)
    followers = [await _tell(follower, seconds) for follower in platform.world.clock_followers]
    platform.callbacks.wake()
    return {**_clock(platform), "followers": followers}


async def _tell(follower: dict[str, str], seconds: float) -> Body:
    """Ask a follower to move its own clock as far."""
    headers = {"X-Clock-Token": follower["token"]}
    try:
        async with outgoing() as session, session.post(follower["url"], json={"seconds": seconds}, headers=headers) as response:
            return {"url": follower["url"], "ok": response.status < 300, "status": response.status}
    except (aiohttp.ClientError, TimeoutError) as failure:
        return {"url": follower["url"], "ok": False, "error": type(failure).__name__}


def _clock(platform: "Platform") -> Body:
    return {"now": platform.clock.rfc3339(platform.clock.now()), "offset_seconds": platform.clock.offset}
