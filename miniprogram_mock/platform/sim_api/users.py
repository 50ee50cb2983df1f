"""What people do on their phones."""

from typing import TYPE_CHECKING

from aiohttp import web

from miniprogram_mock.platform import people
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.service_account import following
from miniprogram_mock.platform.sim_api.routing import Body, number, route, text, user_id

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform


@route("GET", "/_sim/users")
def list_users(request: web.Request, platform: "Platform", _: Body) -> Body:
    return {"users": people.listed(platform, limit=number(request, "limit", 100), after=number(request, "after", 0))}


@route("POST", "/_sim/users")
def create_user(_: web.Request, platform: "Platform", body: Body) -> Body:
    phone = body.get("phone")
    if phone is not None and not isinstance(phone, str):
        raise NotPossible("phone 必须是文本", status=422)
    return people.create(platform, nickname=text(body, "nickname"), phone=phone, follows=body.get("follow") is True)


@route("GET", r"/_sim/users/{id:\d+}")
def show_user(request: web.Request, platform: "Platform", _: Body) -> Body:
    return people.describe(platform, people.get(platform, user_id(request)))


@route("POST", r"/_sim/users/{id:\d+}/login-code")
def login_code(request: web.Request, platform: "Platform", body: Body) -> Body:
    return {"code": people.issue_code(platform, user_id(request), kind="login", appid=text(body, "appid"))}


@route("POST", r"/_sim/users/{id:\d+}/phone-code")
def phone_code(request: web.Request, platform: "Platform", body: Body) -> Body:
    return {"code": people.issue_code(platform, user_id(request), kind="phone", appid=text(body, "appid"))}


@route("POST", r"/_sim/users/{id:\d+}/follow")
def follow(request: web.Request, platform: "Platform", body: Body) -> Body:
    following.follow(platform, user_id(request), appid=text(body, "appid"), following=True)
    return show_user(request, platform, body)


@route("POST", r"/_sim/users/{id:\d+}/unfollow")
def unfollow(request: web.Request, platform: "Platform", body: Body) -> Body:
    following.follow(platform, user_id(request), appid=text(body, "appid"), following=False)
    return show_user(request, platform, body)


@route("POST", r"/_sim/users/{id:\d+}/subscribe")
def subscribe(request: web.Request, platform: "Platform", body: Body) -> Body:
    """What she answered to `wx.requestSubscribeMessage`: `answers` is a list of `{template_id, answer}`."""
    answers = body.get("answers")
    if not isinstance(answers, list) or not all(isinstance(one, dict) for one in answers):
        raise NotPossible("answers 必须是列表", status=422)
    told = [(text(one, "template_id"), text(one, "answer")) for one in answers]
    people.subscribe(platform, user_id(request), appid=text(body, "appid"), answers=told)
    return show_user(request, platform, body)


@route("POST", r"/_sim/users/{id:\d+}/restrict")
def restrict(request: web.Request, platform: "Platform", body: Body) -> Body:
    """`blacklisted` (by the account) and `refuses_messages` (by the user), each true or false."""
    people.restrict(
        platform, user_id(request), appid=text(body, "appid"),
        blacklisted=body.get("blacklisted"), refuses_messages=body.get("refuses_messages"),
    )  # fmt: skip
    return show_user(request, platform, body)


@route("GET", r"/_sim/users/{id:\d+}/inbox")
def user_inbox(request: web.Request, platform: "Platform", _: Body) -> Body:
    return {"messages": people.inbox(platform, user_id(request), limit=number(request, "limit", 100))}
