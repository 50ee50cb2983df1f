"""What happened: calls, callbacks, and what was asked for more than once."""

from typing import TYPE_CHECKING

from aiohttp import web

from miniprogram_mock.platform import calls
from miniprogram_mock.platform.sim_api.routing import Body, number, route, times

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform


@route("GET", "/_sim/calls")
def list_calls(request: web.Request, platform: "Platform", _: Body) -> Body:
    after = number(request, "after", 0) if "after" in request.query else None
    return {"calls": calls.listed(platform.store, path=request.query.get("path"), limit=number(request, "limit", 100), after=after)}


@route("GET", "/_sim/callbacks")
def list_callbacks(request: web.Request, platform: "Platform", _: Body) -> Body:
    state = request.query.get("state")
    rows = platform.store.all(
        "SELECT id, wire, account, event, event_id, recipient, url, state, attempts, next_at, last_status, last_error, "
        "created_at, finished_at FROM callbacks WHERE ? IS NULL OR state = ? ORDER BY id DESC LIMIT ?",
        state, state, number(request, "limit", 100),
    )  # fmt: skip
    return {"callbacks": [times(row, "created_at", "next_at", "finished_at") for row in rows]}


@route("GET", "/_sim/duplicates")
def duplicates(request: web.Request, platform: "Platform", _: Body) -> Body:
    """For everything that must happen once: how often it was asked for, and how often it happened. `kind` narrows it."""
    kind = request.query.get("kind")
    rows = platform.store.all(
        "SELECT kind, key, attempts, effects, attempts - effects AS deduplicated FROM repeats "
        "WHERE ? IS NULL OR kind = ? ORDER BY kind, key",
        kind, kind,
    )  # fmt: skip
    return {"duplicates": rows}
