"""The console of a mini-program: templates, codes, links, checks, orders and the management of its trade."""

from typing import TYPE_CHECKING

from aiohttp import web

from miniprogram_mock.platform import people
from miniprogram_mock.platform.mini_program import customer_service, safety, shipping, shipping_orders, templates, users
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.sim_api.routing import Body, number, route, text, times
from miniprogram_mock.platform.world import MiniProgram

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform


def _account(request: web.Request, platform: "Platform") -> MiniProgram:
    return people.mini_program(platform, request.match_info["appid"])


def _newest(request: web.Request, platform: "Platform", table: str) -> list[Body]:
    """Rows of a table of the mini-program's, newest first; `after` goes on below an id."""
    appid, after, limit = _account(request, platform).appid, number(request, "after", 0), number(request, "limit", 100)
    return platform.store.all(
        f"SELECT rowid AS id, * FROM {table} WHERE appid = ? AND (? = 0 OR rowid < ?) ORDER BY rowid DESC LIMIT ?",  # noqa: S608
        appid, after, after, limit,
    )  # fmt: skip


@route("GET", "/_sim/mini-programs/{appid}")
def show(request: web.Request, platform: "Platform", _: Body) -> Body:
    """What an operator sees at a glance; the switches are at `accounts/{appid}/switches`."""
    account = _account(request, platform)
    trade = shipping.management(platform, account.appid)
    return {
        "appid": account.appid, "name": account.name, "phone_numbers_left": users.phone_numbers_left(platform, account.appid),
        "trade_managed": bool(trade["managed"]), "trade_confirmed": bool(trade["confirmed"]), "jump_path": trade["jump_path"],
    }  # fmt: skip


@route("GET", "/_sim/mini-programs/{appid}/templates")
def list_templates(request: web.Request, platform: "Platform", _: Body) -> Body:
    found = templates.listed(platform, _account(request, platform))
    return {"templates": [
        {"template_id": one.template_id, "title": one.title, "fields": one.fields, "choices": one.choices} for one in found
    ]}  # fmt: skip


@route("POST", "/_sim/mini-programs/{appid}/templates")
def add_template(request: web.Request, platform: "Platform", body: Body) -> Body:
    """A template of one's own making: `title`, `fields` (typed key to label), and `choices` for what a `const` may say."""
    fields, choices = body.get("fields"), body.get("choices", {})
    if not isinstance(fields, dict) or not fields or not isinstance(choices, dict):
        raise NotPossible("fields 必须是 {键: 名称}", status=422)
    account = _account(request, platform)
    return {"template_id": templates.add(platform, account, tid="", title=text(body, "title"), fields=fields, choices=choices)}


@route("GET", "/_sim/mini-programs/{appid}/codes")
def list_codes(request: web.Request, platform: "Platform", _: Body) -> Body:
    return {"codes": [times(row, "drawn_at") for row in _newest(request, platform, "mini_codes")]}


@route("GET", "/_sim/mini-programs/{appid}/links")
def list_links(request: web.Request, platform: "Platform", _: Body) -> Body:
    return {"links": [times(row, "created_at", "expires_at") for row in _newest(request, platform, "links")]}


@route("GET", "/_sim/mini-programs/{appid}/media-checks")
def list_media_checks(request: web.Request, platform: "Platform", _: Body) -> Body:
    return {"media_checks": [times(row, "asked_at", "answered_at") for row in _newest(request, platform, "media_checks")]}


@route("GET", "/_sim/mini-programs/{appid}/sec-words")
def list_words(request: web.Request, platform: "Platform", _: Body) -> Body:
    """What a text must say to be found risky or doubtful, and what the address of a picture must."""
    _account(request, platform)
    return {"words": safety.WORDS, "media": safety.MEDIA}


@route("POST", "/_sim/mini-programs/{appid}/media")
def add_media(request: web.Request, platform: "Platform", _: Body) -> Body:
    """Upload a picture for customer-service messages."""
    return {"media_id": customer_service.add_media(platform, _account(request, platform).appid)}


@route("POST", "/_sim/mini-programs/{appid}/trade-management")
def manage_trade(request: web.Request, platform: "Platform", body: Body) -> Body:
    """Tencent manages the trade (`managed`), the operator confirms it (`confirmed`): payments from now on are frozen until settled."""
    for name in ("managed", "confirmed"):
        if not isinstance(body.get(name), bool):
            raise NotPossible(f"{name} 必须是 true 或 false", status=422)
    shipping.manage(platform, _account(request, platform), managed=body["managed"], confirmed=body["confirmed"])
    return show(request, platform, body)


@route("GET", "/_sim/mini-programs/{appid}/orders")
def list_orders(request: web.Request, platform: "Platform", _: Body) -> Body:
    """Paid orders with their delivery, newest first, and whether their money is frozen."""
    rows = [row for row in _newest(request, platform, "payments") if row["transaction_id"] is not None]
    told = [{"id": row["id"], "frozen": shipping.is_frozen(platform, row["mchid"], row["out_trade_no"])} for row in rows]
    return {"orders": [one | shipping_orders.describe(platform, row) for one, row in zip(told, rows, strict=True)]}
