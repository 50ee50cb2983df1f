"""From a call to bytes and back: addresses, headers and signatures out; signatures, errors and values in. Nothing here waits or sends."""

from __future__ import annotations

import functools
import os
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, urlencode

import orjson

from app.kit.settings import settings
from app.wechat import pay_keys
from app.wechat.endpoints import Exchange, Host, Reply
from app.wechat.errors import Outcome, SignatureRefused, WechatError
from app.wechat.http import outcomes
from app.wechat.models import WechatAccount

T = TypeVar("T")
_OK = range(200, 300)
# WeChat Pay refuses calls without it.
_AGENT = "marque"


class Wire(NamedTuple):
    """A request as it goes out; `request_id` is ours, for the trace and for whoever asks Tencent about it."""

    host: Host
    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    request_id: str


@functools.cache
def _base(host: Host) -> str:
    bases = {Host.api: settings().wechat_api_base, Host.pay: settings().wechat_pay_base, Host.work: settings().wecom_api_base}
    return bases[host].rstrip("/")


def forget() -> None:
    """Read the base addresses again."""
    _base.cache_clear()


@functools.lru_cache(maxsize=64)
def _with_token(token: str) -> str:
    return f"access_token={quote(token, safe='')}"


def build(exchange: Exchange[Any], token: str | None) -> Wire:
    """The request of a call; WeChat Pay's is signed now."""
    endpoint, ask = exchange.endpoint, exchange.ask
    path = endpoint.path
    if ask.path:
        path = path.format_map({name: quote(value, safe="") for name, value in ask.path.items()})
    target = path
    if ask.query:
        target += "?" + urlencode(ask.query)
    if token:
        target += ("&" if ask.query else "?") + _with_token(token)
    # Non-ASCII goes out as UTF-8: Tencent refuses \u escapes.
    body = b"" if ask.body is None else orjson.dumps(ask.body)
    request_id = os.urandom(12).hex()
    headers = {"X-Request-Id": request_id, "Content-Type": "application/json"}
    if endpoint.host is Host.pay:
        headers |= _authorization(exchange.account, endpoint.method, target, body)
    headers |= ask.headers
    return Wire(endpoint.host, endpoint.method, _base(endpoint.host) + target, headers, body, request_id)


def judge(exchange: Exchange[T], reply: Reply) -> T:
    """What came of a call: the value that its endpoint reads, or a `WechatError`."""
    told = _pay(exchange, reply) if exchange.endpoint.host is Host.pay else _json(exchange, reply)
    code = told.get("code") if exchange.endpoint.host is Host.pay else told.get("errcode")
    if code and not (exchange.endpoint.host is Host.pay and reply.status in _OK):
        words = str(told.get("message") or told.get("errmsg") or "")
        error = outcomes.of_code(code, words, host=exchange.endpoint.host, path=exchange.endpoint.path)
        if error.code in exchange.ask.instead:
            return exchange.ask.instead[error.code]
        if error.code not in exchange.ask.also:
            raise error
    if reply.status not in _OK:
        raise outcomes.of_status(reply.status)
    try:
        return exchange.ask.read(reply if exchange.ask.raw else told)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        raise WechatError(Outcome.unknown, "unreadable", "an answer of another form") from None


def _json(exchange: Exchange[Any], reply: Reply) -> dict[str, Any]:
    """The JSON object of an answer; of a picture none, whatever its first bytes are."""
    if exchange.ask.raw and "json" not in reply.headers.get("content-type", "") and not reply.body.startswith(b"{"):
        return {}
    if reply.status not in _OK:
        raise outcomes.of_status(reply.status)
    told = _object(reply.body)
    if told is None:
        raise WechatError(Outcome.unknown, "unreadable", "an answer of another form")
    return told


def _pay(exchange: Exchange[Any], reply: Reply) -> dict[str, Any]:
    """A good answer counts only when it is signed. An error may come unsigned: TLS alone vouches for it, also where it is an answer."""
    if reply.status in _OK and not exchange.ask.vouched:
        try:
            pay_keys.check_answer(exchange.account, reply.headers, reply.body.decode())
        except (SignatureRefused, UnicodeDecodeError) as error:
            reason = error.reason if isinstance(error, SignatureRefused) else "not UTF-8"
            raise WechatError(Outcome.unknown, "answer_refused", reason) from None
    return _object(reply.body) or {}


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return told if isinstance(told, dict) else None


def _authorization(account: WechatAccount, method: str, target: str, body: bytes) -> dict[str, str]:
    timestamp, nonce, serial = pay_keys.timestamp(), os.urandom(16).hex().upper(), account.settings["merchant_serial"]
    signature = pay_keys.sign(account, method, target, timestamp, nonce, body.decode())
    headers = {
        "Accept": "application/json",
        "User-Agent": _AGENT,
        "Authorization": f'{pay_keys.SCHEME} mchid="{account.appid}",nonce_str="{nonce}",signature="{signature}",'
        f'timestamp="{timestamp}",serial_no="{serial}"',
    }
    # A certificate is not asked for: one that has ended meanwhile would be refused, and without it the answer shows us the new one.
    ours = account.settings.get("public_key_id")
    return headers | {pay_keys.SERIAL: ours} if ours else headers
