"""The server: finds the endpoint of a call, runs it in one transaction, records it, and answers only after the commit."""

import asyncio
import contextlib
import importlib
import logging
import pkgutil
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qsl

from aiohttp import web

from miniprogram_mock.platform import (
    bad_calls,
    calls,
    errcode,
    lbs,
    mini_program,
    pay,
    people,
    quota,
    service_account,
    sim_api,
    sms,
    tokens,
    wecom,
    world,
)
from miniprogram_mock.platform.callbacks import Callbacks
from miniprogram_mock.platform.clock import Clock
from miniprogram_mock.platform.endpoints import ENDPOINTS, HOSTS, MAP, PAY, SAME_HOSTS, Answer, Call
from miniprogram_mock.platform.faults import Faults
from miniprogram_mock.platform.group import Group
from miniprogram_mock.platform.limits import Limits
from miniprogram_mock.platform.pace import Pace
from miniprogram_mock.platform.sim_api import routing
from miniprogram_mock.platform.store import Store
from miniprogram_mock.platform.switches import Switches
from miniprogram_mock.platform.timers import Timers
from miniprogram_mock.platform.wecom import directory


def _import_endpoints() -> None:
    """Import every module of an area: that fills ENDPOINTS, and declares tables, limits and timers."""
    assert tokens
    assert quota
    assert sms
    for area in (mini_program, service_account, pay, wecom, lbs, sim_api):
        for found in pkgutil.iter_modules(area.__path__, f"{area.__name__}."):
            importlib.import_module(found.name)


_import_endpoints()
# How long a caller whose answer is withheld hangs before the connection is cut.
WITHHELD_SECONDS = 60
_OUTCOMES = {bad_calls.TIMEOUT_AFTER: "timed out", bad_calls.TIMEOUT_BEFORE: "not carried out", bad_calls.CUT: "not carried out"}
_MEGABYTE = 1024 * 1024
_log = logging.getLogger(__name__)


class Platform:
    """Everything the endpoints work with."""

    def __init__(self, folder: Path) -> None:
        self.world = world.load(folder)
        self.store = Store(folder / "state.sqlite")
        self.clock = Clock(self.store)
        self.group = Group(self.store)
        self.limits = Limits(self.store)
        self.switches = Switches(self.store, self.world.switches)
        self.timers = Timers(self)
        self.faults = Faults(self.store, self.clock)
        self.callbacks = Callbacks(self)
        self.pace = Pace(self)


class Tencent:
    """The door for calls to the three hosts, told apart by the Host header or by the first segment of the path."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def handle(self, request: web.Request) -> web.StreamResponse:
        call = await self._read(request)
        if call is None:
            return web.json_response({"error": "not a host of the platform; prefix the path with one of " + ", ".join(HOSTS)}, status=404)
        answer, trouble = await self._platform.group.run(lambda: self._carry_out(call))
        if trouble.delay:
            await asyncio.sleep(trouble.delay)
        if trouble.ending != "answered":
            return await _leave(request, after=0 if trouble.ending == bad_calls.CUT else WITHHELD_SECONDS)
        headers = {**answer.headers, "Content-Type": answer.content_type} if answer.body else answer.headers
        return web.Response(body=answer.body, status=answer.status, headers=headers)

    async def _read(self, request: web.Request) -> Call | None:
        target, host = request.raw_path, request.host.partition(":")[0]
        first, _, rest = target.removeprefix("/").partition("/")
        if SAME_HOSTS.get(first, first) in HOSTS:
            host, target = first, f"/{rest}"
        host = SAME_HOSTS.get(host, host)
        if host not in HOSTS:
            return None
        path, _, query = target.partition("?")
        return Call(
            platform=self._platform, host=host, method=request.method, path=path, target=target,
            query=_parsed(query), headers=request.headers, body=await request.read(),
            remote=request.remote or "",
        )  # fmt: skip

    def _carry_out(self, call: Call) -> tuple[Answer, bad_calls.Trouble]:
        """Run the call and write it down; one that fails by a bug of ours undoes its own part and is answered with 500."""
        started, at = time.perf_counter(), self._platform.clock.now()
        trouble = bad_calls.strike(call)
        outcome = _OUTCOMES.get(trouble.ending, "answered" if trouble.instead is None else "fault")
        answer = trouble.instead or Answer(b"", status=0, errcode=trouble.ending)
        if trouble.is_carried_out:
            try:
                with self._platform.store.savepoint():
                    answer = self._run(call)
            except Exception:
                _log.exception("%s %s", call.method, call.path)
                answer, outcome = Answer(b"500", status=500, content_type="text/plain", errcode="HTTP 500"), "failed"
        ms = round((time.perf_counter() - started) * 1000, 2)
        calls.record(self._platform, call, answer, at=at, outcome=outcome, ms=ms, faults=trouble.kinds)
        return answer, trouble

    @staticmethod
    def _run(call: Call) -> Answer:
        run = ENDPOINTS.find(call)
        if run is not None:
            return run(call)
        if call.host == PAY:
            return Answer.json({"code": "RESOURCE_NOT_EXISTS", "message": "请求的接口不存在"}, status=404, errcode="RESOURCE_NOT_EXISTS")
        if call.host == MAP:
            return Answer(b"404 page not found", status=404, content_type="text/plain", errcode="HTTP 404")
        if ENDPOINTS.knows_path(call):
            needs = (43001, "require GET method") if call.method == "POST" else (43002, "require POST method")
            return errcode.refused(call, *needs)
        return errcode.refused(call, 40066, "invalid url", status=404)


async def _leave(request: web.Request, *, after: float) -> web.StreamResponse:
    """Cut the connection; the answer is for nobody."""
    await asyncio.sleep(after)
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _parsed(query: str) -> dict[str, str]:
    """A query by names; most have nothing to decode."""
    if "%" in query or "+" in query or ";" in query:
        return dict(parse_qsl(query, keep_blank_values=True))
    return {name: value for name, _, value in (part.partition("=") for part in query.split("&")) if name}


def create(folder: Path) -> web.Application:
    """The whole server as an application; its background tasks start and stop with it."""
    platform = Platform(folder)
    with platform.store.transaction():
        people.seed(platform)
        directory.seed(platform)
    app = web.Application(client_max_size=_MEGABYTE)
    app[routing.PLATFORM] = platform
    app.add_routes(routing.routes())
    app.router.add_route("*", "/{anything:.*}", Tencent(platform).handle)

    async def background(_: web.Application) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(platform.callbacks.run()), asyncio.create_task(platform.pace.run())]
        for task in tasks:
            task.add_done_callback(_complain)
        yield
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)
        platform.store.close()

    app.cleanup_ctx.append(background)
    return app


def _complain(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        _log.error("a task of the simulator stopped", exc_info=error)
