"""What every endpoint of Tencent Location Service has in common: the key, its signature, its quotas; `status` under HTTP 200.

Status codes are those of the list that uni-map-common passes on; the order in which they are checked is not verified, nor is what a call
that is refused costs of the quotas (here: nothing before the signature is right).
"""

import hashlib
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.endpoints import ENDPOINTS, MAP, Answer, Call
from miniprogram_mock.platform.lbs import KEY, SECRET
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.switches import switch
from miniprogram_mock.platform.whitelist import WHITELIST, WHITELIST_ON, covers

PER_SECOND = limit("map.per_second", 5, "7 [K], not verified: a personal key")
PER_DAY = limit("map.per_day", 6_000, "7 [K], not verified: a personal key")
ENABLED = switch("map_webservice_on", True, "key 已开启 WebServiceAPI（关：199）")
SIGNED = switch("map_signature_on", True, "key 启用签名校验（SK），sig 必填（关：按 IP 白名单）")
_WORDS = {
    110: "请求来源未被授权",
    111: "签名验证失败",
    112: "IP未被授权",
    113: "此功能未被授权",
    120: "此key每秒请求量已达到上限",
    121: "此key每日调用量已达到上限",
    190: "无效的KEY",
    199: "此key未开启WebserviceAPI功能",
    301: "缺少必要字段key",
    306: "缺少参数",
    310: "请求参数信息有误",
    311: "key格式错误",
    347: "查询无结果",
    348: "参数错误",
    365: "纬度不能超过±90",
    366: "经度不能超过±180",
    375: "局域网IP无法定位",
    382: "IP无法定位",
    500: "服务响应失败",
}
_GROUPS, _GROUP = 6, 5
Function = Callable[[Call], dict[str, Any]]


class MapRefusal(Exception):
    """An answer with a status other than 0."""

    def __init__(self, status: int) -> None:
        super().__init__(_WORDS.get(status, "服务响应失败"))
        self.status = status

    def answer(self) -> Answer:
        return Answer.json({"status": self.status, "message": str(self), "request_id": uuid.uuid4().hex}, errcode=str(self.status))


def map_endpoint(path: str) -> Callable[[Function], Function]:
    """Register an endpoint: it gives the `result`, or raises a `MapRefusal`."""

    def decorate(function: Function) -> Function:
        @wraps(function)
        def run(call: Call) -> Answer:
            try:
                _check(call)
                result = function(call)
            except MapRefusal as refusal:
                return refusal.answer()
            return Answer.json({"status": 0, "message": "Success", "request_id": uuid.uuid4().hex, "result": result})

        ENDPOINTS.add(MAP, "GET", path, run)
        return function

    return decorate


def _check(call: Call) -> None:
    platform, key = call.platform, call.query.get("key")
    if not key:
        raise MapRefusal(301)
    if [len(group) for group in key.split("-")] != [_GROUP] * _GROUPS:
        raise MapRefusal(311)
    if key != KEY:
        raise MapRefusal(190)
    if not platform.switches[KEY, ENABLED]:
        raise MapRefusal(199)
    if platform.switches[KEY, SIGNED] and not crypto.same(call.query.get("sig", ""), signature(call.path, call.query)):
        raise MapRefusal(111)
    if platform.switches[KEY, WHITELIST_ON] and not any(covers(str(one), call.remote) for one in platform.switches[KEY, WHITELIST]):
        raise MapRefusal(112)
    second = str(int(platform.clock.now()))
    platform.store.run("DELETE FROM counters WHERE name = ? AND window <> ?", PER_SECOND, second)
    if platform.store.count_up(PER_SECOND, second) > platform.limits[PER_SECOND]:
        raise MapRefusal(120)
    if platform.store.count_up(PER_DAY, platform.clock.today()) > platform.limits[PER_DAY]:
        raise MapRefusal(121)


def signature(path: str, query: Any) -> str:
    """MD5 over path, parameters in the order of their names with plain values, and the secret key."""
    plain = "&".join(f"{name}={query[name]}" for name in sorted(query) if name != "sig")
    return hashlib.md5(f"{path}?{plain}{SECRET}".encode(), usedforsecurity=False).hexdigest()
