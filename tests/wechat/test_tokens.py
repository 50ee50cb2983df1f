"""One token for everybody who needs it, fetched by one of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.kit import queue
from app.kit.settings import settings
from app.wechat.client import Outcome, WechatError
from app.wechat.http import HttpGateway
from app.wechat.http.tokens import FORCED_PER_DAY, TokenKeeper
from tests.simulator import Simulator

CALLERS = 50


class Tencent:
    """Counts how often it is asked, and gives the same token until it is forced to another."""

    def __init__(self, expires_in: int = 7200) -> None:
        self.asked: list[bool] = []
        self.generation = 1
        self.expires_in = expires_in
        self._lock = threading.Lock()

    def __call__(self, force: bool) -> dict[str, Any]:
        with self._lock:
            self.asked.append(force)
            self.generation += force
            return {"access_token": f"token {self.generation}", "expires_in": self.expires_in}


@pytest.fixture
def keeper_of(request: pytest.FixtureRequest) -> Callable[[Tencent], TokenKeeper]:
    """Makes keepers of one account, as several processes would have them; nothing is left from another test."""
    account = f"wx-of-{request.node.name}"
    for key in queue.connection().scan_iter(f"{settings().queue_prefix}:wechat:token:{account}*"):
        queue.connection().delete(key)
    return lambda tencent: TokenKeeper(account, tencent)


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """What every call gave; they begin at the same moment."""
    start, results = threading.Barrier(len(calls)), []

    def run(call: Callable[[], Any]) -> None:
        start.wait()
        try:
            results.append(call())
        except WechatError as error:
            results.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def forget(name: str) -> None:
    """The token's time has run out."""
    queue.connection().delete(f"{settings().queue_prefix}:wechat:token:wx-of-{name}")


def test_many_callers_in_several_processes_make_one_fetch(keeper_of: Any) -> None:
    tencent = Tencent()
    keepers = [keeper_of(tencent) for _ in range(5)]
    assert set(at_once([keepers[n % 5].current for n in range(CALLERS)])) == {"token 1"}
    assert tencent.asked == [False]


def test_many_callers_at_the_tokens_end_make_one_fetch(keeper_of: Any, request: pytest.FixtureRequest) -> None:
    tencent = Tencent()
    keepers = [keeper_of(tencent) for _ in range(5)]
    keepers[0].current()
    forget(request.node.name)
    tencent.generation = 2
    assert set(at_once([keepers[n % 5].current for n in range(CALLERS)])) == {"token 2"}
    assert tencent.asked == [False, False]


def test_a_storm_of_refusals_makes_one_forced_refresh(keeper_of: Any) -> None:
    tencent = Tencent()
    keepers = [keeper_of(tencent) for _ in range(5)]
    refused = keepers[0].current()
    given = at_once([lambda n=n: keepers[n % 5].renew(refused) for n in range(CALLERS)])
    assert set(given) == {"token 2"}
    assert tencent.asked == [False, False, True]


def test_another_force_within_30_seconds_is_not_tried(keeper_of: Any) -> None:
    tencent = Tencent()
    keeper = keeper_of(tencent)
    second = keeper.renew(keeper.current())
    with pytest.raises(WechatError) as early:
        keeper.renew(second)
    assert early.value.outcome is Outcome.retry_later
    assert tencent.asked.count(True) == 1


def test_no_more_than_twenty_forces_leave_in_a_day(keeper_of: Any, request: pytest.FixtureRequest) -> None:
    tencent = Tencent()
    keeper = keeper_of(tencent)
    token = keeper.current()
    for _ in range(FORCED_PER_DAY):
        token = keeper.renew(token)
        queue.connection().delete(f"{settings().queue_prefix}:wechat:token:wx-of-{request.node.name}:forced")
    with pytest.raises(WechatError):
        keeper.renew(token)
    assert tencent.asked.count(True) == FORCED_PER_DAY


def test_a_token_that_another_renewed_is_taken_without_asking(keeper_of: Any) -> None:
    tencent = Tencent()
    first, second = keeper_of(tencent), keeper_of(tencent)
    refused = first.current()
    assert first.renew(refused) == second.renew(refused) == "token 2"
    assert tencent.asked == [False, False, True]


def test_without_redis_every_process_fetches_once_and_nobody_forces(keeper_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = redis.Redis(host="127.0.0.1", port=9, retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr(queue, "connection", lambda: nowhere)
    tencent = Tencent()
    keepers = [keeper_of(tencent) for _ in range(2)]
    assert set(at_once([keepers[n % 2].current for n in range(CALLERS)])) == {"token 1"}
    assert tencent.asked == [False, False]
    with pytest.raises(WechatError) as not_now:
        keepers[0].renew("token 1")
    assert not_now.value.outcome is Outcome.retry_later
    assert not any(tencent.asked)


def test_a_holder_that_died_keeps_the_others_waiting_only_so_long(keeper_of: Any, monkeypatch: pytest.MonkeyPatch, request: Any) -> None:
    monkeypatch.setattr("app.wechat.http.kept._longest_fetch", lambda: 0.3)
    queue.connection().set(f"{settings().queue_prefix}:wechat:token:wx-of-{request.node.name}:lock", "somebody dead", px=60_000)
    assert keeper_of(Tencent()).current() == "token 1"


def test_who_waited_for_a_fetch_that_failed_does_not_fetch_once_more(keeper_of: Any) -> None:
    """A question without an answer takes as long as the time-out; fifty of them in a row would take all the others with them."""
    asked: list[bool] = []
    waiting = threading.Event()

    def silent(force: bool) -> dict[str, Any]:
        asked.append(force)
        waiting.wait(0.5)
        raise WechatError(Outcome.unknown, "timeout")

    keeper = keeper_of(silent)
    results = at_once([keeper.current] * CALLERS)
    assert {(error.outcome, error.code) for error in results} == {(Outcome.retry_later, "timeout")}
    assert asked == [False]
    with pytest.raises(WechatError):
        keeper.current()
    assert asked == [False, False], "whoever comes later does"


def test_a_wrong_secret_is_not_shown_to_tencent_by_every_call(keeper_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """WeCom shuts a corp out for an hour that shows too many (spec 4.1)."""
    asked: list[bool] = []

    def wrong(force: bool) -> dict[str, Any]:
        asked.append(force)
        raise WechatError(Outcome.permanent_account, "40125")

    keeper = keeper_of(wrong)
    for _ in range(10):
        with pytest.raises(WechatError, match="40125"):
            keeper.current()
    assert asked == [False]
    monkeypatch.setattr("app.wechat.http.kept.time.monotonic", lambda real=time.monotonic: real() + 61)
    with pytest.raises(WechatError, match="40125"):
        keeper.current()
    assert asked == [False, False]


def test_the_token_lies_in_redis_as_ciphertext_until_shortly_before_its_end(keeper_of: Any, request: pytest.FixtureRequest) -> None:
    keeper_of(Tencent(expires_in=7200)).current()
    key = f"{settings().queue_prefix}:wechat:token:wx-of-{request.node.name}"
    assert b"token" not in queue.connection().get(key)
    assert 6800 < queue.connection().ttl(key) <= 6900


def test_a_token_that_tencent_forgot_is_renewed_once_and_the_call_goes_through(
    gateway: HttpGateway, accounts: Any, simulator: Simulator, buyer: Any
) -> None:
    account = accounts["service_account"]
    door = gateway.service_account(account)
    door.user_info(buyer["openids"][account.appid])
    before = next((call["id"] for call in simulator.look("calls", limit=1)["calls"]), 0)
    simulator.ask("clock/advance", seconds=3 * 3600)
    assert door.user_info(buyer["openids"][account.appid]).subscribe
    after = [(call["path"], call["errcode"]) for call in simulator.look("calls", after=before)["calls"]]
    assert after == [("/cgi-bin/user/info", "42001"), ("/cgi-bin/stable_token", "0"), ("/cgi-bin/user/info", "0")]


def test_a_call_that_is_refused_again_with_a_new_token_ends(gateway: HttpGateway, accounts: Any, simulator: Simulator) -> None:
    """wechatpy by itself would go on for ever."""
    simulator.ask("faults", errcode={"path": "/wxa/getwxacodeunlimit", "code": 40001, "times": 100})
    before = max((call["id"] for call in simulator.look("calls", limit=1)["calls"]), default=0)
    with pytest.raises(WechatError) as refused:
        gateway.mini_program(accounts["mini_program"]).mini_program_code("s", "pages/index/index")
    assert refused.value.outcome is Outcome.retry_later
    calls = [call["path"] for call in simulator.look("calls", after=before)["calls"]]
    assert calls.count("/wxa/getwxacodeunlimit") == 2


def test_a_token_that_cannot_be_fetched_says_that_the_call_was_not_made(gateway: HttpGateway, accounts: Any, simulator: Simulator) -> None:
    simulator.ask("faults", timeout_after_accept={"path": "/cgi-bin/gettoken", "times": 1})
    with pytest.raises(WechatError) as late:
        gateway.wecom(accounts["corp"]).send_text(["adv007"], "一")
    assert (late.value.outcome, late.value.code) == (Outcome.retry_later, "timeout")
    assert simulator.look("staff/adv007/inbox")["messages"] == []


def test_a_corps_wrong_secret_is_the_accounts_trouble(gateway: HttpGateway, accounts: Any) -> None:
    corp = accounts["corp"]
    corp.secrets = {**corp.secrets, "secret": "another"}
    with pytest.raises(WechatError) as wrong:
        gateway.wecom(corp).send_text(["adv007"], "一")
    assert (wrong.value.outcome, wrong.value.code) == (Outcome.permanent_account, "40001")
