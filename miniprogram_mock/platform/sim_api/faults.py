"""Bad days on demand, and the limits that hold."""

from typing import TYPE_CHECKING, Any

from aiohttp import web

from miniprogram_mock.platform import faults
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.sim_api.routing import Body, route, text
from miniprogram_mock.platform.weather import CALLBACK_WEATHER, WEATHER

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

_COMMON: dict[str, type | tuple[type, ...]] = {
    "path": str, "host": str, "account": str, "times": int, "percent": (int, float), "seconds": (int, float), "seed": int,
}  # fmt: skip


@route("GET", "/_sim/faults")
def list_faults(_: web.Request, platform: "Platform", __: Body) -> Body:
    kinds = [{"kind": one.name, "what": one.what, "on": one.on, "params": one.params} for one in faults.KINDS.values()]
    return {"faults": platform.faults.listed(), "kinds": kinds}


@route("POST", "/_sim/faults")
def plant_faults(_: web.Request, platform: "Platform", body: Body) -> Body:
    """Plant `{"faults": [{"kind", …}]}`, or shorter `{kind: {…}}` and `{kind: times}`, and `{"weather": {…}}` for both of its kinds.

    Without times, percent and seconds a short one strikes once and a listed one until it is cleared. `{"clear": true}` takes all away,
    `{"clear": [ids]}` these.
    """
    wanted: list[Body] = []
    for name, how in body.items():
        if name == "clear":
            _clear(platform, how)
        elif name == "faults":
            wanted += how if isinstance(how, list) else [how]
        else:
            wanted.append(_short(name, how))
            if name == WEATHER:
                wanted.append(_short(CALLBACK_WEATHER, how))
    checked = [_checked(one) for one in wanted]
    planted = [platform.faults.plant(**one) for one in checked if one.get("times") != 0]
    return {"planted": planted, "faults": platform.faults.listed()}


@route("DELETE", r"/_sim/faults/{id:\d+}")
def clear_fault(request: web.Request, platform: "Platform", _: Body) -> Body:
    platform.faults.clear(int(request.match_info["id"]))
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


def _clear(platform: "Platform", which: Any) -> None:
    ids = which if isinstance(which, list) else [] if which is True else [which]
    if not all(isinstance(one, int) for one in ids):
        raise NotPossible("clear 是 true 或故障编号的列表", status=422)
    if ids or which is True:
        platform.faults.clear(*ids)


def _short(kind: str, how: Any) -> Body:
    if isinstance(how, int) and not isinstance(how, bool):
        return {"kind": kind, "times": how}
    if not isinstance(how, dict):
        raise NotPossible(f"{kind} 的写法不对，见 README.md", status=422)
    is_open = "percent" in how or "seconds" in how
    return {"kind": kind, **({} if is_open else {"times": 1}), **how}


def _checked(fault: Any) -> Body:
    """The fault as `Faults.plant` takes it; NotPossible names what is wrong with it."""
    name = fault.get("kind") if isinstance(fault, dict) else None
    if name not in faults.KINDS:
        raise NotPossible(f"{name} 不是一种故障", status=422)
    kind = faults.KINDS[name]
    for field, value in fault.items():
        types = _COMMON.get(field)
        if types and (not isinstance(value, types) or isinstance(value, bool)):
            raise NotPossible(f"{name} 的 {field} 类型不对", status=422)
        if not types and field != "kind" and field not in kind.params:
            raise NotPossible(f"{name} 没有参数 {field}", status=422)
    if missing := [param for param, default in kind.params.items() if default is None and fault.get(param) is None]:
        raise NotPossible(f"{name} 缺少 {'、'.join(missing)}", status=422)
    if (
        not 0 <= fault.get("percent", 100) <= 100
        or fault.get("times", 1) < 0
        or (name in (WEATHER, CALLBACK_WEATHER) and "percent" not in fault)
    ):
        raise NotPossible(f"{name} 的 percent 是 0 到 100，times 不小于 0；weather 必须有 percent", status=422)
    return dict(fault)
