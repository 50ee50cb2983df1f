"""What an endpoint is: a function from one `Call` to an answer, filed under host, method and path."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

API, PAY, WORK = "api.weixin.qq.com", "api.mch.weixin.qq.com", "qyapi.weixin.qq.com"
# Where a browser of the consumer goes: the web login of a service account, and the pictures of its QR codes.
OPEN, MP = "open.weixin.qq.com", "mp.weixin.qq.com"
# Tencent Location Service.
MAP = "apis.map.qq.com"
# Tencent Cloud's short messages.
SMS = "sms.tencentcloudapi.com"
HOSTS = (API, PAY, WORK, OPEN, MP, MAP, SMS)
# Where WeChat Pay is to be found when its first address cannot be reached.
SAME_HOSTS = {"api2.mch.weixin.qq.com": PAY}


@dataclass(slots=True)
class Call:
    """One request to the platform; `target` is path and query exactly as sent, which is what Pay signatures cover."""

    platform: "Platform"
    host: str
    method: str
    path: str
    target: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    remote: str
    path_args: dict[str, str] = field(default_factory=dict)
    account: Any = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Answer:
    """What goes back on the wire, and in one word (`errcode`) how it went, for the record of calls."""

    body: bytes
    status: int = 200
    content_type: str = "application/json; encoding=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    errcode: str = "0"

    @classmethod
    def json(cls, content: Any, *, status: int = 200, errcode: str = "0") -> "Answer":
        return cls(orjson.dumps(content), status=status, errcode=errcode)


class Refusal(Exception):
    """An answer with an errcode other than 0; the HTTP status stays 200."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(errmsg)
        self.errcode, self.errmsg = errcode, errmsg


Run = Callable[[Call], Answer]


class Endpoints:
    """Every endpoint by host, method and path; `{name}` in a path takes one segment."""

    def __init__(self) -> None:
        self._exact: dict[tuple[str, str, str], Run] = {}
        self._patterns: list[tuple[str, str, re.Pattern[str], Run]] = []

    def add(self, host: str, method: str, path: str, run: Run) -> None:
        if "{" in path:
            pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))
            self._patterns.append((host, method, pattern, run))
        else:
            self._exact[host, method, path] = run

    def find(self, call: Call) -> Run | None:
        """The endpoint for this call; fills the call's path arguments."""
        if found := self._exact.get((call.host, call.method, call.path)):
            return found
        for host, method, pattern, run in self._patterns:
            if (host, method) == (call.host, call.method) and (match := pattern.fullmatch(call.path)):
                call.path_args = match.groupdict()
                return run
        return None

    def knows_path(self, call: Call) -> bool:
        """Whether the path exists under another method."""
        return any((host, path) == (call.host, call.path) for host, _, path in self._exact)


ENDPOINTS = Endpoints()
