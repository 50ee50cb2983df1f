"""What every interface under `/_sim/` has in common: this machine only, one transaction, JSON in and out, refusals in Chinese."""

import inspect
from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson
from aiohttp import web

from miniprogram_mock import loopback
from miniprogram_mock.platform.callbacks import ANSWER_SECONDS
from miniprogram_mock.platform.clock import Clock
from miniprogram_mock.platform.people import NotPossible

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

PLATFORM: web.AppKey["Platform"] = web.AppKey("platform")
PAGES = Path(__file__).parents[1] / "pages"
LONGEST_LIST = 1000
table = web.RouteTableDef()

Body = dict[str, Any]
Answered = Callable[[web.Request, "Platform", Body], Any]


def routes() -> list[web.AbstractRouteDef]:
    return [*table, web.static("/_sim/static", PAGES)]


def route(method: str, path: str) -> Callable[[Answered], Answered]:
    """An interface of the simulator: a function of request, platform and JSON body, run in one transaction."""

    def decorate(function: Answered) -> Answered:
        @table.route(method, path)
        @loopback_only
        @wraps(function)
        async def handle(request: web.Request) -> web.StreamResponse:
            platform = request.app[PLATFORM]
            try:
                body = await _body(request)
                if inspect.iscoroutinefunction(function):
                    return _json(await function(request, platform, body))
                with platform.store.transaction():
                    content = function(request, platform, body)
                return _json(content)
            except NotPossible as refusal:
                return _json({"error": str(refusal), **refusal.more}, status=refusal.status)

        return function

    return decorate


def loopback_only(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    @wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        reason = loopback.refused(request)
        return _json({"error": reason}, status=403) if reason else await handler(request)

    return guarded


def outgoing() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS))


def times(row: Body, *names: str) -> Body:
    return {**row, **{name: Clock.rfc3339(row[name]) for name in names}}


def user_id(request: web.Request) -> int:
    return int(request.match_info["id"])


def number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    if not text.isdigit():
        raise NotPossible(f"{name} 必须是整数", status=422)
    return min(int(text), LONGEST_LIST) if name == "limit" else int(text)


def text(body: Body, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise NotPossible(f"缺少 {name}", status=422)
    return value


async def _body(request: web.Request) -> Body:
    raw = await request.read()
    if not raw:
        return {}
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise NotPossible("请求体必须是 JSON 对象", status=422)
    return body


def _json(content: Any, *, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(content), status=status, content_type="application/json")
