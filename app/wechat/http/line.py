"""The line to Tencent: quota, breaker, token and its one refresh, trace, for one call or for many at once, over the same code."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from app.wechat import pay_keys
from app.wechat.endpoints import Exchange, Host, Reply, Ticket
from app.wechat.endpoints.pay import Pay
from app.wechat.errors import Outcome, WechatError
from app.wechat.http import concurrent, outcomes, pooled, trace, wire
from app.wechat.http.breaker import Breaker
from app.wechat.http.kept import Kept
from app.wechat.http.quota import Quotas
from app.wechat.http.tokens import TokenKeeper, ask_of
from app.wechat.http.wire import Wire
from app.wechat.models import WechatAccount

T = TypeVar("T")
_LEARN_APART_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Wait:
    """Something that may take its time, and is not a call's own request.

    `at_hand` says whether, and does it if, it needs no time any more: what many wait for at once is done for all of them by the first.
    """

    work: Callable[[], Any]
    at_hand: Callable[[], bool] | None = None


# A talk yields requests and waits, gets their replies and results, and ends with the call's value.
Talk = Generator[Wire | Wait, Any, T]


class HttpLine:
    """Of one process. Everything here may be used by several threads at once."""

    def __init__(self) -> None:
        self._quotas = Quotas()
        self._breakers = {host: Breaker(host) for host in Host}
        self._keepers: dict[tuple[str, str], TokenKeeper] = {}
        self._tickets: dict[tuple[str, str, str], Kept] = {}
        self._learnt_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def carry_out(self, exchange: Exchange[T]) -> T:
        """Make one call and wait for it."""
        talk = self._talk(exchange)
        try:
            step = next(talk)
            while True:
                try:
                    result = step.work() if isinstance(step, Wait) else pooled.send(step)
                except Exception as error:
                    step = talk.throw(error)
                else:
                    step = talk.send(result)
        except StopIteration as end:
            value: T = end.value
            return value

    def carry_out_all(self, exchanges: Sequence[Exchange[T]]) -> list[T | WechatError]:
        """Make many calls, so many of them at once as the settings say."""
        # One by one, as their turn comes: thousands of begun talks would only be work for the garbage collector.
        return concurrent.run(len(exchanges), map(self._talk, exchanges))

    def kept(self, exchange: Exchange[Ticket]) -> str:
        """The ticket that all processes use now; one of them fetches it."""
        account, name = exchange.account, exchange.endpoint.name
        key = account.appid, account.secrets["secret"], name
        keeper = self._tickets.get(key)
        if keeper is None:

            def fetch() -> tuple[str, int]:
                ticket = self.carry_out(exchange)
                return ticket.value, ticket.seconds

            with self._lock:
                keeper = self._tickets.setdefault(key, Kept(f"ticket:{name}:{account.appid}", fetch))
        return keeper.at_hand() or keeper.current()

    def _talk(self, exchange: Exchange[T]) -> Talk[T]:
        endpoint, account = exchange.endpoint, exchange.account
        yield from self._admitted(exchange)
        if not endpoint.needs_token:
            return (yield from self._attempt(exchange, None))
        keeper = self._keeper(account)
        token = keeper.at_hand() or (yield Wait(keeper.current))
        try:
            return (yield from self._attempt(exchange, token))
        except WechatError as refused:
            if refused.code not in outcomes.TOKEN_REFUSED:
                raise
        token = yield Wait(lambda: keeper.renew(token))
        # Tencent counts what it refuses, and so do we.
        yield from self._admitted(exchange)
        return (yield from self._attempt(exchange, token))

    def _admitted(self, exchange: Exchange[Any]) -> Talk[None]:
        """Refuse by ourselves what Tencent would refuse, or what nobody would answer."""
        endpoint, account = exchange.endpoint, exchange.account.appid
        try:
            self._breakers[endpoint.host].look()
            if not self._quotas.take_at_hand(account, endpoint):
                yield Wait(lambda: self._quotas.take(account, endpoint), lambda: self._quotas.take_at_hand(account, endpoint))
        except WechatError as error:
            trace.record(exchange, request_id=None, seconds=0.0, error=error)
            raise

    def _attempt(self, exchange: Exchange[T], token: str | None) -> Talk[T]:
        """One request and its reply."""
        endpoint, breaker = exchange.endpoint, self._breakers[exchange.endpoint.host]
        request = wire.build(exchange, token)
        try:
            # Not before: whatever comes first, the token above all, may have to ask this very host.
            breaker.enter()
        except WechatError as error:
            trace.record(exchange, request_id=None, seconds=0.0, error=error)
            raise
        started = time.perf_counter()
        try:
            reply: Reply = yield request
        except WechatError as error:
            # Never sent, or nobody knows: the driver told them apart.
            breaker.failed()
            trace.record(exchange, request_id=request.request_id, seconds=time.perf_counter() - started, error=error)
            raise
        except BaseException as error:
            # A job's time was over, or whoever drove this call is gone: it may have happened all the same.
            breaker.left()
            lost = WechatError(Outcome.unknown, "broken_off", type(error).__name__)
            trace.record(exchange, request_id=request.request_id, seconds=time.perf_counter() - started, error=lost)
            raise
        seconds = time.perf_counter() - started
        if reply.status >= 500:
            breaker.failed()
        else:
            breaker.worked()
        if endpoint.host is Host.pay and not exchange.ask.vouched:
            yield from self._knows_key(exchange.account, reply)
        try:
            value = wire.judge(exchange, reply)
        except WechatError as error:
            trace.record(exchange, request_id=request.request_id, seconds=seconds, error=error)
            if outcomes.is_unlisted(error.code):
                trace.unlisted(exchange, error.code)
            self._quotas.used_up(exchange.account.appid, endpoint, error.code)
            raise
        trace.record(exchange, request_id=request.request_id, seconds=seconds)
        return value

    def _knows_key(self, account: WechatAccount, reply: Reply) -> Talk[None]:
        """Fetch the platform's certificates when an answer names one that we do not have, as happens when WeChat Pay changes them."""
        serial = reply.headers.get("wechatpay-serial", "")
        if (
            not serial
            or pay_keys.knows(account, serial)
            or time.monotonic() - self._learnt_at.get(account.appid, -math.inf) < _LEARN_APART_SECONDS
        ):
            return
        self._learnt_at[account.appid] = time.monotonic()
        try:
            pay_keys.learn(account, (yield Wait(Pay(account, self).certificates)))
        except WechatError:
            # The answer will be refused for its signature, which is what it deserves.
            return

    def _keeper(self, account: WechatAccount) -> TokenKeeper:
        """The keeper of an account's token; a changed secret makes a new one."""
        key = account.appid, account.secrets["secret"]
        keeper = self._keepers.get(key)
        if keeper is None:
            with self._lock:
                ask = ask_of(account)
                keeper = self._keepers.setdefault(key, TokenKeeper(account.appid, lambda force: self.carry_out(ask(force))))
        return keeper
