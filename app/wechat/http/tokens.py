"""One access token per account for all processes, and a fresh one where Tencent refuses it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import redis

from app.kit import queue
from app.wechat.endpoints import Ask, Endpoint, Exchange, Host, Repeat
from app.wechat.errors import Outcome, WechatError
from app.wechat.http.kept import Kept
from app.wechat.http.outcomes import TOKEN_REFUSED
from app.wechat.models import AccountKind, WechatAccount

# force_refresh kills the old token at once; Tencent allows it 20 times a day and not within 30 s.
FORCED_APART_SECONDS = 30
FORCED_PER_DAY = 20
_CHINA_OFFSET_SECONDS = 8 * 3600


_STABLE = Endpoint("token.stable_token", Host.api, "POST", "/cgi-bin/stable_token", Repeat.harmless, False, 500_000, 10_000)
_CORP = Endpoint("token.gettoken", Host.work, "GET", "/cgi-bin/gettoken", Repeat.harmless, False, None, 10_000)


def ask_of(account: WechatAccount) -> Callable[[bool], Exchange[dict[str, Any]]]:
    """The question for a token of this account; its argument says whether to force another one."""
    appid, secret = account.appid, account.secrets["secret"]

    def read(told: dict[str, Any]) -> dict[str, Any]:
        return {"access_token": str(told["access_token"]), "expires_in": int(told["expires_in"])}

    def stable(force: bool) -> Exchange[dict[str, Any]]:
        body = {"grant_type": "client_credential", "appid": appid, "secret": secret, "force_refresh": force}
        return Exchange(_STABLE, account, Ask(read, body=body))

    def corp(_force: bool) -> Exchange[dict[str, Any]]:
        # There is nothing to force here: asking again gives the same token until WeCom itself replaces it.
        return Exchange(_CORP, account, Ask(read, query={"corpid": appid, "corpsecret": secret}))

    return corp if account.kind == AccountKind.corp else stable


class TokenKeeper(Kept):
    """The token of one account. `fetch(force)` asks Tencent and gives {"access_token", "expires_in"}."""

    def __init__(self, account: str, fetch: Callable[[bool], dict[str, Any]]) -> None:
        super().__init__(f"token:{account}", lambda: self._ask(force=False))
        self._fetch_token = fetch

    def renew(self, refused: str) -> str:
        """A token other than the one Tencent refused. Raises `WechatError` (retry_later) when there is none to be had yet."""

        def another() -> tuple[str, int]:
            token, seconds = self._ask(force=False)
            if token != refused:
                return token, seconds
            if not self._may_force():
                raise WechatError(Outcome.retry_later, "40001", "refused, and it is too early to force another token")
            return self._ask(force=True)

        self._seen = ("", 0.0)
        return self._see(self._fetch_once(another, refused=refused))

    def _ask(self, *, force: bool) -> tuple[str, int]:
        try:
            told = self._fetch_token(force)
        except WechatError as error:
            # Whatever became of this question, the call that needs the token has not been made.
            if error.outcome is Outcome.unknown:
                raise WechatError(Outcome.retry_later, error.code, error.message) from None
            # Here the same codes speak of the secret.
            if error.code in TOKEN_REFUSED:
                raise WechatError(Outcome.permanent_account, error.code, error.message) from None
            raise
        return str(told["access_token"]), int(told["expires_in"])

    def _may_force(self) -> bool:
        """Counts a forced refresh, when one is allowed; never without Redis, where nobody knows what the others did."""
        day = int((time.time() + _CHINA_OFFSET_SECONDS) // 86400)
        try:
            store = queue.connection()
            if not store.set(f"{self._key}:forced", 1, nx=True, ex=FORCED_APART_SECONDS):
                return False
            used = store.incr(f"{self._key}:forced:{day}")
            store.expire(f"{self._key}:forced:{day}", 2 * 86400)
            return int(used) <= FORCED_PER_DAY
        except redis.RedisError:
            return False
