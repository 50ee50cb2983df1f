"""The clock of the simulator: set, moved, or run fast; never back."""

import math
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web

from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.sim_api.routing import Body, route

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

_MOST_SECONDS = 400 * 86400
_FASTEST = 3600


@route("GET", "/_sim/clock")
def show_clock(_: web.Request, platform: "Platform", __: Body) -> Body:
    return _clock(platform)


@route("POST", "/_sim/clock")
async def move_clock(_: web.Request, platform: "Platform", body: Body) -> Body:
    """`{"advance": seconds}`, `{"set": moment}` or `{"speed": factor}`; 1 is real time.

    A follower that does not take a step is named; with a speed it also stops the clock from running fast.
    """
    if len(body) != 1 or (how := next(iter(body))) not in ("advance", "set", "speed"):
        raise NotPossible("用 advance、set、speed 之一", status=422)
    if how == "speed":
        speed = _number(body["speed"], "speed", least=1, most=_FASTEST)
        if speed != int(speed):
            raise NotPossible("speed 是整数", status=422)
        told = await platform.pace.run_at(speed)
        if platform.clock.speed != speed:
            raise NotPossible(f"跟随者不走这一步，时钟仍按真实时间走：{platform.pace.stopped}")
        return {**_clock(platform), "followers": told}
    # Followers take whole seconds only.
    seconds = body["advance"] if how == "advance" else math.ceil(_moment(body["set"]) - platform.clock.now())
    return await _advanced(platform, seconds, how)


@route("POST", "/_sim/clock/advance")
async def advance_clock(_: web.Request, platform: "Platform", body: Body) -> Body:
    return await _advanced(platform, body.get("seconds"), "seconds")


async def _advanced(platform: "Platform", seconds: Any, name: str) -> Body:
    seconds = _number(seconds, name, least=0, most=_MOST_SECONDS)
    if seconds == 0:
        raise NotPossible("时钟只能往前走", status=422)
    told = await platform.pace.advance(seconds)
    return {**_clock(platform), "followers": told}


def _number(value: Any, name: str, *, least: float, most: float) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
        raise NotPossible(f"{name}：时钟只能往前走，一次至多 {_MOST_SECONDS} 秒，速度是 1 到 {_FASTEST}", status=422)
    return value


def _moment(value: Any) -> float:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise NotPossible("set 写作 2026-11-22T10:00:00+08:00", status=422)
    return moment.timestamp()


def _clock(platform: "Platform") -> Body:
    clock = platform.clock
    return {
        "now": clock.rfc3339(clock.now()), "offset_seconds": clock.offset, "speed": clock.speed, "stopped": platform.pace.stopped,
    }  # fmt: skip
