"""What a planted fault does to a call: refused, slowed, left without an answer, cut."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import orjson

from miniprogram_mock.platform import errcode
from miniprogram_mock.platform.endpoints import API, MAP, PAY, WORK, Answer, Call
from miniprogram_mock.platform.faults import CALL, Strike, kind
from miniprogram_mock.platform.lbs.wire import MapRefusal
from miniprogram_mock.platform.pay.wire import PayRefusal
from miniprogram_mock.platform.weather import WEATHER, blown
from miniprogram_mock.platform.whitelist import not_allowed

LATENCY = kind("latency", "应答慢 ms 毫秒，再加至多 jitter 毫秒", on=CALL, ms=None, jitter=0)
TIMEOUT_BEFORE = kind("timeout_before", "没有执行，也没有应答", on=CALL)
TIMEOUT_AFTER = kind("timeout_after_accept", "已经执行，但没有应答", on=CALL)
CUT = kind("cut", "没有执行，连接断开", on=CALL)
ERRCODE = kind("errcode", "以错误码 code 拒绝", on=CALL, code=None)
HTTP = kind("http", "HTTP 状态 status 与一个 HTML 页面", on=CALL, status=502)
STORM = kind("storm", "每个带 access_token 的调用都是 40001，无论哪个 token（企业微信是 40014）", on=CALL)
IP_NOT_ALLOWED = kind("ip_not_allowed", "出口 IP 不在白名单：取 token 时 40164，企业微信的每个接口 60020", on=CALL)

_TOKEN_PATHS = ("/cgi-bin/token", "/cgi-bin/stable_token", "/cgi-bin/gettoken")
_MCHID = re.compile(r'mchid="([^"]*)"')
_PAY_CODES = {"-1": "SYSTEM_ERROR", "45009": "RATELIMIT_EXCEEDED", "45011": "FREQUENCY_LIMITED"}


@dataclass
class Trouble:
    """`instead`: the call is not carried out and answered so; `ending`: how a call without an answer ends."""

    instead: Answer | None = None
    delay: float = 0
    ending: str = "answered"
    kinds: list[str] = field(default_factory=list)

    @property
    def is_carried_out(self) -> bool:
        return self.instead is None and self.ending in ("answered", TIMEOUT_AFTER)


def strike(call: Call) -> Trouble:
    """What strikes this call. Slowness goes along with the first of the others; they exclude each other."""
    trouble = Trouble()
    if call.platform.faults.any_on(CALL):
        for one in _strikes(call):
            trouble.kinds.append(one.kind)
            if one.kind == LATENCY:
                trouble.delay += (float(one.params["ms"]) + one.luck * float(one.params["jitter"])) / 1000
                continue
            if one.kind in (TIMEOUT_BEFORE, TIMEOUT_AFTER, CUT):
                trouble.ending = one.kind
            else:
                trouble.instead = _instead(call, one)
            break
    return trouble


def account_of(call: Call) -> str | None:
    """The account that a call is for, as far as it says so: its key, the owner of its token, its appid or corpid, the merchant who signed
    it.
    """
    if call.account is not None:
        return str(call.account.appid)
    if call.host == PAY:
        found = _MCHID.search(call.headers.get("Authorization", ""))
        return found[1] if found else None
    if call.host == MAP:
        return call.query.get("key")
    if token := call.query.get("access_token"):
        owner: str | None = call.platform.store.value("SELECT account FROM tokens WHERE token = ?", token)
        return owner
    named = call.query.get("appid") or call.query.get("corpid")
    if named is None and call.path in _TOKEN_PATHS:
        try:
            named = str(orjson.loads(call.body)["appid"])
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return None
    return named


def _strikes(call: Call) -> Iterator[Strike]:
    struck = call.platform.faults.strikes_on(
        CALL, path=call.path, host=call.host, account=account_of(call), applies=lambda name: _applies(call, name)
    )
    return (blown(one, CALL) if one.kind == WEATHER else one for one in struck)


def _applies(call: Call, name: str) -> bool:
    if name == STORM:
        return "access_token" in call.query
    if name == IP_NOT_ALLOWED:
        return call.host == WORK or call.path in _TOKEN_PATHS
    return name != WEATHER or (call.host in (API, PAY, WORK) and call.path not in _TOKEN_PATHS)


def _instead(call: Call, one: Strike) -> Answer:
    if one.kind == HTTP:
        status = int(one.params["status"])
        page = f"<html><head><title>{status}</title></head><body><center><h1>{status}</h1></center><hr><center>nginx</center></body></html>"
        return Answer(page.encode(), status=status, content_type="text/html", errcode=f"HTTP {status}")
    if one.kind == IP_NOT_ALLOWED:
        return errcode.refused(call, *not_allowed(call))
    if one.kind == STORM and "access_token" in call.query:
        code = 40014 if call.host == WORK else 40001
        return errcode.refused(call, code, "invalid credential, access_token is invalid or not latest")
    # Weather may blow a storm over a call without a token: then Tencent is busy.
    code = str(one.params.get("code", -1))
    if call.host == PAY:
        return PayRefusal(_PAY_CODES.get(code, code), "（模拟故障）").answer()
    if call.host == MAP:
        return MapRefusal(int(code)).answer()
    return errcode.refused(call, int(code), "planted fault")
