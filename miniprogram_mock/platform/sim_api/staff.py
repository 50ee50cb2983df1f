"""What the staff do in WeCom: read, press, choose, open the application's page.

Where several corps have a member of that name, `?corpid=` says which is meant.
"""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import web

from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.sim_api.routing import Body, number, route, text
from miniprogram_mock.platform.wecom import card_clicks, inbox, oauth
from miniprogram_mock.platform.world import Corp

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform


@route("GET", "/_sim/staff")
def staff(_: web.Request, platform: "Platform", __: Body) -> Body:
    return {"staff": inbox.staff(platform)}


@route("GET", "/_sim/staff/{userid}/inbox")
def staff_inbox(request: web.Request, platform: "Platform", _: Body) -> Body:
    return inbox.messages(platform, corp_id(request, platform), request.match_info["userid"], limit=number(request, "limit", 100))


@route("POST", "/_sim/staff/{userid}/press")
def press(request: web.Request, platform: "Platform", body: Body) -> Body:
    """Press a button, a submit button or a menu entry; `choices` are lists of option ids by question."""
    message_id, choices = body.get("message_id"), body.get("choices", {})
    if not isinstance(message_id, int):
        raise NotPossible("message_id 必须是整数", status=422)
    if not isinstance(choices, dict) or not all(isinstance(one, list) for one in choices.values()):
        raise NotPossible("choices 必须是问题到选项列表的对象", status=422)
    problem = card_clicks.press(platform, request.match_info["userid"], message_id=message_id, key=text(body, "key"), choices=choices)
    if problem:
        raise NotPossible(problem)
    return {"result": "ok"}


@route("POST", "/_sim/staff/{userid}/oauth-code")
def oauth_code(request: web.Request, platform: "Platform", body: Body) -> Body:
    """The code with which a member who opened an application's page comes back: `{agentid?, scope?}`."""
    userid, app = request.match_info["userid"], application(platform, corp_id(request, platform), body.get("agentid"))
    scope = body.get("scope", oauth.SCOPES[0])
    if scope not in oauth.SCOPES:
        raise NotPossible(f"scope 只能是 {'、'.join(oauth.SCOPES)}", status=422)
    return {"code": oauth.issue_code(platform, app, userid=userid, scope=scope)}


@route("POST", "/_sim/staff/{userid}/authorize")
def authorize(request: web.Request, platform: "Platform", body: Body) -> Body:
    """A member opens an authorize URL in WeCom: gives where she is sent, with code and state."""
    parts = urlsplit(text(body, "url"))
    if parts.fragment != "wechat_redirect":
        raise NotPossible("参数错误：授权链接必须以 #wechat_redirect 结尾", status=422)
    location = oauth.authorize(platform, parts.query, userid=request.match_info["userid"])
    if location is None:
        raise NotPossible("参数错误：appid 不是企业", status=422)
    return {"location": location}


def corp_id(request: web.Request, platform: "Platform") -> str:
    """The corp of the member in the path."""
    return inbox.corp_of(platform, request.match_info["userid"], request.query.get("corpid"))


def application(platform: "Platform", corpid: str, agentid: object = None) -> Corp:
    """An application of a corp, the main one unless `agentid` says another."""
    for corp in platform.world.corps:
        for app in corp.applications if corp.corpid == corpid else ():
            if agentid in (None, app.agentid):
                return app
    raise NotPossible("没有这个企业应用", status=404)
