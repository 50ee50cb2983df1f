"""What api.weixin.qq.com and qyapi.weixin.qq.com have in common: `errcode` answers under HTTP 200, access tokens, JSON bodies."""

import re
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import wraps
from typing import Any

import orjson

from miniprogram_mock.platform.endpoints import ENDPOINTS, WORK, Answer, Call, Refusal
from miniprogram_mock.platform.rates import Rate, count
from miniprogram_mock.platform.shapes import Shape, checked, names_only
from miniprogram_mock.platform.whitelist import check_caller
from miniprogram_mock.platform.world import Corp, MiniProgram, ServiceAccount

_UNICODE_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}")
_TOKEN_SHAPE = re.compile(r"[0-9A-Za-z_-]{32,512}")
_KINDS = {MiniProgram: "mini_program", ServiceAccount: "service_account", Corp: "corp"}

Result = dict[str, Any] | Answer
Function = Callable[[Call], Result]
Fields = tuple[str, ...] | Shape
Rates = tuple[Rate, ...]


@dataclass(frozen=True)
class _Endpoint:
    function: Function
    shape: Shape
    rates: Rates


_AT_PATH: dict[tuple[str, str, str], dict[str, _Endpoint]] = {}


def ok(**fields: Any) -> dict[str, Any]:
    return {"errcode": 0, "errmsg": "ok", **fields}


def refused(call: Call, errcode: int, errmsg: str, *, status: int = 200) -> Answer:
    """The error as either host words it: api.weixin.qq.com adds a request id, WeCom a hint and the caller's address."""
    if call.host == WORK:
        more = f"hint: [{secrets.token_hex(12)}], from ip: {call.remote}, more info at https://open.work.weixin.qq.com/devtool/query?e={errcode}"
        errmsg = f"{errmsg}, {more}"
    else:
        errmsg = f"{errmsg} rid: {call.platform.clock.wall():08x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
    return Answer.json({"errcode": errcode, "errmsg": errmsg}, status=status, errcode=str(errcode))


def open_endpoint(host: str, method: str, path: str, *, fields: Fields = (), rates: Rates = ()) -> Callable[[Function], Function]:
    """An endpoint without an access token (logins and the token endpoints themselves)."""
    shape = _shape(fields)

    def prepare(call: Call) -> None:
        count(call, rates)
        if method == "POST":
            _read_body(call, shape)

    return _register(host, method, path, prepare)


def business(host: str, method: str, path: str, *, kind: str, fields: Fields = (), rates: Rates = ()) -> Callable[[Function], Function]:
    """An endpoint that needs an access token of an account of this kind.

    `fields` are all that its JSON body may have: names, or better a shape (see `shapes`). `rates` are what a caller may not exceed;
    every call with a good token counts, also one that is refused later.
    Several kinds of account may have an endpoint of their own at one path: the token tells them apart.
    """

    def decorate(function: Function) -> Function:
        kinds = _AT_PATH.setdefault((host, method, path), {})
        assert kind not in kinds, f"two endpoints for a {kind} at {path}"
        kinds[kind] = _Endpoint(function, _shape(fields), rates)
        if len(kinds) == 1:
            _register(host, method, path, lambda _: None)(lambda call: _by_kind(call, kinds))
        return function

    return decorate


def rates_at(path: str) -> dict[str, Rates]:
    """The rates that hold at a path, by the kind of account that may call it; empty when there is no such endpoint."""
    return {kind: one.rates for (_, _, known), kinds in _AT_PATH.items() if known == path for kind, one in kinds.items()}


def _by_kind(call: Call, kinds: dict[str, _Endpoint]) -> Result:
    call.account, kind = _account_of_token(call, kinds)
    endpoint = kinds[kind]
    count(call, endpoint.rates)
    if call.method == "POST":
        _read_body(call, endpoint.shape)
    return endpoint.function(call)


def _register(host: str, method: str, path: str, prepare: Callable[[Call], None]) -> Callable[[Function], Function]:
    def decorate(function: Function) -> Function:
        @wraps(function)
        def run(call: Call) -> Answer:
            try:
                prepare(call)
                result = function(call)
            except Refusal as refusal:
                return refused(call, refusal.errcode, refusal.errmsg)
            return result if isinstance(result, Answer) else Answer.json(result)

        ENDPOINTS.add(host, method, path, run)
        return function

    return decorate


def _account_of_token(call: Call, kinds: Collection[str]) -> tuple[Any, str]:
    """The account of `access_token`, and its kind.

    41001 missing, 40014 malformed (WeCom: any unknown one), 40001 unknown or no longer latest, 42001 expired (spec 1.2 and 4.1).
    """
    token = call.query.get("access_token")
    if not token:
        raise Refusal(41001, "access_token missing")
    platform = call.platform
    row = platform.store.one("SELECT account, expires_at, revoked_at FROM tokens WHERE token = ?", token)
    if row is None:
        if call.host == WORK or not _TOKEN_SHAPE.fullmatch(token):
            raise Refusal(40014, "invalid access_token")
        raise Refusal(40001, "invalid credential, access_token is invalid or not latest")
    now = platform.clock.now()
    if row["revoked_at"] is not None and row["revoked_at"] <= now:
        raise Refusal(40001, "invalid credential, access_token is invalid or not latest")
    if row["expires_at"] <= now:
        raise Refusal(42001, "access_token expired")
    account = platform.world.accounts[row["account"]]
    kind = _KINDS[type(account)]
    if kind not in kinds:
        raise Refusal(40014, "invalid access_token") if call.host == WORK else Refusal(48001, "api unauthorized")
    if call.host == WORK:
        check_caller(call, account.appid)
    return account, kind


def _read_body(call: Call, shape: Shape) -> None:
    """Parse the JSON body whatever its Content-Type says; refuse `\\u` escapes and whatever the shape does not allow."""
    if not call.body:
        raise Refusal(44002, "empty post data")
    if b"\\u" in call.body and _UNICODE_ESCAPE.search(call.body):
        raise Refusal(40033, "invalid charset. please check your request, if include \\uxxxx will create fail!")
    try:
        data = orjson.loads(call.body)
    except orjson.JSONDecodeError:
        raise Refusal(47001, "data format error") from None
    if not isinstance(data, dict):
        raise Refusal(47001, "data format error")
    call.data = data
    checked(call, data, shape)


def refuse_unknown(call: Call, data: dict[str, Any], fields: tuple[str, ...], *, where: str = "") -> None:
    """Refuse an object of which only the names of its fields are known."""
    checked(call, data, names_only(fields), where=where)


def _shape(fields: Fields) -> Shape:
    return names_only(fields) if isinstance(fields, tuple) else fields
