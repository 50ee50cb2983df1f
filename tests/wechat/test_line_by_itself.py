"""The line to Tencent without a network: what its parts do when a call ends in the middle, is refused on the way, or cannot be made."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from prometheus_client import REGISTRY

from app.kit import queue
from app.kit.settings import settings
from app.wechat import http
from app.wechat.endpoints import Ask, Endpoint, Exchange, Host, Repeat, Reply
from app.wechat.endpoints.service_account import ServiceAccount
from app.wechat.errors import Outcome, WechatError
from app.wechat.http import concurrent, pooled, quota
from app.wechat.http.line import HttpLine
from app.wechat.http.wire import Wire
from app.wechat.models import AccountKind, WechatAccount

INFO = "/cgi-bin/user/info"


class Tencent:
    """Stands in for the network of both drivers. `answers` holds what a path answers, in turn, the last one for ever: an object or an
    exception; `asked` the paths that were called.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, list[Any]] = {
            "/cgi-bin/stable_token": [{"access_token": "a token", "expires_in": 7200}],
            INFO: [{"subscribe": 0}],
        }

    def send(self, wire: Wire) -> Reply:
        path = urlsplit(wire.url).path
        self.asked.append(path)
        answers = self.answers[path]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return Reply(200, {"content-type": "application/json"}, orjson.dumps(answer))


@pytest.fixture
def tencent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tencent]:
    made = Tencent()

    async def send(_session: Any, wire: Wire) -> Reply:
        return made.send(wire)

    monkeypatch.setattr(pooled, "send", made.send)
    monkeypatch.setattr(concurrent, "_send", send)
    for key in queue.connection().scan_iter(f"{settings().queue_prefix}:wechat:*"):
        queue.connection().delete(key)
    yield made
    monkeypatch.undo()
    settings.cache_clear()
    http.forget()


@pytest.fixture
def with_settings(monkeypatch: pytest.MonkeyPatch, tencent: Tencent) -> Callable[..., None]:
    def change(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        http.forget()

    return change


@pytest.fixture
def account(request: pytest.FixtureRequest) -> WechatAccount:
    return WechatAccount(kind=AccountKind.service_account, appid=f"wx-of-{request.node.name}", secrets={"secret": "s"}, settings={})


@pytest.fixture
def line(tencent: Tencent) -> HttpLine:
    return HttpLine()


NO_ANSWER = WechatError(Outcome.unknown, "timeout")


class TestBreaker:
    @pytest.fixture
    def open_breaker(self, line: HttpLine, account: WechatAccount, tencent: Tencent, with_settings: Any) -> ServiceAccount:
        """The host did not answer, and may be tried again."""
        with_settings(WECHAT_BREAKER_FAILURES="3", WECHAT_BREAKER_SECONDS="0")
        door = ServiceAccount(account, line)
        door.user_info("o")
        works = tencent.answers[INFO]
        tencent.answers[INFO] = [NO_ANSWER]
        for _ in range(3):
            with pytest.raises(WechatError):
                door.user_info("o")
        tencent.answers[INFO] = works
        return door

    def test_a_trial_that_needs_a_token_first_may_fetch_it(
        self, open_breaker: ServiceAccount, account: WechatAccount, line: HttpLine
    ) -> None:
        queue.connection().delete(f"{settings().queue_prefix}:wechat:token:{account.appid}")
        line._keepers.clear()
        assert open_breaker.user_info("o").subscribe is False

    def test_a_trial_that_the_quota_refuses_leaves_its_place_to_the_next(
        self, open_breaker: ServiceAccount, account: WechatAccount, line: HttpLine
    ) -> None:
        line._quotas.used_up(account.appid, ServiceAccount.user_info.endpoint, "45009")
        with pytest.raises(WechatError, match="quota"):
            open_breaker.user_info("o")
        line._quotas = quota.Quotas()
        for key in queue.connection().scan_iter(f"{settings().queue_prefix}:wechat:quota:*"):
            queue.connection().delete(key)
        assert open_breaker.user_info("o").subscribe is False

    def test_a_trial_that_is_broken_off_leaves_its_place_to_the_next(self, open_breaker: ServiceAccount, tencent: Tencent) -> None:
        """As RQ does with a job that takes too long: it raises wherever the job stands."""
        tencent.answers[INFO] = [TimeoutError("job"), {"subscribe": 0}]
        with pytest.raises(TimeoutError):
            open_breaker.user_info("o")
        assert open_breaker.user_info("o").subscribe is False


class TestManyAtOnce:
    def test_a_call_that_cannot_even_be_written_down_costs_no_other_its_result(
        self, line: HttpLine, account: WechatAccount, tencent: Tencent
    ) -> None:
        door = ServiceAccount(account, line)
        endpoint = Endpoint("test.broken", Host.api, "POST", INFO, Repeat.never, True, None, None)
        broken: Exchange[Any] = Exchange(endpoint, account, Ask(lambda told: told, body={"no JSON": object()}))
        calls = [door.user_info.prepare("o"), broken, *(door.user_info.prepare("o") for _ in range(100))]
        results = line.carry_out_all(calls)
        assert [position for position, result in enumerate(results) if isinstance(result, WechatError)] == [1]
        assert tencent.asked.count(INFO) == 101

    def test_a_batch_that_nobody_waits_for_any_more_sends_nothing_more(
        self, line: HttpLine, account: WechatAccount, tencent: Tencent, monkeypatch: pytest.MonkeyPatch, with_settings: Any
    ) -> None:
        """RQ interrupts the thread that waits, which is not the one that sends; the job is done again later."""
        with_settings(WECHAT_CALLS_AT_ONCE="1")
        door, first = ServiceAccount(account, line), threading.Event()

        async def send(_session: Any, wire: Wire) -> Reply:
            reply = tencent.send(wire)
            if wire.url.find(INFO) > 0:
                first.set()
                await asyncio.sleep(0.05)
            return reply

        def too_long(*_signal: Any) -> None:
            raise TimeoutError("job")

        monkeypatch.setattr(concurrent, "_send", send)
        before = signal.signal(signal.SIGALRM, too_long)
        me = threading.get_ident()
        ringer = threading.Thread(target=lambda: (first.wait(5), signal.pthread_kill(me, signal.SIGALRM)))
        ringer.start()
        try:
            with pytest.raises(TimeoutError):
                line.carry_out_all([door.user_info.prepare("o") for _ in range(50)])
        finally:
            signal.signal(signal.SIGALRM, before)
            ringer.join()
        sent = tencent.asked.count(INFO)
        # The sending thread had time for half a dozen more by then.
        concurrent._Loop.get().do(asyncio.sleep(0.3))
        assert tencent.asked.count(INFO) <= sent + 1

    def test_forty_accounts_that_wait_for_their_tokens_hold_up_no_other(
        self, line: HttpLine, account: WechatAccount, tencent: Tencent, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Here none of them gets its token before all have asked for theirs."""
        together = threading.Barrier(40)

        def slow(wire: Wire) -> Reply:
            if "stable_token" in wire.url:
                together.wait(5)
            return tencent.send(wire)

        monkeypatch.setattr(pooled, "send", slow)
        doors = [
            ServiceAccount(WechatAccount(kind=account.kind, appid=f"{account.appid}-{number}", secrets=account.secrets, settings={}), line)
            for number in range(40)
        ]
        results = line.carry_out_all([door.user_info.prepare("o") for door in doors])
        assert [result for result in results if isinstance(result, WechatError)] == []


class TestQuota:
    @pytest.mark.parametrize("many", [True, False], ids=["by the hundred", "one by one"])
    def test_a_call_that_is_made_again_with_another_token_is_counted_again(
        self, line: HttpLine, account: WechatAccount, tencent: Tencent, with_settings: Any, many: bool
    ) -> None:
        with_settings(WECHAT_QUOTAS='{"/cgi-bin/user/info": {"per_day": 3, "per_minute": 10}}')
        tencent.answers[INFO] = [{"errcode": 40001, "errmsg": "no"}, {"subscribe": 0}]
        tencent.answers["/cgi-bin/stable_token"] = [{"access_token": one, "expires_in": 7200} for one in ("one", "another")]
        asked = [ServiceAccount(account, line).user_info.prepare("o") for _ in range(3)]

        def one_by_one() -> Iterator[Any]:
            for one in asked:
                try:
                    yield line.carry_out(one)
                except WechatError as error:
                    yield error

        results = line.carry_out_all(asked) if many else list(one_by_one())
        assert [result.code for result in results if isinstance(result, WechatError)] == ["quota"]
        assert tencent.asked.count(INFO) == 3

    def test_what_the_minute_refuses_costs_the_day_nothing(
        self, line: HttpLine, account: WechatAccount, with_settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with_settings(WECHAT_QUOTAS='{"/cgi-bin/user/info": {"per_day": 5, "per_minute": 2}}')
        now = quota._now() // 86400 * 86400
        door = ServiceAccount(account, line)
        made = []
        for minute in range(3):
            monkeypatch.setattr(quota, "_now", lambda minute=minute: now + 60 * minute)
            results = line.carry_out_all([door.user_info.prepare("o") for _ in range(4)])
            made.append(sum(not isinstance(result, WechatError) for result in results))
        assert made == [2, 2, 1]

    def test_of_hundreds_that_find_nothing_at_hand_one_asks_for_all(
        self, line: HttpLine, account: WechatAccount, tencent: Tencent, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A thread for each of them would cost more than the calls."""
        threads: list[Any] = []
        submit = ThreadPoolExecutor.submit

        def counted(pool: ThreadPoolExecutor, *work: Any) -> Any:
            threads.append(work)
            return submit(pool, *work)

        door = ServiceAccount(account, line)
        door.user_info("o")
        monkeypatch.setattr(ThreadPoolExecutor, "submit", counted)
        results = line.carry_out_all([door.user_info.prepare("o") for _ in range(400)])
        assert not any(isinstance(result, WechatError) for result in results)
        assert tencent.asked.count(INFO) == 401
        assert 1 <= len(threads) <= 5, "a share is a hundred calls"

    @pytest.mark.parametrize("code", ["45009", "45011"])
    def test_the_tap_is_closed_in_all_processes_also_where_we_count_nothing(
        self, line: HttpLine, account: WechatAccount, tencent: Tencent, code: str
    ) -> None:
        path = "/cgi-bin/user/info/batchget"
        tencent.answers[path] = [{"errcode": int(code), "errmsg": "no"}]
        for one in (line, line, HttpLine()):
            with pytest.raises(WechatError):
                ServiceAccount(account, one).user_infos(["o"])
        assert tencent.asked.count(path) == 1


@pytest.mark.parametrize(
    ("code", "is_unlisted"),
    [("SOMETHING_NEW", True), ("777777", True), ("-777", True), ("45009", False), ("unreadable", False), ("http.502", False)],
)
def test_every_code_of_tencents_that_nobody_knows_is_counted_and_none_of_ours(
    line: HttpLine, account: WechatAccount, tencent: Tencent, code: str, is_unlisted: bool
) -> None:
    def read(_told: Any) -> None:
        raise WechatError(Outcome.unknown, code)

    endpoint = Endpoint("test.unlisted", Host.api, "GET", INFO, Repeat.harmless, False, None, None)
    sample = "marque_wechat_unlisted_codes_total", {"endpoint": "test.unlisted", "code": code}
    with pytest.raises(WechatError, match=code):
        line.carry_out(Exchange(endpoint, account, Ask(read)))
    assert (REGISTRY.get_sample_value(*sample) or 0) == is_unlisted


def test_an_answer_with_an_impossible_time_is_an_unknown_outcome(line: HttpLine, account: WechatAccount, tencent: Tencent) -> None:
    tencent.answers[INFO] = [{"subscribe": 1, "subscribe_time": 2**64 - 1}]
    with pytest.raises(WechatError) as unreadable:
        ServiceAccount(account, line).user_info("o")
    assert (unreadable.value.outcome, unreadable.value.code) == (Outcome.unknown, "unreadable")
