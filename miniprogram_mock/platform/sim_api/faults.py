"""Bad days on demand, and the limits that hold."""

from typing import TYPE_CHECKING

from aiohttp import web

from miniprogram_mock.platform import faults
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.sim_api.routing import Body, route, text

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform


@route("GET", "/_sim/faults")
def list_faults(_: web.Request, platform: "Platform", __: Body) -> Body:
    return {"faults": platform.faults.listed(), "kinds": faults.KINDS}


@route("POST", "/_sim/faults")
def plant_faults(_: web.Request, platform: "Platform", body: Body) -> Body:
    """Plant faults: `{"lose_callbacks": n}`, `{"timeout_after_accept": {"path", "times"}}`, `{"errcode": {"path", "code", "times"}}`,
    `{"template_status": {"status", "times"}}`, `{"refund_status": {"status", "times"}}`; `{"clear": true}` takes all away.
    """
    for kind, how in body.items():
        if kind == "clear":
            platform.faults.clear()
        elif kind == "lose_callbacks" and isinstance(how, int):
            platform.faults.plant(kind, times=how)
        elif kind in faults.KINDS and isinstance(how, dict):
            times, value = how.get("times", 1), how.get("code", how.get("status"))
            if not isinstance(times, int) or (value is None and kind != "timeout_after_accept"):
                raise NotPossible(f"{kind} 缺少 code、status 或 times", status=422)
            platform.faults.plant(kind, times=times, path=how.get("path"), value=value)
        else:
            wrong = "的写法不对，见 README.md" if kind in faults.KINDS else "不是一种故障"
            raise NotPossible(f"{kind} {wrong}", status=422)
    return {"faults": platform.faults.listed()}


@route("GET", "/_sim/limits")
def list_limits(_: web.Request, platform: "Platform", __: Body) -> Body:
    """Every limit and quota: what holds, what was declared, and where in the contract it stands."""
    return {"limits": platform.limits.listed()}


@route("POST", "/_sim/limits")
def set_limit(_: web.Request, platform: "Platform", body: Body) -> Body:
    """`{"name", "value"}`; without a value it goes back to what was declared."""
    value = body.get("value")
    if value is not None and (not isinstance(value, int | float) or isinstance(value, bool) or value < 0):
        raise NotPossible("value 必须是不小于 0 的数", status=422)
    try:
        platform.limits.set(text(body, "name"), value)
    except KeyError:
        raise NotPossible("没有这个限制", status=404) from None
    return {"limits": platform.limits.listed()}
