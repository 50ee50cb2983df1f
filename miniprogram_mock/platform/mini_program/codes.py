"""Mini-program codes: the picture, and what opens when somebody scans it (spec 1.6)."""

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from miniprogram_mock.platform import people
from miniprogram_mock.platform.endpoints import API, Answer, Call
from miniprogram_mock.platform.errcode import Refusal, Result, business
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.mini_program import code_image
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.rates import per_minute
from miniprogram_mock.platform.shapes import Anything, Either, Flag, Int, Object, Text
from miniprogram_mock.platform.store import declare

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

PER_MINUTE = limit("mini_program.codes_per_minute", 5000, "1.6")
UNCHECKED_PAGES = limit("mini_program.unchecked_pages", 60_000, "1.6; that one more is 45009 is [K], not verified")
SCENE_SCANNED = 1047
_SCENE = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]+")
_COLOR = Either((Int(least=0, most=255), Text(pattern=r"\d{1,2}|1\d\d|2[0-4]\d|25[0-5]")))

declare("""
CREATE TABLE IF NOT EXISTS mini_codes (
    id INTEGER PRIMARY KEY, appid TEXT NOT NULL, scene TEXT NOT NULL, page TEXT NOT NULL, env_version TEXT NOT NULL,
    drawn_at REAL NOT NULL, UNIQUE (appid, scene, page, env_version));
CREATE TABLE IF NOT EXISTS unchecked_pages (appid TEXT NOT NULL, page TEXT NOT NULL, PRIMARY KEY (appid, page));
""")


@business(
    API, "POST", "/wxa/getwxacodeunlimit", kind="mini_program", rates=(per_minute(PER_MINUTE, errcode=45009),),
    fields={
        "scene": Anything(), "page": Text(least=0, wrong=41030), "check_path": Flag(), "width": Int(least=280, most=1280),
        "env_version": Text(choices=("release", "trial", "develop")), "auto_color": Flag(), "is_hyaline": Flag(),
        "line_color": Object(dict.fromkeys("rgb", _COLOR)),
    },
)  # fmt: skip
def getwxacodeunlimit(call: Call) -> Result:
    """The picture of a mini-program code; `scene` holds up to 32 visible characters. The same code may be drawn again and again."""
    data = call.data
    scene = data.get("scene")
    if not isinstance(scene, str) or not 1 <= len(scene) <= 32:
        raise Refusal(40169, "invalid length for scene, or the data is not json string")
    if not _SCENE.fullmatch(scene):
        raise Refusal(40129, "invalid scene")
    page = _page(call)
    given = {"r": 0, "g": 0, "b": 0} if data.get("auto_color") else {"r": 0, "g": 0, "b": 0} | data.get("line_color", {})
    color = tuple(int(given[part]) for part in "rgb")
    picture = code_image.draw(scene, page=page, width=data.get("width", 430), color=color, transparent=data.get("is_hyaline", False))
    call.platform.store.run(
        "INSERT INTO mini_codes (appid, scene, page, env_version, drawn_at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET drawn_at = excluded.drawn_at",
        call.account.appid, scene, page, data.get("env_version", "release"), call.platform.clock.now(),
    )  # fmt: skip
    return Answer(picture, content_type="image/png")


def _page(call: Call) -> str:
    """The page that the code opens; 41030 unless it is published, which `check_path: false` waives for so many pages."""
    page: str = call.data.get("page") or call.account.pages[0]
    if page.startswith("/") or "?" in page:
        raise Refusal(41030, "invalid page")
    if page not in call.account.pages:
        if call.data.get("check_path", True):
            raise Refusal(41030, "invalid page")
        store, appid = call.platform.store, call.account.appid
        store.run("INSERT OR IGNORE INTO unchecked_pages VALUES (?, ?)", appid, page)
        if store.value("SELECT count(*) FROM unchecked_pages WHERE appid = ?", appid) > call.platform.limits[UNCHECKED_PAGES]:
            store.run("DELETE FROM unchecked_pages WHERE appid = ? AND page = ?", appid, page)
            raise Refusal(45009, "reach max api quota limit, pages without check_path")
    return page


def scan(platform: "Platform", user_id: int, *, appid: str, scene: str, page: str) -> dict[str, Any]:
    """She scans a code that was drawn: what the mini-program's `onLoad` gets, the scene still URL-encoded."""
    people.present(platform, user_id)
    people.mini_program(platform, appid)
    if not platform.store.value("SELECT count(*) FROM mini_codes WHERE appid = ? AND scene = ? AND page = ?", appid, scene, page):
        raise NotPossible("没有生成过这个小程序码", status=404)
    people.visit(platform, user_id, appid)
    return {"appid": appid, "path": page, "query": {"scene": quote(scene, safe="")}, "scene": SCENE_SCANNED}
