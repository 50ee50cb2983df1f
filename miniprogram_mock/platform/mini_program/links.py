"""URL links and schemes that open the mini-program from outside WeChat (spec 1.7).

Not verified: which path, query and time is 40165, 40212, 85401 and 85402; that a link without an end is 85400; 100 a second (44990).
"""

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from miniprogram_mock.platform import crypto, people
from miniprogram_mock.platform.endpoints import API, Call
from miniprogram_mock.platform.errcode import Refusal, Result, business, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.rates import per_day
from miniprogram_mock.platform.shapes import Anything, Flag, Int, Object, Text
from miniprogram_mock.platform.store import Row, declare

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

LONGEST = limit("mini_program.link_seconds", 30 * 86400, "1.7: 30 days")
SHORTEST = limit("mini_program.link_shortest_seconds", 60, "1.7 names none; [K], not verified")
PER_DAY = limit("mini_program.links_per_day", 500_000, "1.7: links and schemes together")
OPENS_PER_DAY = limit("mini_program.link_opens_per_day", 3_000_000, "1.7")
QUERY = limit("mini_program.link_query_characters", 1024, "1.7")
SCENE_OUTSIDE, SCENE_INSIDE = 1194, 1167
_DAY = 86400
_TARGET = {
    "path": Text(least=0), "query": Text(least=0, most=QUERY, too_long=40212),
    "env_version": Text(choices=("release", "trial", "develop"), wrong=85402),
}  # fmt: skip
_END = {
    "is_expire": Flag(), "expire_type": Int(choices=(0, 1), wrong=85401), "expire_time": Int(wrong=85401),
    "expire_interval": Int(wrong=85401),
}  # fmt: skip

declare("""
CREATE TABLE IF NOT EXISTS links (
    link TEXT PRIMARY KEY, appid TEXT NOT NULL, kind TEXT NOT NULL, path TEXT NOT NULL, query TEXT NOT NULL, env_version TEXT NOT NULL,
    created_at REAL NOT NULL, expires_at REAL NOT NULL, opened INTEGER NOT NULL DEFAULT 0);
""")


@business(
    API, "POST", "/wxa/generate_urllink", kind="mini_program", rates=(per_day(PER_DAY),),
    fields={**_TARGET, **_END, "cloud_base": Anything()},
)  # fmt: skip
def generate_urllink(call: Call) -> Result:
    """A link for text messages and pages; it lives 30 days at the most."""
    if "cloud_base" in call.data:
        raise Refusal(40097, "invalid args, cloud_base: the mini program has no cloud environment")
    link = f"https://wxaurl.cn/{crypto.random_text(11)}"
    _keep(call, link, "urllink", call.data)
    return ok(url_link=link)


@business(
    API, "POST", "/wxa/generatescheme", kind="mini_program", rates=(per_day(PER_DAY),),
    fields={"jump_wxa": Object(_TARGET), **_END},
)  # fmt: skip
def generatescheme(call: Call) -> Result:
    """A `weixin://` address; without `is_expire: true` it would live for ever, which is no longer given."""
    if call.data.get("is_expire") is not True:
        raise Refusal(85400, "reach max long time quota limit")
    link = f"weixin://dl/business/?t={crypto.random_text(11)}"
    _keep(call, link, "scheme", call.data.get("jump_wxa", {}))
    return ok(openlink=link)


def _keep(call: Call, link: str, kind: str, target: dict[str, Any]) -> None:
    path = target.get("path", "")
    if path and path.removeprefix("/") not in call.account.pages:
        raise Refusal(40165, "invalid weapp pagepath")
    now = call.platform.clock.now()
    call.platform.store.insert(
        "links", link=link, appid=call.account.appid, kind=kind, path=path.removeprefix("/"), query=target.get("query", ""),
        env_version=target.get("env_version", "release"), created_at=now, expires_at=_end(call, now),
    )  # fmt: skip


def _end(call: Call, now: float) -> float:
    data, longest = call.data, call.platform.limits[LONGEST]
    needed = "expire_interval" if data.get("expire_type", 0) == 1 else "expire_time"
    if data.get("is_expire") is False or not {"is_expire", "expire_time", "expire_interval"} & set(data):
        raise Refusal(85400, "reach max long time quota limit")
    if needed not in data:
        raise Refusal(85401, f"time limit between 1min and 30day, {needed} is missing")
    end = now + data[needed] * _DAY if needed == "expire_interval" else float(data[needed])
    if not call.platform.limits[SHORTEST] <= end - now <= longest:
        raise Refusal(85401, "time limit between 1min and 30day")
    return end


def open_link(platform: "Platform", user_id: int, link: str, *, inside: bool) -> dict[str, Any]:
    """She opens a link, inside WeChat or outside: where the mini-program starts. What follows `?cq=` joins the query."""
    people.present(platform, user_id)
    row = _find(platform, link)
    now = platform.clock.now()
    if now >= row["expires_at"]:
        raise NotPossible("链接已过期")
    if platform.store.count_up(f"link_opens:{row['appid']}", platform.clock.today()) > platform.limits[OPENS_PER_DAY]:
        raise NotPossible("该小程序的链接今日打开次数已达上限")
    platform.store.run("UPDATE links SET opened = opened + 1 WHERE link = ?", row["link"])
    people.visit(platform, user_id, row["appid"])
    added = parse_qs(urlsplit(link).query).get("cq", [])
    query = "&".join(part for part in (row["query"], *added) if part)
    pages = people.mini_program(platform, row["appid"]).pages
    return {
        "appid": row["appid"], "path": row["path"] or pages[0], "query": query, "env_version": row["env_version"],
        "scene": SCENE_INSIDE if inside else SCENE_OUTSIDE,
    }  # fmt: skip


def _find(platform: "Platform", link: str) -> Row:
    stem = link.partition("?cq=")[0].partition("&cq=")[0]
    row = platform.store.one("SELECT * FROM links WHERE link = ?", stem)
    if row is None:
        raise NotPossible("没有这个链接", status=404)
    return row
