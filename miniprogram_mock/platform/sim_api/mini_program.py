"""What she does in a mini-program on her phone."""

from typing import TYPE_CHECKING, Any

from aiohttp import web

from miniprogram_mock.platform.mini_program import (
    authorization,
    codes,
    customer_service,
    encrypted_data,
    links,
    shipping,
    subscriptions,
    users,
)
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.sim_api.routing import Body, number, route, text, user_id
from miniprogram_mock.platform.sim_api.users import show_user

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform


@route("POST", r"/_sim/users/{id:\d+}/login-code")
def login_code(request: web.Request, platform: "Platform", body: Body) -> Body:
    return {"code": users.issue_code(platform, user_id(request), kind="login", appid=text(body, "appid"))}


@route("POST", r"/_sim/users/{id:\d+}/phone-code")
def phone_code(request: web.Request, platform: "Platform", body: Body) -> Body:
    """What the phone-number button gives; without quota it answers 409 with `errno` 1400001."""
    return {"code": users.issue_code(platform, user_id(request), kind="phone", appid=text(body, "appid"))}


@route("POST", r"/_sim/users/{id:\d+}/encrypted-data")
def sealed(request: web.Request, platform: "Platform", body: Body) -> Body:
    """What the front end gets sealed with her session key; `kind`: phone, group (with `group`, its name) or userinfo.

    `watermark_appid` stamps it as another mini-program's.
    """
    kind, appid, person = text(body, "kind"), text(body, "appid"), user_id(request)
    stamped = body.get("watermark_appid", appid)
    if kind == "phone":
        return dict(encrypted_data.phone(platform, person, appid=appid, stamped=stamped))
    if kind == "group":
        return dict(encrypted_data.group(platform, person, text(body, "group"), appid=appid, stamped=stamped))
    if kind == "userinfo":
        return encrypted_data.userinfo(platform, person, appid=appid, stamped=stamped)
    raise NotPossible("kind 只能是 phone、group、userinfo", status=422)


@route("POST", r"/_sim/users/{id:\d+}/subscribe")
def subscribe(request: web.Request, platform: "Platform", body: Body) -> Body:
    """`wx.requestSubscribeMessage`: `answers` is a list of `{template_id, answer}`; without an answer her kept choice speaks.

    `keep` is "总是保持以上选择". What came out is in `told`, by template.
    """
    answers = body.get("answers")
    if not isinstance(answers, list) or not all(isinstance(one, dict) for one in answers):
        raise NotPossible("answers 必须是列表", status=422)
    asked = [(text(one, "template_id"), text(one, "answer") if "answer" in one else None) for one in answers]
    told = subscriptions.ask(platform, user_id(request), appid=text(body, "appid"), asked=asked, keep=body.get("keep") is True)
    shown: Body = show_user(request, platform, body)
    return {**shown, "told": told}


@route("POST", r"/_sim/users/{id:\d+}/subscribe-settings")
def subscribe_settings(request: web.Request, platform: "Platform", body: Body) -> Body:
    """The settings page: `allow` for one `template_id`, or without one the main switch."""
    if not isinstance(body.get("allow"), bool):
        raise NotPossible("allow 必须是 true 或 false", status=422)
    template_id = text(body, "template_id") if "template_id" in body else None
    subscriptions.settings(platform, user_id(request), appid=text(body, "appid"), template_id=template_id, allow=body["allow"])
    shown: Body = show_user(request, platform, body)
    return shown


@route("POST", r"/_sim/users/{id:\d+}/scan-code")
def scan_code(request: web.Request, platform: "Platform", body: Body) -> Body:
    """She scans a mini-program code that was drawn, named by its `scene` and `page`."""
    return codes.scan(platform, user_id(request), appid=text(body, "appid"), scene=text(body, "scene"), page=text(body, "page"))


@route("POST", r"/_sim/users/{id:\d+}/open-link")
def open_link(request: web.Request, platform: "Platform", body: Body) -> Body:
    """She opens a URL link or scheme, outside WeChat unless `inside` is true."""
    return links.open_link(platform, user_id(request), text(body, "link"), inside=body.get("inside") is True)


@route("POST", r"/_sim/users/{id:\d+}/chat")
def chat(request: web.Request, platform: "Platform", body: Body) -> Body:
    """She writes to the customer service: `text`, `image` (an address) or `page` (`{title, path}`); `enter` opens it without a word."""
    person, appid = user_id(request), text(body, "appid")
    if body.get("enter") is True:
        customer_service.enter(platform, person, appid=appid, session_from=str(body.get("session_from", "")))
        return {"result": "ok"}
    msgtype, content = customer_service.parse(body)
    return customer_service.write(platform, person, appid=appid, msgtype=msgtype, content=content)


@route("GET", r"/_sim/users/{id:\d+}/chat")
def conversation(request: web.Request, platform: "Platform", _: Body) -> Body:
    appid, limit, after = request.query.get("appid", ""), number(request, "limit", 100), number(request, "after", 0)
    return {"messages": customer_service.conversation(platform, user_id(request), appid=appid, limit=limit, after=after)}


@route("POST", r"/_sim/users/{id:\d+}/revoke")
def revoke(request: web.Request, platform: "Platform", body: Body) -> Body:
    """She takes permissions back: `codes`, numbers of `RevokeInfo`."""
    permissions: Any = body.get("codes")
    if not isinstance(permissions, list) or not all(isinstance(one, int) for one in permissions):
        raise NotPossible("codes 必须是整数列表", status=422)
    authorization.revoke(platform, user_id(request), appid=text(body, "appid"), permissions=permissions)
    return {"result": "ok"}


@route("POST", r"/_sim/users/{id:\d+}/modify-profile")
def modify_profile(request: web.Request, platform: "Platform", body: Body) -> Body:
    authorization.modify(platform, user_id(request), appid=text(body, "appid"))
    return {"result": "ok"}


@route("POST", r"/_sim/users/{id:\d+}/confirm-receipt")
def confirm_receipt(request: web.Request, platform: "Platform", body: Body) -> Body:
    """She confirms that what she paid for has arrived."""
    shipping.confirm(platform, user_id(request), text(body, "transaction_id"))
    return {"result": "ok"}
