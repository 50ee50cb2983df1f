"""What the administrator of a corp does in WeCom's console: members, departments, tags, who sees whom; and a stranger who opens a page."""

from typing import TYPE_CHECKING

from aiohttp import web

from miniprogram_mock.platform import people
from miniprogram_mock.platform.endpoints import Refusal
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.sim_api.routing import Body, route, text
from miniprogram_mock.platform.sim_api.staff import application
from miniprogram_mock.platform.wecom import directory, media, oauth, roster
from miniprogram_mock.platform.world import Corp

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

_DETAILS = {"name": str, "mobile": str, "email": str, "position": str, "gender": str, "department": list}
_FLAGS = ("licensed", "serves_customers")


def corp_of(platform: "Platform", corpid: object) -> Corp:
    """The corp that is named; none need be where there is only one."""
    chosen = [corp for corp in platform.world.corps if corpid in (None, corp.corpid)]
    if len(chosen) != 1:
        raise NotPossible("没有这个企业" if not chosen else "有多个企业，请给出 corpid", status=404 if not chosen else 422)
    return chosen[0]


def user_of(body: Body) -> int:
    user = body.get("user")
    if not isinstance(user, int):
        raise NotPossible("user 必须是用户的编号", status=422)
    return user


def texts(body: Body, name: str) -> list[str]:
    """A list of texts, empty when it is not given."""
    value = body.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise NotPossible(f"{name} 必须是文本列表", status=422)
    return value


def numbers(body: Body, name: str) -> list[int]:
    value = body.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, int) for one in value):
        raise NotPossible(f"{name} 必须是整数列表", status=422)
    return value


def refused(refusal: Refusal) -> NotPossible:
    return NotPossible(f"企业微信不允许：{refusal.errcode} {refusal}")


@route("GET", "/_sim/wecom/members")
def members(request: web.Request, platform: "Platform", _: Body) -> Body:
    corp = corp_of(platform, request.query.get("corpid"))
    return {
        "members": [{name: row[name] for name in row if name not in ("seq", "left_at")} for row in directory.members(platform, corp.corpid)]
    }


@route("POST", "/_sim/wecom/members")
def join(_: web.Request, platform: "Platform", body: Body) -> Body:
    """A new member: `{userid, name, department?, mobile?, email?, position?, gender?, serves_customers?}`."""
    corp = corp_of(platform, body.get("corpid"))
    data = {"userid": text(body, "userid"), "name": text(body, "name"), **_details(body)}
    try:
        roster.join(platform, corp.corpid, data)
    except Refusal as refusal:
        raise refused(refusal) from None
    return {"result": "ok"}


@route("POST", "/_sim/wecom/members/{userid}")
def change(request: web.Request, platform: "Platform", body: Body) -> Body:
    """Change what is given of a member; also `licensed` (接口许可) and `serves_customers` (客户联系)."""
    corp = corp_of(platform, body.get("corpid"))
    try:
        roster.change(platform, corp.corpid, request.match_info["userid"], _details(body))
    except Refusal as refusal:
        raise refused(refusal) from None
    return {"result": "ok"}


@route("POST", "/_sim/wecom/members/{userid}/leave")
def leave(request: web.Request, platform: "Platform", body: Body) -> Body:
    corp = corp_of(platform, body.get("corpid"))
    try:
        roster.leave(platform, corp.corpid, request.match_info["userid"])
    except Refusal as refusal:
        raise refused(refusal) from None
    return {"result": "ok"}


@route("GET", "/_sim/wecom/departments")
def departments(request: web.Request, platform: "Platform", _: Body) -> Body:
    return {"departments": directory.departments(platform, corp_of(platform, request.query.get("corpid")).corpid)}


@route("POST", "/_sim/wecom/departments")
def open_department(_: web.Request, platform: "Platform", body: Body) -> Body:
    """`{name, parentid?}`, under the root unless it says otherwise."""
    corp = corp_of(platform, body.get("corpid"))
    data = {"name": text(body, "name"), "parentid": body.get("parentid", directory.ROOT)}
    try:
        return {"id": roster.open_department(platform, corp.corpid, data)}
    except Refusal as refusal:
        raise refused(refusal) from None


@route("POST", r"/_sim/wecom/departments/{id:\d+}")
def change_department(request: web.Request, platform: "Platform", body: Body) -> Body:
    """`{name?, parentid?}`, or `{"delete": true}`."""
    corp, number = corp_of(platform, body.get("corpid")), int(request.match_info["id"])
    try:
        if body.get("delete") is True:
            roster.close_department(platform, corp.corpid, number)
        else:
            data = {name: body[name] for name in ("name", "parentid") if name in body}
            roster.change_department(platform, corp.corpid, number, data)
    except Refusal as refusal:
        raise refused(refusal) from None
    return {"result": "ok"}


@route("POST", r"/_sim/wecom/member-tags/{id:\d+}")
def tag_members(request: web.Request, platform: "Platform", body: Body) -> Body:
    """A member tag names exactly these: `{name, userids}`."""
    corp = corp_of(platform, body.get("corpid"))
    try:
        roster.tag(platform, corp.corpid, int(request.match_info["id"]), name=text(body, "name"), userids=texts(body, "userids"))
    except Refusal as refusal:
        raise refused(refusal) from None
    return {"result": "ok"}


@route("GET", "/_sim/wecom/apps")
def apps(_: web.Request, platform: "Platform", __: Body) -> Body:
    """Every application of every corp; `id` is what its switches, its tokens and its callbacks are filed under."""
    return {
        "apps": [
            {
                "id": app.appid, "corpid": app.corpid, "agentid": app.agentid, "name": app.name, "has_callback": bool(app.token),
                "customer_contact": app.customer_contact, "writes_contacts": app.writes_contacts,
                "sees": len(directory.visible(platform, app)),
            }
            for corp in platform.world.corps
            for app in corp.applications
        ]
    }  # fmt: skip


@route("POST", r"/_sim/wecom/apps/{agentid:\d+}/visibility")
def see(request: web.Request, platform: "Platform", body: Body) -> Body:
    """Whom the application sees from now on: `{users, parties, tags}`."""
    app = application(platform, corp_of(platform, body.get("corpid")).corpid, int(request.match_info["agentid"]))
    directory.see(platform, app, users=texts(body, "users"), parties=numbers(body, "parties"), tags=numbers(body, "tags"))
    return {"sees": directory.visible(platform, app)}


@route("POST", "/_sim/wecom/media")
def upload(_: web.Request, platform: "Platform", body: Body) -> Body:
    """Upload a picture, a video or a file in the console: `{kind}`."""
    if body.get("kind") not in media.KINDS:
        raise NotPossible(f"kind 只能是 {'、'.join(media.KINDS)}", status=422)
    return {"media_id": media.upload(platform, corp_of(platform, body.get("corpid")).corpid, body["kind"])}


@route("POST", "/_sim/wecom/oauth-code")
def stranger_code(_: web.Request, platform: "Platform", body: Body) -> Body:
    """The code with which somebody in WeChat who opened an application's page comes back: `{user, agentid?}`."""
    app = application(platform, corp_of(platform, body.get("corpid")).corpid, body.get("agentid"))
    return {"code": oauth.issue_code(platform, app, user_id=people.get(platform, user_of(body))["id"])}


def _details(body: Body) -> Body:
    details = {name: body[name] for name in _DETAILS if name in body}
    for name, value in details.items():
        if not isinstance(value, _DETAILS[name]):
            raise NotPossible(f"{name} 的类型不对", status=422)
    flags = {name: body[name] for name in _FLAGS if name in body}
    if not all(isinstance(value, bool) for value in flags.values()):
        raise NotPossible(f"{'、'.join(flags)} 必须是 true 或 false", status=422)
    numbers(body, "department")
    return {**details, **flags}
