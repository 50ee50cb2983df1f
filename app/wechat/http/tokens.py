"""One access token per account for all processes: kept in Redis, fetched by one of those who need it while the others wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import redis
from cryptography.exceptions import InvalidTag

from app.kit import crypto, queue
from app.kit.logging import logger
from app.kit.settings import settings
from app.wechat.endpoints import Ask, Endpoint, Exchange, Host, Repeat
from app.wechat.errors import Outcome, WechatError
from app.wechat.http.outcomes import TOKEN_REFUSED
from app.wechat.models import AccountKind, WechatAccount

log = logger(__name__)

# A token that others see in Redis is believed for so long without looking: a refused one is renewed anyhow.
BELIEVED_SECONDS = 10
# Tencent hands out a new token from five minutes before the end of the old one; both work in between.
MARGIN_SECONDS = 300
# force_refresh kills the old token at once; Tencent allows it 20 times a day and not within 30 s.
FORCED_APART_SECONDS = 30
FORCED_PER_DAY = 20
_CHINA_OFFSET_SECONDS = 8 * 3600


_STABLE = Endpoint("token.stable_token", Host.api, "POST", "/cgi-bin/stable_token", Repeat.harmless, False, 500_000, 10_000)
_CORP = Endpoint("token.gettoken", Host.work, "GET", "/cgi-bin/gettoken", Repeat.harmless, False, None, None)


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


def _longest_fetch() -> float:
    """How long a fetch takes at most, in seconds; whoever holds the lock longer is dead."""
    return settings().wechat_connect_timeout_seconds + settings().wechat_read_timeout_seconds + 1


class TokenKeeper:
    """The token of one account. `fetch(force)` asks Tencent and gives {"access_token", "expires_in"}.

    Without Redis every process keeps a token of its own in memory; since the stable token is the same for all of them until shortly
    before its end, that costs some calls and nothing else.
    """

    def __init__(self, account: str, fetch: Callable[[bool], dict[str, Any]]) -> None:
        self._key = f"{settings().queue_prefix}:wechat:token:{account}"
        self._fetch = fetch
        self._one_of_us = threading.Lock()
        self._own: tuple[str, float] = ("", 0.0)
        self._seen: tuple[str, float] = ("", 0.0)

    def at_hand(self) -> str | None:
        """The token that was seen a moment ago."""
        token, until = self._seen
        return token if time.monotonic() < until else None

    def current(self) -> str:
        """A token that should work now."""
        return self._see(self._read() or self._fetch_once(refused=None))

    def renew(self, refused: str) -> str:
        """A token other than the one Tencent refused. Raises `WechatError` (retry_later) when there is none to be had yet."""
        self._seen = ("", 0.0)
        return self._see(self._fetch_once(refused=refused))

    def _see(self, token: str) -> str:
        self._seen = (token, time.monotonic() + BELIEVED_SECONDS)
        return token

    def _fetch_once(self, refused: str | None) -> str:
        with self._one_of_us, self._one_of_all(refused):
            token = self._read()
            if token and token != refused:
                return token
            told = self._ask(force=False)
            if told["access_token"] == refused:
                if not self._may_force():
                    raise WechatError(Outcome.retry_later, "40001", "refused, and it is too early to force another token")
                told = self._ask(force=True)
            self._keep(told["access_token"], max(int(told["expires_in"]) - MARGIN_SECONDS, 10))
            return str(told["access_token"])

    def _ask(self, *, force: bool) -> dict[str, Any]:
        try:
            return self._fetch(force)
        except WechatError as error:
            # Whatever became of this question, the call that needs the token has not been made.
            if error.outcome is Outcome.unknown:
                raise WechatError(Outcome.retry_later, error.code, error.message) from None
            # Here the same codes speak of the secret.
            if error.code in TOKEN_REFUSED:
                raise WechatError(Outcome.permanent_account, error.code, error.message) from None
            raise

    @contextmanager
    def _one_of_all(self, refused: str | None) -> Iterator[None]:
        """Holds the lock of all processes; goes on without it when another brought a token, when its holder died, when Redis is away."""
        longest = _longest_fetch()
        held = None
        try:
            lock = queue.connection().lock(f"{self._key}:lock", timeout=longest)
            deadline = time.monotonic() + longest
            while time.monotonic() < deadline:
                if lock.acquire(blocking=False):
                    held = lock
                    break
                time.sleep(0.02)
                token = self._read()
                if token and token != refused:
                    break
        except redis.RedisError as error:
            log.warning("token lock without Redis", error=type(error).__name__)
        try:
            yield
        finally:
            if held is not None:
                try:
                    held.release()
                except redis.RedisError:
                    log.warning("token lock was not released; it ends by itself")

    def _read(self) -> str | None:
        try:
            sealed = queue.connection().get(self._key)
            return crypto.decrypt(bytes(sealed)).decode() if isinstance(sealed, bytes) else None
        except InvalidTag:
            return None
        except redis.RedisError:
            token, until = self._own
            return token if time.monotonic() < until else None

    def _keep(self, token: str, seconds: int) -> None:
        self._own = (token, time.monotonic() + seconds)
        try:
            queue.connection().set(self._key, crypto.encrypt(token.encode()), ex=seconds)
        except redis.RedisError as error:
            log.warning("token kept in this process only", error=type(error).__name__)

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
