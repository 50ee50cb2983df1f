"""One call to Tencent: base addresses, time-outs, the token and its one refresh, and every failure as a `WechatError`."""

from __future__ import annotations

import functools
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from wechatpy.exceptions import WeChatClientException

from app.kit.logging import logger, mask_text
from app.kit.settings import settings
from app.wechat.errors import Outcome, WechatError
from app.wechat.http import outcomes
from app.wechat.http.tokens import TokenKeeper

log = logger(__name__)

API = "https://api.weixin.qq.com"
WORK = "https://qyapi.weixin.qq.com"
# What requests and urllib3 raise before the first byte of the request has left.
_NEVER_SENT = (ConnectTimeoutError, NewConnectionError, NameResolutionError, ssl.SSLCertVerificationError)


def timeouts() -> tuple[float, float]:
    """(connect, read) in seconds."""
    return settings().wechat_connect_timeout_seconds, settings().wechat_read_timeout_seconds


class _Rebase(HTTPAdapter):
    """Sends to the configured base what wechatpy addresses to Tencent's own host, which it spells out in dozens of places."""

    def __init__(self, base: str) -> None:
        self._base = base.rstrip("/")
        super().__init__(pool_maxsize=32)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        request.url = self._base + request.path_url
        return super().send(request, *args, **kwargs)


@functools.cache
def pool() -> requests.Session:
    """The connections of this process to api.weixin.qq.com and qyapi.weixin.qq.com, or to what the settings put in their place."""
    session = requests.Session()
    for host, base in ((API, settings().wechat_api_base), (WORK, settings().wecom_api_base)):
        if base.rstrip("/") != host:
            session.mount(f"{host}/", _Rebase(base))
    return session


def of_network(error: Exception) -> WechatError:
    """A request that brought no answer: never sent means it did not happen, anything later means nobody knows."""
    cause: BaseException | None = error
    seen: list[Any] = []
    while cause is not None and cause not in seen:
        seen.append(cause)
        if isinstance(cause, _NEVER_SENT):
            return WechatError(Outcome.retry_later, "connection", type(cause).__name__)
        inner = [part for part in (*cause.args, getattr(cause, "reason", None)) if isinstance(part, BaseException)]
        cause = inner[0] if inner else cause.__cause__ or cause.__context__
    code = "timeout" if isinstance(error, requests.Timeout) else "connection"
    return WechatError(Outcome.unknown, code, type(error).__name__)


@contextmanager
def traced(account: str, endpoint: str) -> Iterator[None]:
    """One line per call, with what came of it and how long it took, without anything secret."""
    started = time.monotonic()
    try:
        yield
    except WechatError as error:
        log.warning(
            "wechat call failed",
            account=account,
            endpoint=endpoint,
            outcome=error.outcome.value,
            errcode=error.code,
            errmsg=mask_text(error.message),
            ms=_ms(started),
        )
        raise
    log.debug("wechat call", account=account, endpoint=endpoint, ms=_ms(started))


def _ms(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def told(answer: Any, *fields: str) -> dict[str, Any]:
    """The answer, when it is JSON that has these fields; what else comes under HTTP 200 says nothing about what happened."""
    if not isinstance(answer, dict) or any(field not in answer for field in fields):
        raise WechatError(Outcome.unknown, "unreadable", "an answer of another form")
    return answer


class Tokened:
    """Mixed into wechatpy's clients: our token keeper in place of their own handling, which refreshes without end and without a lock.

    Their `auto_retry` is off, their session storage is not used, and their time-out covers every call.
    """

    _keeper: TokenKeeper
    _http: requests.Session
    appid: str

    def _fetch_token(self, force: bool) -> dict[str, Any]:
        """Ask Tencent for a token: {"access_token", "expires_in"}. Each client has its own endpoint for it."""
        raise AssertionError("a client says how it fetches its token")

    def prepare(self) -> None:
        """To be called at the end of `__init__`."""
        self._http = pool()
        self._keeper = TokenKeeper(self.appid, self._fetch_token)

    @property
    def access_token(self) -> str:
        return self._keeper.current()

    def fetch_access_token(self) -> None:
        raise AssertionError("the token keeper does this")

    def _request(self, method: str, url_or_endpoint: str, **kwargs: Any) -> Any:
        endpoint = url_or_endpoint.removeprefix(API).removeprefix(WORK)
        params = kwargs.pop("params", None) or {}
        with traced(self.appid, endpoint):
            token = self._keeper.current()
            try:
                return self._once(method, url_or_endpoint, params={**params, "access_token": token}, **kwargs)
            except WechatError as refused:
                if refused.code not in map(str, outcomes.TOKEN_REFUSED):
                    raise
            token = self._keeper.renew(token)
            return self._once(method, url_or_endpoint, params={**params, "access_token": token}, **kwargs)

    def open_call(self, method: str, url: str, **kwargs: Any) -> Any:
        """A call that needs no token: logins, and the token endpoints themselves."""
        # wechatpy adds a token to parameters that are a dict, so these are pairs.
        pairs = list((kwargs.pop("params", None) or {}).items())
        with traced(self.appid, url.removeprefix(API).removeprefix(WORK)):
            return self._once(method, url, params=pairs, **kwargs)

    def _once(self, method: str, url: str, **kwargs: Any) -> Any:
        send: Callable[..., Any] = super()._request  # type: ignore[misc]  # wechatpy's client stands behind this mixin
        try:
            return send(method, url, **kwargs)
        except WeChatClientException as error:
            if error.errcode is None:
                raise outcomes.of_status(error.response.status_code) from None
            known = outcomes.of_code(error.errcode, str(error.errmsg))
            if known.code not in outcomes.OUTCOMES:
                log.error("unlisted errcode", account=self.appid, errcode=known.code)
            raise known from None
        except requests.RequestException as error:
            # Without its cause: requests puts the whole address, secret and all, into the message.
            raise of_network(error) from None
