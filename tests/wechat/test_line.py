"""What the line to Tencent does on a bad day: many callers at once, storms, quotas, hosts that do not answer, Redis gone."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.kit import queue
from app.kit.settings import settings
from app.wechat import http
from app.wechat.client import Outcome, WechatError
from app.wechat.http import HttpGateway, quota
from app.wechat.models import WechatAccount
from tests.simulator import Simulator

CALLERS = 200
INFO = "/cgi-bin/user/info"
TOKEN = "/cgi-bin/stable_token"
NOWHERE = redis.Redis(host="127.0.0.1", port=9, retry=Retry(NoBackoff(), 0))


class Seen:
    """What the simulator's recorder saw since this was made."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._before = next((call["id"] for call in simulator.look("calls", limit=1)["calls"]), 0)

    def of(self, path: str) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = self._simulator.look("calls", after=self._before, path=path, limit=1000)["calls"]
        return calls


@pytest.fixture
def account(accounts: dict[str, WechatAccount]) -> WechatAccount:
    return accounts["service_account"]


@pytest.fixture
def openid(buyer: Any, account: WechatAccount) -> str:
    return str(buyer["openids"][account.appid])


@pytest.fixture
def seen(simulator: Simulator) -> Seen:
    return Seen(simulator)


@pytest.fixture
def with_settings(monkeypatch: pytest.MonkeyPatch, gateway: HttpGateway) -> Callable[..., None]:
    """Change settings for the rest of the test; the line reads them again."""

    def change(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        http.forget()

    return change


def at_once(gateway: HttpGateway, account: WechatAccount, openid: str, count: int = CALLERS) -> list[Any]:
    door = gateway.service_account(account)
    return gateway.carry_out_all([door.user_info.prepare(openid) for _ in range(count)])


def codes(results: list[Any]) -> list[str]:
    return [result.code for result in results if isinstance(result, WechatError)]


class TestTokens:
    def test_two_hundred_calls_without_a_token_fetch_one(
        self, gateway: HttpGateway, account: WechatAccount, openid: str, seen: Seen
    ) -> None:
        assert all(result.subscribe for result in at_once(gateway, account, openid))
        assert len(seen.of(TOKEN)) == 1
        assert len(seen.of(INFO)) == CALLERS

    def test_two_hundred_calls_after_an_expiry_make_one_refresh(
        self, gateway: HttpGateway, account: WechatAccount, openid: str, simulator: Simulator
    ) -> None:
        at_once(gateway, account, openid, 1)
        simulator.ask("clock/advance", seconds=3 * 3600)
        seen = Seen(simulator)
        assert all(result.subscribe for result in at_once(gateway, account, openid))
        assert len(seen.of(TOKEN)) == 1

    def test_a_storm_makes_one_forced_refresh_and_no_call_is_lost(
        self, gateway: HttpGateway, account: WechatAccount, openid: str, simulator: Simulator, seen: Seen
    ) -> None:
        simulator.ask("faults", errcode={"path": INFO, "code": 40001, "times": 2 * CALLERS})
        results = at_once(gateway, account, openid)
        assert [result.outcome for result in results] == [Outcome.retry_later] * CALLERS
        assert len([call for call in seen.of(TOKEN) if '"force_refresh":true' in call["request"]]) == 1
        simulator.ask("faults", clear=True)
        assert all(result.subscribe for result in at_once(gateway, account, openid))

    def test_without_redis_calls_go_on(
        self, gateway: HttpGateway, account: WechatAccount, openid: str, seen: Seen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(queue, "connection", lambda: NOWHERE)
        assert all(result.subscribe for result in at_once(gateway, account, openid))
        assert len(seen.of(TOKEN)) == 1


class TestQuota:
    FIVE = '{"/cgi-bin/user/info": {"per_day": 5}}'

    def test_what_tencent_would_refuse_does_not_leave(
        self, gateway: HttpGateway, account: WechatAccount, openid: str, seen: Seen, with_settings: Any
    ) -> None:
        with_settings(WECHAT_QUOTAS=self.FIVE)
        results = at_once(gateway, account, openid, 8)
        refused = [result for result in results if isinstance(result, WechatError)]
        assert [(error.outcome, error.code) for error in refused] == [(Outcome.retry_later, "quota")] * 3
        assert all(0 < (error.retry_after or 0) <= 86400 for error in refused)
        assert len(seen.of(INFO)) == 5

    def test_processes_share_it_and_it_can_be_read(
        self, gateway: HttpGateway, account: WechatAccount, openid: str, seen: Seen, with_settings: Any
    ) -> None:
        with_settings(WECHAT_QUOTAS=self.FIVE)
        another = HttpGateway()
        results = [*at_once(gateway, account, openid, 3), *at_once(another, account, openid, 3)]
        assert codes(results) == ["quota"]
        assert len(seen.of(INFO)) == 5
        assert [(one.used, one.limit) for one in quota.used(account.appid) if (one.path, one.per) == (INFO, "day")] == [(5, 5)]

    def test_a_quota_of_the_minute_opens_again_with_the_next(
        self, gateway: HttpGateway, account: WechatAccount, openid: str, with_settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with_settings(WECHAT_QUOTAS='{"/cgi-bin/user/info": {"per_day": null, "per_minute": 2}}')
        now = quota._now()
        monkeypatch.setattr(quota, "_now", lambda: now)
        assert codes(at_once(gateway, account, openid, 4)) == ["quota", "quota"]
        monkeypatch.setattr(quota, "_now", lambda: now + 60)
        assert codes(at_once(gateway, account, openid, 2)) == []

    def test_when_tencent_says_that_it_is_used_up_the_tap_is_closed_for_everybody(
        self, gateway: HttpGateway, account: WechatAccount, openid: str, simulator: Simulator, seen: Seen
    ) -> None:
        simulator.ask("faults", errcode={"path": INFO, "code": 45009, "times": 1})
        assert codes(at_once(gateway, account, openid, 1)) == ["45009"]
        assert codes(at_once(gateway, account, openid, 5)) == ["quota"] * 5
        assert codes(at_once(HttpGateway(), account, openid, 5)) == ["quota"] * 5
        assert len(seen.of(INFO)) == 1

    def test_one_accounts_quota_is_not_anothers(
        self, gateway: HttpGateway, accounts: Any, account: WechatAccount, openid: str, buyer: Any, simulator: Simulator
    ) -> None:
        simulator.ask("faults", errcode={"path": INFO, "code": 45009, "times": 1})
        at_once(gateway, account, openid, 1)
        mini_program = accounts["mini_program"]
        code = simulator.ask(f"users/{buyer['id']}/phone-code", appid=mini_program.appid)["code"]
        assert gateway.mini_program(mini_program).phone_number(code)

    def test_without_redis_every_process_counts_for_itself(
        self, gateway: HttpGateway, account: WechatAccount, openid: str, with_settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with_settings(WECHAT_QUOTAS=self.FIVE)
        monkeypatch.setattr(queue, "connection", lambda: NOWHERE)
        assert codes(at_once(gateway, account, openid, 8)) == ["quota"] * 3


class TestBreaker:
    @pytest.fixture
    def nobody(self) -> Any:
        """An address at which nobody listens."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            yield f"http://127.0.0.1:{taken.getsockname()[1]}"

    def test_a_host_that_does_not_answer_is_left_alone_and_tried_again(
        self, gateway: HttpGateway, account: WechatAccount, openid: str, simulator: Simulator, nobody: str, with_settings: Any
    ) -> None:
        door = gateway.service_account(account)
        assert door.user_info(openid).subscribe
        with_settings(WECHAT_API_BASE=nobody, WECHAT_BREAKER_FAILURES="3", WECHAT_BREAKER_SECONDS="3600")
        failed = [codes(at_once(gateway, account, openid, 1))[0] for _ in range(5)]
        assert failed == ["connection"] * 3 + ["breaker"] * 2
        with_settings(WECHAT_API_BASE=simulator.settings["WECHAT_API_BASE"])
        assert codes(at_once(gateway, account, openid, 1)) == ["breaker"], "its time is not over"
        with_settings(WECHAT_BREAKER_SECONDS="0")
        assert door.user_info(openid).subscribe
        assert codes(at_once(gateway, account, openid)) == [], "one good answer opens the way for all"

    def test_while_one_call_tries_the_others_wait_their_turn(
        self, gateway: HttpGateway, account: WechatAccount, openid: str, nobody: str, with_settings: Any
    ) -> None:
        assert gateway.service_account(account).user_info(openid).subscribe
        with_settings(WECHAT_API_BASE=nobody, WECHAT_BREAKER_FAILURES="3", WECHAT_BREAKER_SECONDS="0")
        for _ in range(3):
            at_once(gateway, account, openid, 1)
        # As soon as one has tried in vain, the next may.
        tried = 50 - codes(at_once(gateway, account, openid, 50)).count("breaker")
        assert 1 <= tried <= 4

    def test_a_refusal_is_an_answer(self, gateway: HttpGateway, account: WechatAccount, with_settings: Any) -> None:
        with_settings(WECHAT_BREAKER_FAILURES="2")
        assert codes(at_once(gateway, account, "nobody's openid", 10)) == ["40003"] * 10


def test_results_come_in_the_order_of_the_calls_and_one_failure_is_one(
    gateway: HttpGateway, account: WechatAccount, openid: str, simulator: Simulator
) -> None:
    door = gateway.service_account(account)
    asked = [openid if number % 3 else f"nobody {number}" for number in range(CALLERS)]
    results = gateway.carry_out_all([door.user_info.prepare(one) for one in asked])
    assert [isinstance(result, WechatError) for result in results] == [one != openid for one in asked]


@pytest.mark.parametrize("many", [True, False], ids=["by the hundred", "one by one"])
def test_a_question_whose_connection_breaks_is_not_asked_again_by_itself(
    gateway: HttpGateway, account: WechatAccount, openid: str, simulator: Simulator, many: bool
) -> None:
    """HTTP clients like to send a GET again; a login code is swapped by a GET, and only once."""
    door = gateway.service_account(account)
    one = (lambda: at_once(gateway, account, openid, 1)[0]) if many else (lambda: door.user_info(openid))
    assert one().subscribe
    simulator.ask("faults", faults=[{"kind": "cut", "path": INFO, "times": 1}])
    seen = Seen(simulator)
    try:
        broken = one()
    except WechatError as error:
        broken = error
    assert (broken.outcome, broken.code) == (Outcome.unknown, "connection")
    assert len(seen.of(INFO)) == 1


def test_a_process_that_was_forked_has_a_line_of_its_own(gateway: HttpGateway, account: WechatAccount, openid: str) -> None:
    """And the parent goes on hearing what its own connections bring."""
    at_once(gateway, account, openid, 2)
    child = os.fork()
    if child == 0:
        os._exit(0 if all(result.subscribe for result in at_once(gateway, account, openid, 2)) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert all(result.subscribe for result in at_once(gateway, account, openid, 2))
