"""What an operator switches in Tencent's consoles, for one account."""

from typing import TYPE_CHECKING

from aiohttp import web

from miniprogram_mock.platform import lbs, switches
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.sim_api.routing import Body, route

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform


@route("GET", "/_sim/accounts/{account}/switches")
def show_switches(request: web.Request, platform: "Platform", _: Body) -> Body:
    account = _known(request, platform)
    what = {one.name: {"what": one.what, "default": one.default, "choices": one.choices} for one in switches.DECLARED.values()}
    return {"switches": platform.switches.of(account), "what": what}


@route("POST", "/_sim/accounts/{account}/switches")
def set_switches(request: web.Request, platform: "Platform", body: Body) -> Body:
    """`{name: value}` for as many as you like: all of them are set, or none."""
    account = _known(request, platform)
    for name, value in body.items():
        if name not in switches.DECLARED:
            raise NotPossible(f"没有开关 {name}", status=404)
        if not switches.DECLARED[name].takes(value):
            raise NotPossible(f"{name} 不能是 {value}", status=422)
    for name, value in body.items():
        platform.switches.set(account, name, value)
    return {"switches": platform.switches.of(account)}


def _known(request: web.Request, platform: "Platform") -> str:
    account = request.match_info["account"]
    if account not in platform.world.accounts and account not in platform.world.payees and account != lbs.KEY:
        raise NotPossible("没有这个账号", status=404)
    return account
