"""The console of a service account, and what is in it: templates, tags, menus, scene codes, group sends, material."""

import json
from typing import TYPE_CHECKING

from aiohttp import web

from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.service_account import console, group_delivery, tags, templates
from miniprogram_mock.platform.sim_api.routing import Body, number, route, text, times
from miniprogram_mock.platform.world import ServiceAccount

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

_ACCOUNT = "/_sim/service-accounts/{appid}"


@route("GET", "/_sim/service-accounts")
def list_accounts(_: web.Request, platform: "Platform", __: Body) -> Body:
    """Every service account with its number of followers."""
    fans = {
        row["appid"]: row["fans"]
        for row in platform.store.all("SELECT appid, count(*) AS fans FROM follows WHERE following GROUP BY appid")
    }
    return {
        "accounts": [
            {"appid": one.appid, "name": one.name, "original_id": one.original_id, "linked": one.linked, "fans": fans.get(one.appid, 0)}
            for one in platform.world.service_accounts
        ]
    }


@route("GET", f"{_ACCOUNT}/templates")
def list_templates(request: web.Request, platform: "Platform", _: Body) -> Body:
    """Its templates of all kinds: template messages, subscription notices, one-time messages."""
    return {"templates": [times(row, "added_at") for row in templates.of_account(platform, _account(request, platform))]}


@route("POST", f"{_ACCOUNT}/templates")
def add_template(request: web.Request, platform: "Platform", body: Body) -> Body:
    """Add one by hand: `kind` template, notice or one_time; `title`; `fields` maps a key to its label; `choices`, what a const may say."""
    fields, choices = body.get("fields", {}), body.get("choices", {})
    if not isinstance(fields, dict) or not all(isinstance(label, str) for label in fields.values()):
        raise NotPossible("fields 必须是键到名称的对象", status=422)
    if not isinstance(choices, dict) or not all(isinstance(one, list) for one in choices.values()):
        raise NotPossible("choices 必须是键到选项列表的对象", status=422)
    kind, title = text(body, "kind"), text(body, "title")
    return {"template_id": templates.add(platform, _account(request, platform), kind=kind, title=title, fields=fields, choices=choices)}


@route("POST", f"{_ACCOUNT}/templates/{{template_id}}")
def set_template(request: web.Request, platform: "Platform", body: Body) -> Body:
    """`state` withdrawn: Tencent takes the template away (43116); in_use: it gives it back."""
    templates.set_state(platform, _account(request, platform), request.match_info["template_id"], text(body, "state"))
    return {}


@route("GET", f"{_ACCOUNT}/tags")
def list_tags(request: web.Request, platform: "Platform", _: Body) -> Body:
    return {"tags": tags.listed(platform, _account(request, platform).appid)}


@route("GET", f"{_ACCOUNT}/menus")
def list_menus(request: web.Request, platform: "Platform", _: Body) -> Body:
    """The menu for everybody (without a tag_id) and those for tagged people."""
    rows = platform.store.all("SELECT * FROM service_menus WHERE appid = ? ORDER BY menuid DESC", _account(request, platform).appid)
    return {"menus": [{"menuid": row["menuid"], "tag_id": row["tag_id"], "button": json.loads(row["buttons"])} for row in rows]}


@route("GET", f"{_ACCOUNT}/scene-codes")
def list_scene_codes(request: web.Request, platform: "Platform", _: Body) -> Body:
    """Its scene codes, newest first; with `after` (an id) those made before it."""
    after = number(request, "after", 0)
    rows = platform.store.all(
        "SELECT * FROM scene_codes WHERE appid = ? AND (? = 0 OR id < ?) ORDER BY id DESC LIMIT ?",
        _account(request, platform).appid, after, after, number(request, "limit", 100),
    )  # fmt: skip
    return {"scene_codes": [times(row, "created_at", "expires_at") for row in rows]}


@route("GET", f"{_ACCOUNT}/group-sends")
def list_group_sends(request: web.Request, platform: "Platform", _: Body) -> Body:
    """Its group sends, newest first; with `after` (a msg_id) those before it."""
    rows = group_delivery.listed(
        platform, _account(request, platform).appid, limit=number(request, "limit", 100), after=number(request, "after", 0)
    )
    return {"group_sends": [times(row, "submitted_at", "finished_at") for row in rows]}


@route("POST", f"{_ACCOUNT}/group-sends/{{msg_id:\\d+}}")
def decide_group_send(request: web.Request, platform: "Platform", body: Body) -> Body:
    """The administrator confirms a group send, or refuses it: `confirmed` true or false."""
    if not isinstance(body.get("confirmed"), bool):
        raise NotPossible("confirmed 必须是 true 或 false", status=422)
    group_delivery.decide(platform, _account(request, platform).appid, int(request.match_info["msg_id"]), confirmed=body["confirmed"])
    return {}


@route("GET", f"{_ACCOUNT}/media")
def list_media(request: web.Request, platform: "Platform", _: Body) -> Body:
    rows = platform.store.all(
        "SELECT * FROM service_media WHERE appid = ? ORDER BY rowid DESC LIMIT ?",
        _account(request, platform).appid, number(request, "limit", 100),
    )  # fmt: skip
    return {"media": [times(row, "added_at") for row in rows]}


@route("POST", f"{_ACCOUNT}/media")
def add_media(request: web.Request, platform: "Platform", body: Body) -> Body:
    """Upload material by hand: `type` image, voice, video or mpnews, and a `title`."""
    appid = _account(request, platform).appid
    return {"media_id": console.add_media(platform, appid, type_=text(body, "type"), title=text(body, "title"))}


def _account(request: web.Request, platform: "Platform") -> ServiceAccount:
    return console.account_of(platform, request.match_info["appid"])
