"""What happened: calls, callbacks, and what was asked for more than once."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web

from miniprogram_mock.platform import calls
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.sim_api.routing import Body, number, route, times

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

_CALLBACK_FILTERS = ("state", "wire", "account", "event", "recipient", "event_id")
_CALLBACK_COLUMNS = (
    "id, wire, account, event, event_id, recipient, url, state, attempts, next_at, last_status, last_error, format, fault, created_at, "
    "finished_at"
)


@route("GET", "/_sim/calls")
def list_calls(request: web.Request, platform: "Platform", _: Body) -> Body:
    """Newest first; by host, path (a glob), account, errcode, outcome, fault, request_id, recipient, key, since, until, after, before."""
    return {"calls": calls.listed(platform.store, _filters(request), limit=number(request, "limit", 100))}


@route("GET", "/_sim/calls/summary")
def sum_up_calls(request: web.Request, platform: "Platform", _: Body) -> Body:
    """Counts of calls grouped `by` (names with commas between), narrowed as the calls are."""
    by = tuple(request.query.get("by", "host,path,errcode").split(","))
    if unknown := set(by) - set(calls.GROUPS):
        raise NotPossible(f"不能按 {'、'.join(sorted(unknown))} 汇总，可用：{'、'.join(calls.GROUPS)}", status=422)
    return {"summary": calls.summed_up(platform.store, _filters(request), by=by)}


@route("GET", "/_sim/callbacks")
def list_callbacks(request: web.Request, platform: "Platform", _: Body) -> Body:
    """Newest first, each with its attempts; narrowed by state, wire, account, event, recipient, event_id, after."""
    given = {name: request.query[name] for name in _CALLBACK_FILTERS if name in request.query}
    after = number(request, "after", 0)
    where = " AND ".join(["id > ?", *(f"{name} = ?" for name in given)])
    order = "id" if after else "id DESC"
    rows = platform.store.all(
        f"SELECT {_CALLBACK_COLUMNS} FROM callbacks WHERE {where} ORDER BY {order} LIMIT ?",  # noqa: S608
        after, *given.values(), number(request, "limit", 100),
    )  # fmt: skip
    return {"callbacks": [times(row, "created_at", "next_at", "finished_at") for row in rows]}


@route("GET", r"/_sim/callbacks/{id:\d+}")
def show_callback(request: web.Request, platform: "Platform", _: Body) -> Body:
    """One callback with what it said, and every attempt: status, error, what was answered, milliseconds, whether it was spoilt."""
    row = platform.store.one("SELECT * FROM callbacks WHERE id = ?", int(request.match_info["id"]))
    if row is None:
        raise NotPossible("没有这个回调", status=404)
    tried = platform.store.all(
        "SELECT at, status, error, answer, ms, fault FROM callback_attempts WHERE callback = ? ORDER BY id", row["id"]
    )
    return {**times(row, "created_at", "next_at", "finished_at"), "tried": [times(one, "at") for one in tried]}


@route("GET", "/_sim/received")
def received(request: web.Request, platform: "Platform", _: Body) -> Body:
    """What people got from the service account `appid`: how many messages, how many people, and the most that one of them got."""
    return platform.store.all(
        "SELECT coalesce(sum(number), 0) AS messages, count(*) AS people, coalesce(max(number), 0) AS most FROM "
        "(SELECT count(*) AS number FROM messages WHERE channel = 'service' AND state = 'delivered' AND account = ? GROUP BY recipient)",
        request.query.get("appid", ""),
    )[0]


@route("GET", "/_sim/duplicates")
def duplicates(request: web.Request, platform: "Platform", _: Body) -> Body:
    """For everything that must happen once: how often it was asked for, and how often it happened; narrowed by `kind` and `key`.

    `twice=1` gives only what happened more than once: there must be none of it.
    """
    kind, key = request.query.get("kind"), request.query.get("key")
    rows = platform.store.all(
        "SELECT kind, key, attempts, effects, attempts - effects AS deduplicated FROM repeats "
        "WHERE (? IS NULL OR kind = ?) AND (? IS NULL OR key = ?) AND (NOT ? OR effects > 1) ORDER BY kind, key",
        kind, kind, key, key, request.query.get("twice") == "1",
    )  # fmt: skip
    return {"duplicates": rows}


def _filters(request: web.Request) -> dict[str, Any]:
    given: dict[str, Any] = dict(request.query)
    for name in ("since", "until"):
        if name in given:
            given[name] = _moment(given[name])
    for name in ("after", "before"):
        if name in given:
            given[name] = number(request, name, 0)
    return given


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise NotPossible("时间写作 2026-11-22T10:00:00+08:00", status=422) from None
