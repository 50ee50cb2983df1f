"""What only the simulator's own pages ask: a glance at the last minutes, people by latest message, what was dropped, a callback again."""

import json
import re
from typing import TYPE_CHECKING, Any

from aiohttp import web

from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.sim_api.routing import Body, number, route, times, user_id
from miniprogram_mock.platform.sim_api.staff import corp_id
from miniprogram_mock.platform.wecom.events import main_app

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

_LONGEST_GLANCE = 120
# A glance reads no more of the record than this, however much came in: it is asked for every few seconds.
_GLANCED_CALLS = 20_000
_GOOD = "outcome = 'answered' AND errcode = '0' AND status < 400"
_LATEST = 8


@route("GET", "/_sim/pages/overview")
def overview(request: web.Request, platform: "Platform", _: Body) -> Body:
    """The last `minutes` of the clock: calls by minute, what went wrong, callbacks by state, money, the latest messages."""
    store, minutes = platform.store, min(max(number(request, "minutes", 15), 1), _LONGEST_GLANCE)
    since = platform.clock.now() - minutes * 60
    recent = f"FROM calls WHERE id > (SELECT coalesce(max(id), 0) FROM calls) - {_GLANCED_CALLS} AND at >= ?"  # noqa: S608
    by_minute = store.all(
        f"SELECT CAST((at - ?) / 60 AS INTEGER) AS minute, count(*) AS calls, sum(NOT ({_GOOD})) AS bad {recent} GROUP BY 1", since, since
    )
    wrong = store.all(
        f"SELECT host, path, errcode, outcome, count(*) AS calls, max(id) AS last {recent} AND NOT ({_GOOD}) "
        "GROUP BY host, path, errcode, outcome ORDER BY calls DESC, last DESC LIMIT ?", since, _LATEST,
    )  # fmt: skip
    callbacks = store.all("SELECT state, count(*) AS n FROM callbacks WHERE created_at >= ? OR state = 'pending' GROUP BY state", since)
    refunds = store.all("SELECT state, count(*) AS n FROM refunds WHERE state IN ('PROCESSING', 'ABNORMAL') GROUP BY state")
    paid = store.one("SELECT count(*) AS n, coalesce(sum(total), 0) AS fen FROM payments WHERE paid_at >= ?", since)
    return {
        "minutes": minutes, "by_minute": by_minute, "wrong": wrong, "callbacks": {row["state"]: row["n"] for row in callbacks},
        "refunds": {row["state"]: row["n"] for row in refunds}, "paid": paid, "messages": _latest_messages(platform),
        "sent": store.value("SELECT count(*) FROM messages WHERE sent_at >= ? AND state = 'delivered'", since),
        "dropped": store.value("SELECT count(*) FROM messages WHERE sent_at >= ? AND state = 'dropped'", since),
        "twice": store.value("SELECT count(*) FROM repeats WHERE effects > 1"), "faults": len(platform.faults.listed()),
        "stopped": platform.pace.stopped,
    }  # fmt: skip


@route("GET", "/_sim/pages/users")
def users(request: web.Request, platform: "Platform", _: Body) -> Body:
    """People whose nickname, phone, unionid or openid holds `q`; whoever was written to last comes first."""
    wanted = f"%{request.query.get('q', '').strip()}%"
    rows = platform.store.all(
        "SELECT u.id, u.nickname, u.phone, count(m.id) AS messages, max(m.sent_at) AS last_at FROM users u "
        "LEFT JOIN openids o ON o.user_id = u.id "
        "LEFT JOIN messages m ON m.recipient = o.openid AND m.account = o.appid AND m.state = 'delivered' "
        "WHERE u.nickname LIKE ? OR u.phone LIKE ? OR u.unionid LIKE ? OR u.id IN (SELECT user_id FROM openids WHERE openid LIKE ?) "
        "GROUP BY u.id ORDER BY max(m.id) DESC NULLS LAST, u.id LIMIT ?",
        wanted, wanted, wanted, wanted, number(request, "limit", 100),
    )  # fmt: skip
    return {"users": [times(row, "last_at") for row in rows], "all": platform.store.value("SELECT count(*) FROM users")}


@route("GET", r"/_sim/users/{id:\d+}/service/said")
def said(request: web.Request, platform: "Platform", _: Body) -> Body:
    """What she wrote to a service account, newest first, as its server was told."""
    rows = platform.store.all(
        "SELECT c.id, c.event, c.content, c.created_at AS at FROM callbacks c "
        "JOIN openids o ON o.openid = c.recipient AND o.appid = c.account "
        "WHERE o.user_id = ? AND c.account = ? AND c.event IN ('text', 'image') GROUP BY c.event_id ORDER BY c.id DESC LIMIT ?",
        user_id(request), request.query.get("appid", ""), number(request, "limit", 100),
    )  # fmt: skip
    return {"said": [times({"id": row["id"], "kind": row["event"], "text": _words(row["content"]), "at": row["at"]}, "at") for row in rows]}


@route("GET", "/_sim/staff/{userid}/dropped")
def dropped(request: web.Request, platform: "Platform", _: Body) -> Body:
    """What WeCom took and never showed her, because an application had written to her too often; newest first."""
    accounts = [app.appid for app in main_app(platform, corp_id(request, platform)).applications]
    rows = platform.store.all(
        "SELECT id, msgid, account, content, sent_at FROM messages WHERE channel = 'wecom' AND state = 'dropped' AND recipient = ? "  # noqa: S608
        f"AND account IN ({', '.join('?' * len(accounts))}) ORDER BY id DESC LIMIT ?",
        request.match_info["userid"], *accounts, number(request, "limit", 100),
    )  # fmt: skip
    return {"dropped": [times({**row, "content": json.loads(row["content"])}, "sent_at") for row in rows]}


@route("POST", r"/_sim/callbacks/{id:\d+}/redeliver")
def redeliver(request: web.Request, platform: "Platform", _: Body) -> Body:
    """Send a callback once more, as the same event: a row of its own in the record."""
    columns = ("wire", "account", "event", "event_id", "recipient", "url", "content", "format", "state")
    row = platform.store.one(f"SELECT {', '.join(columns)} FROM callbacks WHERE id = ?", int(request.match_info["id"]))  # noqa: S608
    if row is None:
        raise NotPossible("没有这个回调", status=404)
    if row["state"] in ("pending", "held"):
        raise NotPossible("这个回调还在发送中")
    now = platform.clock.now()
    new_id = platform.store.insert("callbacks", **{**row, "state": "pending"}, next_at=now, created_at=now)
    platform.callbacks.wake()
    return {"id": new_id}


@route("GET", "/_sim/clock/followers")
def followers(_: web.Request, platform: "Platform", __: Body) -> Body:
    """Who is told when the clock moves."""
    return {"followers": [{"url": one["url"]} for one in platform.world.clock_followers], "stopped": platform.pace.stopped}


def _latest_messages(platform: "Platform") -> list[Body]:
    rows = platform.store.all(
        "SELECT m.id, m.channel, m.account, m.recipient, m.content, m.sent_at, m.state, u.id AS user_id, u.nickname FROM messages m "
        "LEFT JOIN openids o ON o.openid = m.recipient LEFT JOIN users u ON u.id = o.user_id "
        "WHERE m.state IN ('delivered', 'dropped') ORDER BY m.id DESC LIMIT ?", _LATEST,
    )  # fmt: skip
    names = {account.appid: account.name for account in platform.world.accounts.values()}
    told: list[dict[str, Any]] = [
        {**row, "content": json.loads(row["content"]), "account_name": names.get(row["account"], row["account"])} for row in rows
    ]
    return [times(row, "sent_at") for row in told]


def _words(content: str) -> str:
    """The text (or the picture's address) in a pushed message, XML or JSON."""
    if content.startswith("{"):
        told = json.loads(content)
        return str(told.get("Content") or told.get("PicUrl") or "")
    found = re.search(r"<(Content|PicUrl)><!\[CDATA\[(.*?)\]\]></\1>", content, re.DOTALL)
    return found[2] if found else ""
