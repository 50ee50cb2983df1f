"""Whose signature is believed: WeChat Pay's public key, its certificates, both, and while they change; and what only it may read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app.wechat import pay_keys
from app.wechat.client import Outcome, WechatError
from app.wechat.endpoints import Reply
from app.wechat.endpoints.pay.sharing import ReceiverKind
from app.wechat.http import line, pooled
from app.wechat.http.wire import Wire
from tests.simulator import Simulator
from tests.wechat.contract.support import Shop, advance, last_request, latest, number, refused

OTHER, BEIJING = "1900000312", "北京极曜汽车销售服务有限公司"


@pytest.fixture(autouse=True)
def nothing_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that has just started."""
    monkeypatch.setattr(pay_keys, "_learnt", {})


@pytest.fixture
def certified(shop: Shop, simulator: Simulator) -> Iterator[Shop]:
    """The shop, when its merchant has certificates and no public key, and has fetched none yet."""
    mchid, account = shop.door.account.appid, shop.door.account
    account.settings = {"merchant_serial": account.settings["merchant_serial"], "platform_certificates": []}
    simulator.ask(f"merchants/{mchid}/key-mode", mode="certificate")
    yield shop
    simulator.ask(f"merchants/{mchid}/key-mode", mode="public_key")


def opened(shop: Shop) -> str:
    """An order is opened, whose answer has to be believed."""
    told: str = shop.door.prepay(number("PAY"), **shop.ask())
    return told


def asked_for_certificates(simulator: Simulator, since: int) -> int:
    return [call["path"] for call in simulator.look("calls", after=since, limit=1000)["calls"]].count("/v3/certificates")


class TestCertificates:
    def test_are_fetched_when_the_first_answer_names_one(self, certified: Shop, simulator: Simulator) -> None:
        before = latest(simulator)
        for _ in range(3):
            assert opened(certified)
        assert asked_for_certificates(simulator, before) == 1

    def test_are_those_that_the_console_shows(self, certified: Shop, simulator: Simulator) -> None:
        shown = simulator.look(f"merchants/{certified.door.account.appid}")["certificates"]
        assert sorted(certified.door.certificates()) == sorted(one["certificate"] for one in shown)

    def test_sealed_with_another_key_are_none(self, certified: Shop) -> None:
        account = certified.door.account
        account.secrets = {**account.secrets, "apiv3_key": "x" * 32}
        with refused("unreadable", Outcome.unknown):
            certified.door.certificates()

    def test_seal_what_only_wechat_pay_may_read(self, certified: Shop, simulator: Simulator) -> None:
        with refused("no_platform_key", Outcome.retry_later):
            certified.door.add_receiver(ReceiverKind.merchant, OTHER, relation="STORE", name=BEIJING)
        assert opened(certified)
        certified.door.add_receiver(ReceiverKind.merchant, OTHER, relation="STORE", name=BEIJING)
        assert last_request(simulator, "/v3/profitsharing/receivers/add")["name"] != BEIJING

    def test_may_change_and_the_old_one_may_end_without_a_call_lost(
        self, certified: Shop, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(line, "_LEARN_APART_SECONDS", 0)
        account = certified.door.account
        account.settings = {**account.settings, "platform_certificates": certified.door.certificates()}
        before = latest(simulator)
        assert opened(certified)
        assert asked_for_certificates(simulator, before) == 0
        simulator.ask(f"merchants/{account.appid}/rotate-certificate")
        assert opened(certified)
        assert asked_for_certificates(simulator, before) == 1
        certified.door.add_receiver(ReceiverKind.merchant, OTHER, relation="STORE", name=BEIJING)
        advance(simulator, days=11)
        assert opened(certified)
        certified.door.add_receiver(ReceiverKind.merchant, OTHER, relation="STORE", name=BEIJING)
        assert asked_for_certificates(simulator, before) == 1

    def test_that_do_not_exist_are_asked_for_once_a_minute_and_never_believed(
        self, certified: Shop, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        really = pooled.send

        def forged(request: Wire) -> Reply:
            reply = really(request)
            if "/v3/certificates" in request.url:
                return reply
            return reply._replace(headers={**reply.headers, "wechatpay-serial": "F" * 40})

        monkeypatch.setattr(pooled, "send", forged)
        before = latest(simulator)
        for _ in range(3):
            with refused("answer_refused", Outcome.unknown):
                opened(certified)
        assert asked_for_certificates(simulator, before) == 1


class TestAPublicKey:
    def test_needs_no_certificates(self, shop: Shop, simulator: Simulator) -> None:
        before = latest(simulator)
        assert opened(shop)
        assert asked_for_certificates(simulator, before) == 0

    def test_of_another_is_not_believed(self, shop: Shop) -> None:
        account = shop.door.account
        known = account.settings["public_key_id"]
        for other in ("PUB_KEY_ID_0000000000000000", known + "0"):
            account.settings = {**account.settings, "public_key_id": other}
            with pytest.raises(WechatError):
                opened(shop)

    def test_beside_certificates_signs_what_it_is_asked_to(self, shop: Shop, simulator: Simulator) -> None:
        mchid = shop.door.account.appid
        simulator.ask(f"merchants/{mchid}/key-mode", mode="mixed")
        try:
            before = latest(simulator)
            assert opened(shop)
            shown = simulator.look(f"merchants/{mchid}")["certificates"]  # two where another test has just changed it
            assert shown
            assert sorted(shop.door.certificates()) == sorted(one["certificate"] for one in shown)
            assert asked_for_certificates(simulator, before) == 1
        finally:
            simulator.ask(f"merchants/{mchid}/key-mode", mode="public_key")


class TestAnAnswer:
    def test_without_a_signature_is_forged(self, shop: Shop, simulator: Simulator) -> None:
        simulator.ask("faults", unsigned_answer=1)
        with refused("answer_refused", Outcome.unknown):
            opened(shop)

    def test_with_a_probe_for_a_signature_is_not_believed(self, shop: Shop, simulator: Simulator) -> None:
        simulator.ask("faults", signtest={"path": "/v3/pay/*", "times": 1})
        with refused("answer_refused", Outcome.unknown):
            opened(shop)

    @pytest.mark.parametrize("seconds", [-360, 360])
    def test_signed_at_another_time_is_a_recording(self, shop: Shop, simulator: Simulator, seconds: int) -> None:
        switches = f"accounts/{shop.door.account.appid}/switches"
        simulator.ask(switches, pay_clock_skew_seconds=seconds)
        try:
            with refused("answer_refused", Outcome.unknown):
                opened(shop)
            simulator.ask(switches, pay_clock_skew_seconds=seconds * 2 // 3)
            assert opened(shop)
        finally:
            simulator.ask(switches, pay_clock_skew_seconds=0)

    def test_that_refuses_decides_nothing_but_whether_to_ask_again_and_may_come_unsigned(self, shop: Shop, simulator: Simulator) -> None:
        switches = f"accounts/{shop.door.account.appid}/switches"
        simulator.ask(switches, pay_errors_unsigned=True)
        try:
            assert shop.door.query(number("PAY")).state == "NOT_EXIST"
        finally:
            simulator.ask(switches, pay_errors_unsigned=False)

    def test_to_a_wrong_signature_of_ours_is_the_accounts_trouble(self, shop: Shop) -> None:
        account: Any = shop.door.account
        account.settings = {**account.settings, "merchant_serial": "0" * 40}
        with refused("SIGN_ERROR", Outcome.permanent_account):
            opened(shop)
