"""What she does in her WeChat with a service account."""

from typing import TYPE_CHECKING, Any

from aiohttp import web

from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.service_account import jssdk, notices, oauth, visits
from miniprogram_mock.platform.sim_api.routing import Body, number, route, text, times, user_id

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

_SERVICE = r"/_sim/users/{id:\d+}/service"


@route("POST", f"{_SERVICE}/authorize")
def authorize(request: web.Request, platform: "Platform", body: Body) -> Body:
    """She opens an authorize URL: gives where WeChat sends her, with code and state.

    `allow` false: she refuses on the page of snsapi_userinfo. `snapshot` true: she looks at a snapshot of the page.
    """
    allows, snapshot = body.get("allow", True) is True, body.get("snapshot") is True
    return {"location": oauth.authorize_url(platform, user_id(request), text(body, "url"), allows=allows, snapshot=snapshot)}


@route("POST", f"{_SERVICE}/scan")
def scan(request: web.Request, platform: "Platform", body: Body) -> Body:
    """She scans a scene code, by its `ticket` or the `url` in the picture; `follow` false: she sees the account and leaves."""
    code = text(body, "ticket" if "ticket" in body else "url")
    return visits.scan(platform, user_id(request), code, follows=body.get("follow", True) is True)


@route("POST", f"{_SERVICE}/message")
def message(request: web.Request, platform: "Platform", body: Body) -> Body:
    """She writes to the account: `text`, or a picture by its address in `image`."""
    content = visits.picture(body["image"]) if isinstance(body.get("image"), str) else {"MsgType": "text", "Content": text(body, "text")}
    return {"msgid": visits.say(platform, user_id(request), text(body, "appid"), content)}


@route("GET", f"{_SERVICE}/messages")
def show_conversation(request: web.Request, platform: "Platform", _: Body) -> Body:
    """What she and the account wrote each other, newest first; `after` (an id) goes on from there."""
    appid, after = request.query.get("appid", ""), number(request, "after", 0)
    return {"messages": visits.conversation(platform, user_id(request), appid, limit=number(request, "limit", 100), before=after)}


@route("GET", f"{_SERVICE}/menu")
def show_menu(request: web.Request, platform: "Platform", _: Body) -> Body:
    """The menu that she sees; null if there is none."""
    return {"menu": visits.seen_menu(platform, user_id(request), request.query.get("appid", ""))}


@route("POST", f"{_SERVICE}/menu")
def press_menu(request: web.Request, platform: "Platform", body: Body) -> Body:
    """She presses a button: `path` is its place, [0] or [0, 2]. Gives the button, with where it leads."""
    path = body.get("path")
    if not isinstance(path, list) or not all(type(place) is int for place in path):
        raise NotPossible("path 必须是整数的列表", status=422)
    return {"button": visits.press(platform, user_id(request), text(body, "appid"), path)}


@route("POST", f"{_SERVICE}/location")
def location(request: web.Request, platform: "Platform", body: Body) -> Body:
    """WeChat reports her place: `latitude`, `longitude`, `precision` in metres."""
    place = {name: _decimal(body, name) for name in ("latitude", "longitude", "precision")}
    visits.location(platform, user_id(request), text(body, "appid"), **place)
    return {}


@route("GET", f"{_SERVICE}/notices")
def show_notices(request: web.Request, platform: "Platform", _: Body) -> Body:
    """Her latest answer for each notice template, and how many notices she is willing to get."""
    rows = notices.answers_of(platform, user_id(request), request.query.get("appid", ""))
    return {"notices": [times(row, "answered_at") for row in rows]}


@route("POST", f"{_SERVICE}/notices")
def answer_notices(request: web.Request, platform: "Platform", body: Body) -> Body:
    """What she answers when a page (or, with `asked_on` article, an article) asks: `answers` is a list of `{template_id, answer}`."""
    answers = body.get("answers")
    if not isinstance(answers, list) or not all(isinstance(one, dict) for one in answers):
        raise NotPossible("answers 必须是列表", status=422)
    told = [(text(one, "template_id"), text(one, "answer")) for one in answers]
    asked_on = str(body.get("asked_on", "page"))
    notices.answer(platform, user_id(request), text(body, "appid"), told, asked_on=asked_on)
    return {}


@route("POST", f"{_SERVICE}/notices/withdraw")
def withdraw_notice(request: web.Request, platform: "Platform", body: Body) -> Body:
    """She turns a notice off in the settings."""
    notices.withdraw(platform, user_id(request), text(body, "appid"), text(body, "template_id"))
    return {}


@route("POST", f"{_SERVICE}/one-time")
def confirm_one_time(request: web.Request, platform: "Platform", body: Body) -> Body:
    """She confirms a one-time message: `template_id` and `scene`; gives what comes back to the account's page."""
    scene = body.get("scene")
    if type(scene) is not int:
        raise NotPossible("scene 必须是整数", status=422)
    return dict(notices.confirm_one_time(
        platform, user_id(request), text(body, "appid"), template_id=text(body, "template_id"), scene=scene
    ))  # fmt: skip


@route("POST", "/_sim/service-accounts/{appid}/wx-config")
def wx_config(request: web.Request, platform: "Platform", body: Body) -> Body:
    """A page calls `wx.config`: url, noncestr, timestamp, signature. 409 in the words of its error."""
    signed = {name: text(body, name) for name in ("url", "noncestr", "timestamp", "signature")}
    jssdk.check_config(platform, request.match_info["appid"], **signed)
    return {"result": "config:ok"}


def _decimal(body: Body, name: str) -> float:
    value: Any = body.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise NotPossible(f"{name} 必须是数", status=422)
    return float(value)
