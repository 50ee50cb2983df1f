"""The people: who there is, what WeChat thinks of them, whom they follow, what they read."""

from typing import TYPE_CHECKING

from aiohttp import web

from miniprogram_mock.platform import people
from miniprogram_mock.platform.mini_program import authorization, subscribe, subscriptions
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.service_account import following
from miniprogram_mock.platform.sim_api.routing import Body, number, route, text, user_id

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

MOST_AT_ONCE = 5000


@route("GET", "/_sim/users")
def list_users(request: web.Request, platform: "Platform", _: Body) -> Body:
    rows = people.listed(platform, limit=number(request, "limit", 100), after=number(request, "after", 0))
    return {"users": [_whole(platform, row) for row in rows]}


@route("POST", "/_sim/users")
def create_user(_: web.Request, platform: "Platform", body: Body) -> Body:
    phone = body.get("phone")
    if phone is not None and not isinstance(phone, str):
        raise NotPossible("phone 必须是文本", status=422)
    return _whole(platform, people.create(platform, nickname=text(body, "nickname"), phone=phone, follows=body.get("follow") is True))


@route("POST", "/_sim/users/crowd")
def create_crowd(_: web.Request, platform: "Platform", body: Body) -> Body:
    """Many people at once: `{"count": 1000, "follow": true}` gives their openids by appid."""
    count = body.get("count")
    if not isinstance(count, int) or not 1 <= count <= MOST_AT_ONCE:
        raise NotPossible(f"count 必须是 1 到 {MOST_AT_ONCE} 的整数", status=422)
    return {"openids": people.crowd(platform, count=count, follows=body.get("follow") is True)}


@route("GET", r"/_sim/users/{id:\d+}")
def show_user(request: web.Request, platform: "Platform", _: Body) -> Body:
    return _whole(platform, people.describe(platform, people.get(platform, user_id(request))))


@route("POST", r"/_sim/users/{id:\d+}/risk")
def mark_risk(request: web.Request, platform: "Platform", body: Body) -> Body:
    """WeChat's risk control: `{"high_risk": true}` has every login of hers refused with 40226."""
    if not isinstance(body.get("high_risk"), bool):
        raise NotPossible("high_risk 必须是 true 或 false", status=422)
    people.mark_high_risk(platform, user_id(request), high_risk=body["high_risk"])
    return show_user(request, platform, body)


@route("POST", r"/_sim/users/{id:\d+}/close-account")
def close_account(request: web.Request, platform: "Platform", body: Body) -> Body:
    """She closes her WeChat account: unfollows everything, `user_authorization_cancellation` to every mini-program that she was in."""
    for account in platform.world.service_accounts:
        following.follow(platform, user_id(request), appid=account.appid, following=False)
    authorization.close(platform, user_id(request))
    return show_user(request, platform, body)


@route("POST", r"/_sim/users/{id:\d+}/follow")
def follow(request: web.Request, platform: "Platform", body: Body) -> Body:
    people.present(platform, user_id(request))
    following.follow(platform, user_id(request), appid=text(body, "appid"), following=True)
    return show_user(request, platform, body)


@route("POST", r"/_sim/users/{id:\d+}/unfollow")
def unfollow(request: web.Request, platform: "Platform", body: Body) -> Body:
    following.follow(platform, user_id(request), appid=text(body, "appid"), following=False)
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
    """What service accounts sent her."""
    return {"messages": people.inbox(platform, user_id(request), limit=number(request, "limit", 100))}


@route("GET", r"/_sim/users/{id:\d+}/notices")
def notices(request: web.Request, platform: "Platform", _: Body) -> Body:
    """What mini-programs sent her: subscribe messages, live notices, WeChat's own notices about deliveries."""
    people.get(platform, user_id(request))
    limit, after = number(request, "limit", 100), number(request, "after", 0)
    return {"notices": subscribe.inbox(platform, user_id(request), limit=limit, after=after)}


def _whole(platform: "Platform", user: Body) -> Body:
    return {**user, "subscriptions": subscriptions.of_user(platform, user["id"])}
