"""The console of Tencent: accounts, callback addresses, and the page of the simulator itself."""

import secrets
from dataclasses import asdict
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

from miniprogram_mock.platform.callbacks import crypt_of
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.sim_api.routing import PAGES, Body, loopback_only, outgoing, route, table, text
from miniprogram_mock.platform.world import Corp, MiniProgram

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform


@table.get("/")
@loopback_only
async def page(_: web.Request) -> web.StreamResponse:
    return web.FileResponse(PAGES / "index.html", headers={"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache"})


@route("GET", "/_sim/health")
def health(_: web.Request, platform: "Platform", __: Body) -> Body:
    return {"ok": True, "now": platform.clock.rfc3339(platform.clock.now())}


@route("GET", "/_sim/world")
def show_world(_: web.Request, platform: "Platform", __: Body) -> Body:
    """The accounts without their keys; a mini-program with its pages and subscribe templates."""
    accounts: list[Body] = [{"kind": type(one).__name__, "appid": one.appid, "name": one.name} for one in platform.world.accounts.values()]
    for account, one in zip(accounts, platform.world.accounts.values(), strict=True):
        if isinstance(one, MiniProgram):
            account |= {"pages": one.pages, "subscribe_templates": [asdict(template) for template in one.subscribe_templates]}
    merchants = [{"mchid": one.mchid, "appid": one.appid, "name": one.name} for one in platform.world.merchants]
    return {"accounts": accounts, "merchants": merchants, "callback_base": platform.world.callback_base}


@route("POST", "/_sim/verify-callback")
async def verify_callback(_: web.Request, platform: "Platform", body: Body) -> Body:
    """What the console does when a callback address is saved: ask it for the echo."""
    account = platform.world.accounts.get(text(body, "appid"))
    if account is None:
        raise NotPossible("没有这个账号", status=404)
    if not account.token:
        raise NotPossible("这个应用没有设置接收消息的地址")
    crypt, timestamp, nonce, echo = crypt_of(account), str(platform.clock.wall()), str(secrets.randbelow(10**10)), secrets.token_hex(10)
    query = {"timestamp": timestamp, "nonce": nonce, "echostr": echo}
    if isinstance(account, Corp):
        query["echostr"] = crypt.encrypt(echo)
        query["msg_signature"] = crypt.signature(timestamp, nonce, query["echostr"])
    else:
        query["signature"] = crypt.signature(timestamp, nonce)
    url = platform.world.callback_url(account)
    try:
        async with outgoing() as session, session.get(url, params=query) as response:
            status, answer = response.status, await response.text(errors="replace")
    except (aiohttp.ClientError, TimeoutError) as failure:
        return {"ok": False, "url": url, "error": type(failure).__name__}
    return {"ok": status == 200 and answer == echo, "url": url, "status": status}
