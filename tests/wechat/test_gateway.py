"""Every door of the gateway against the simulator, over HTTP: what it gives, and what a refusal means."""

from __future__ import annotations

import io
import logging
import socket
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import uuid4

import pytest

from app.kit import db, queue
from app.kit.logging import configure
from app.kit.settings import settings
from app.wechat import http
from app.wechat.client import Outcome, Trade, WechatError
from app.wechat.http import HttpGateway
from app.wechat.models import WechatAccount
from dev.testing import wait_until
from tests.simulator import Simulator

CARD = {
    "card_type": "button_interaction",
    "main_title": {"title": "新线索：S90", "desc": "上海徐汇店"},
    "task_id": "task-1",
    "button_list": [{"text": "接受", "style": 1, "key": "accept"}, {"text": "稍后回电", "style": 2, "key": "call_back_later"}],
}


def refused(outcome: Outcome, code: str) -> Any:
    """The call inside is refused with this code, which means this."""

    class Refused:
        def __enter__(self) -> None: ...

        def __exit__(self, _kind: Any, error: BaseException | None, _trace: Any) -> bool:
            assert isinstance(error, WechatError), "nothing was refused"
            assert (error.outcome, error.code) == (outcome, code)
            return True

    return Refused()


class TestMiniProgram:
    def test_a_login_code_is_worth_one_session(self, gateway: HttpGateway, accounts: Any, simulator: Simulator, buyer: Any) -> None:
        account = accounts["mini_program"]
        door = gateway.mini_program(account)
        code = simulator.ask(f"users/{buyer['id']}/login-code", appid=account.appid)["code"]
        told = door.code_to_session(code)
        assert told.openid == buyer["openids"][account.appid]
        assert told.unionid == buyer["unionid"]
        with refused(Outcome.permanent_person, "40163"):
            door.code_to_session(code)
        with refused(Outcome.permanent_person, "40029"):
            door.code_to_session("never given out")

    def test_a_login_fetches_no_token(self, gateway: HttpGateway, accounts: Any, simulator: Simulator, buyer: Any) -> None:
        before = next((call["id"] for call in simulator.look("calls", limit=1)["calls"]), 0)
        code = simulator.ask(f"users/{buyer['id']}/login-code", appid=accounts["mini_program"].appid)["code"]
        gateway.mini_program(accounts["mini_program"]).code_to_session(code)
        assert [call["path"] for call in simulator.look("calls", after=before)["calls"]] == ["/sns/jscode2session"]

    def test_a_phone_code_is_worth_one_number(self, gateway: HttpGateway, accounts: Any, simulator: Simulator, buyer: Any) -> None:
        door = gateway.mini_program(accounts["mini_program"])
        code = simulator.ask(f"users/{buyer['id']}/phone-code", appid=accounts["mini_program"].appid)["code"]
        assert door.phone_number(code) == "+8613812345678"
        with refused(Outcome.permanent_person, "40029"):
            door.phone_number(code)

    def test_a_code_is_a_picture_and_its_refusals_are_told_apart(self, gateway: HttpGateway, accounts: Any) -> None:
        door = gateway.mini_program(accounts["mini_program"])
        assert door.mini_program_code("s=3kT9", "pages/index/index").startswith(b"\x89PNG")
        with refused(Outcome.permanent_person, "40169"):
            door.mini_program_code("x" * 33, "pages/index/index")
        with refused(Outcome.permanent_person, "40129"):
            door.mini_program_code("分享", "pages/index/index")
        with refused(Outcome.permanent_account, "41030"):
            door.mini_program_code("s", "pages/nowhere")

    def test_a_wrong_secret_is_the_accounts_trouble(self, gateway: HttpGateway, accounts: Any) -> None:
        account = accounts["mini_program"]
        account.secrets = {**account.secrets, "secret": "another"}
        with refused(Outcome.permanent_account, "40125"):
            gateway.mini_program(account).code_to_session("any")


class TestServiceAccount:
    DATA = {"thing1": "S90 B5 智远豪华版", "amount2": "1000元", "character_string3": "DO20260001", "time4": "2026年11月21日 10:00"}

    def test_a_template_reaches_the_inbox_once_per_key(self, gateway: HttpGateway, accounts: Any, simulator: Simulator, buyer: Any) -> None:
        account = accounts["service_account"]
        door, openid = gateway.service_account(account), buyer["openids"][account.appid]
        template = simulator.accounts["templates"]["deposit_paid"]
        first = door.send_template(openid, template, self.DATA, client_msg_id="m1", page="pages/orders/detail?id=1")
        again = door.send_template(openid, template, self.DATA, client_msg_id="m1", page="pages/orders/detail?id=1")
        assert first == again
        inbox = simulator.look(f"users/{buyer['id']}/inbox")["messages"]
        assert [message["msgid"] for message in inbox] == [first]
        assert inbox[0]["miniprogram"] == {"appid": accounts["mini_program"].appid, "pagepath": "pages/orders/detail?id=1"}

    def test_refusals_name_what_is_wrong(self, gateway: HttpGateway, accounts: Any, simulator: Simulator, buyer: Any) -> None:
        account = accounts["service_account"]
        door, openid = gateway.service_account(account), buyer["openids"][account.appid]
        template = simulator.accounts["templates"]["deposit_paid"]
        stranger = simulator.ask("users", nickname="路人", follow=False)["openids"][account.appid]
        with refused(Outcome.permanent_person, "43004"):
            door.send_template(stranger, template, self.DATA, client_msg_id="m2")
        with refused(Outcome.permanent_account, "40037"):
            door.send_template(openid, "no such template", self.DATA, client_msg_id="m3")
        with pytest.raises(WechatError, match="thing1") as wrong:
            door.send_template(openid, template, {**self.DATA, "thing1": "字" * 21}, client_msg_id="m4")
        assert wrong.value.code == "47003"

    def test_followers_are_listed_and_known_by_unionid(self, gateway: HttpGateway, accounts: Any, buyer: Any) -> None:
        account = accounts["service_account"]
        door, openid = gateway.service_account(account), buyer["openids"][account.appid]
        assert door.user_info(openid).unionid == buyer["unionid"]
        everybody = door.followers()
        assert openid in everybody
        assert door.followers(everybody[-1]) == []
        assert door.user_infos([openid])[openid].subscribe


class TestWeCom:
    def test_a_card_is_delivered_once_and_updated_once(self, gateway: HttpGateway, accounts: Any, simulator: Simulator) -> None:
        door = gateway.wecom(accounts["corp"])
        first = door.send_card(["adv001", "hidden01"], CARD)
        assert first == door.send_card(["adv001", "hidden01"], CARD)
        assert first.invalid_userids == ("hidden01",)
        inbox = simulator.look("staff/adv001/inbox")["messages"]
        assert [button["key"] for button in inbox[0]["buttons"]] == ["accept", "call_back_later"]
        assert first.response_code
        door.update_card(["adv001"], first.response_code, replace_name="已接受")
        assert simulator.look("staff/adv001/inbox")["messages"][0]["replace_name"] == "已接受"
        with refused(Outcome.permanent_person, "40058"):
            door.update_card(["adv001"], first.response_code, replace_name="再一次")

    def test_nobody_in_sight_is_a_refusal(self, gateway: HttpGateway, accounts: Any, simulator: Simulator) -> None:
        door = gateway.wecom(accounts["corp"])
        with refused(Outcome.permanent_person, "81013"):
            door.send_text(["hidden01"], "有客户取消了预订")
        assert door.send_text(["adv002"], "有客户取消了预订").invalid_userids == ()
        assert simulator.look("staff/adv002/inbox")["messages"][0]["text"]["content"] == "有客户取消了预订"


class TestPay:
    @pytest.fixture
    def ask(self, simulator: Simulator, accounts: Any, buyer: Any) -> dict[str, Any]:
        return {
            "description": "意向金：S90",
            "amount_fen": 100_000,
            "openid": buyer["openids"][accounts["mini_program"].appid],
            "expires_at": datetime.fromisoformat(simulator.look("clock")["now"]) + timedelta(minutes=15),
            "notify_url": "http://127.0.0.1:8241/nobody",
        }

    def test_an_order_is_opened_paid_and_queried(
        self, gateway: HttpGateway, accounts: Any, simulator: Simulator, buyer: Any, ask: Any
    ) -> None:
        door = gateway.pay(accounts["merchant"])
        assert door.query("PAY0000001") == Trade(
            "PAY0000001", "NOT_EXIST", appid=accounts["mini_program"].appid, mchid=accounts["merchant"].appid
        )
        prepay_id = door.prepay("PAY0000001", **ask)
        assert door.prepay("PAY0000001", **ask) != prepay_id
        assert door.query("PAY0000001").state == "NOTPAY"
        assert simulator.ask(f"users/{buyer['id']}/pay", **door.payment_params(prepay_id))["result"] == "ok"
        trade = door.query("PAY0000001")
        assert (trade.state, trade.amount_fen, trade.currency, trade.openid) == ("SUCCESS", 100_000, "CNY", ask["openid"])
        assert trade.paid_at is not None
        assert trade.paid_at.utcoffset() is not None
        with refused(Outcome.permanent_person, "ORDERPAID"):
            door.close("PAY0000001")

    def test_closing_twice_is_closing(self, gateway: HttpGateway, accounts: Any, ask: Any) -> None:
        door = gateway.pay(accounts["merchant"])
        door.prepay("PAY0000002", **ask)
        door.close("PAY0000002")
        door.close("PAY0000002")
        assert door.query("PAY0000002").state == "CLOSED"
        with refused(Outcome.permanent_person, "ORDER_NOT_EXIST"):
            door.close("PAY0000009")

    def test_another_amount_under_the_same_number_is_refused(self, gateway: HttpGateway, accounts: Any, ask: Any) -> None:
        door = gateway.pay(accounts["merchant"])
        door.prepay("PAY0000003", **ask)
        with refused(Outcome.permanent_person, "OUT_TRADE_NO_USED"):
            door.prepay("PAY0000003", **{**ask, "amount_fen": 1})

    def test_a_refund_settles_and_repeats_without_effect(
        self, gateway: HttpGateway, accounts: Any, simulator: Simulator, buyer: Any, ask: Any
    ) -> None:
        door = gateway.pay(accounts["merchant"])
        simulator.ask(f"users/{buyer['id']}/pay", **door.payment_params(door.prepay("PAY0000004", **ask)))
        assert door.query_refund("REFUND0001").status == "NOT_EXIST"
        money = {"amount_fen": 100_000, "total_fen": 100_000, "reason": "客户取消", "notify_url": ask["notify_url"]}
        assert door.refund("PAY0000004", "REFUND0001", **money).status == "PROCESSING"
        assert door.refund("PAY0000004", "REFUND0001", **money).refund_id == door.query_refund("REFUND0001").refund_id
        wait_until(lambda: door.query_refund("REFUND0001").status == "SUCCESS")
        assert door.query_refund("REFUND0001").amount_fen == 100_000
        assert door.query("PAY0000004").state == "REFUND"

    def test_an_answer_that_tencent_did_not_sign_is_not_believed(self, gateway: HttpGateway, accounts: Any, ask: Any) -> None:
        from tests.factories.wechat import key_pair

        merchant = accounts["merchant"]
        merchant.settings = {**merchant.settings, "public_key": key_pair("somebody")[1]}
        with pytest.raises(WechatError) as doubtful:
            gateway.pay(merchant).prepay("PAY0000005", **ask)
        assert (doubtful.value.outcome, doubtful.value.code) == (Outcome.unknown, "answer_refused")

    def test_numbers_that_would_change_the_path_never_leave(self, gateway: HttpGateway, accounts: Any) -> None:
        with pytest.raises(ValueError, match="letters and digits"):
            gateway.pay(accounts["merchant"]).query("../refunds")


class TestTheNetwork:
    def test_an_answer_that_never_comes_is_an_unknown_outcome(self, gateway: HttpGateway, accounts: Any, simulator: Simulator) -> None:
        text = f"一次 {uuid4()}"

        def arrived() -> int:
            return str(simulator.look("staff/adv003/inbox")["messages"]).count(text)

        simulator.ask("faults", timeout_after_accept={"path": "/cgi-bin/message/send", "times": 1})
        with refused(Outcome.unknown, "timeout"):
            gateway.wecom(accounts["corp"]).send_text(["adv003"], text)
        # On a busy machine it may be taken only after we have given up.
        wait_until(arrived, what="the first one is taken")
        gateway.wecom(accounts["corp"]).send_text(["adv003"], text)
        assert arrived() == 1

    def test_a_call_that_never_left_may_be_made_later(self, gateway: HttpGateway, accounts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            address = f"http://127.0.0.1:{nobody.getsockname()[1]}"
            for name in ("WECHAT_API_BASE", "WECHAT_PAY_BASE"):
                monkeypatch.setenv(name, address)
            settings.cache_clear()
            http.forget()
            with refused(Outcome.retry_later, "connection"):
                gateway.mini_program(accounts["mini_program"]).code_to_session("code")
            with refused(Outcome.retry_later, "connection"):
                gateway.pay(accounts["merchant"]).query("PAY0000001")

    def test_a_busy_system_and_a_code_nobody_listed(self, gateway: HttpGateway, accounts: Any, simulator: Simulator) -> None:
        door = gateway.wecom(accounts["corp"])
        simulator.ask("faults", errcode={"path": "/cgi-bin/message/send", "code": -1, "times": 1})
        with refused(Outcome.retry_now, "-1"):
            door.send_text(["adv004"], "一")
        simulator.ask("faults", errcode={"path": "/cgi-bin/message/send", "code": 777777, "times": 1})
        with refused(Outcome.unknown, "777777"):
            door.send_text(["adv004"], "二")

    def test_a_changed_secret_is_used_at_once(self, gateway: HttpGateway, accounts: Any, buyer: Any) -> None:
        account = accounts["service_account"]
        openid = buyer["openids"][account.appid]
        assert gateway.service_account(account).user_info(openid).subscribe
        account.secrets = {**account.secrets, "secret": "another"}
        for key in queue.connection().scan_iter(f"{settings().queue_prefix}:wechat:token:*"):
            queue.connection().delete(key)
        with refused(Outcome.permanent_account, "40125"):
            gateway.service_account(account).user_info(openid)


def test_nothing_secret_is_logged(
    gateway: HttpGateway,
    accounts: Any,
    simulator: Simulator,
    buyer: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root, written = logging.getLogger(), io.StringIO()
    before = root.handlers[:], root.level
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    settings.cache_clear()
    configure()
    cast(logging.StreamHandler[Any], root.handlers[0]).setStream(written)
    try:
        account = accounts["mini_program"]
        door = gateway.mini_program(account)
        login = simulator.ask(f"users/{buyer['id']}/login-code", appid=account.appid)["code"]
        session_key = door.code_to_session(login).session_key
        phone = simulator.ask(f"users/{buyer['id']}/phone-code", appid=account.appid)["code"]
        door.phone_number(phone)
        token = gateway._line._keeper(account).current()
        corp = gateway.wecom(accounts["corp"])
        simulator.ask("faults", errcode={"path": "/cgi-bin/message/send", "code": 40056, "times": 1})
        with pytest.raises(WechatError):
            corp.send_text(["adv005"], "一")
        with pytest.raises(WechatError):
            gateway.service_account(accounts["service_account"]).refresh_web_session("her-refresh-token")
        simulator.kill()
        with pytest.raises(WechatError):
            door.code_to_session(login)
        with pytest.raises(WechatError):
            gateway.pay(accounts["merchant"]).query("PAY0000001")
    finally:
        simulator.start()
        root.handlers[:] = before[0]
        root.setLevel(before[1])
    logged = written.getvalue()
    assert '"event":"wechat call","level":"warning"' in logged
    assert '"event":"wechat call","level":"info"' in logged
    hidden = [account.secrets[field] for account in accounts.values() for field in account.secrets]
    hidden += [
        session_key,
        token,
        gateway._line._keeper(accounts["corp"]).current(),
        login,
        phone,
        buyer["phone"],
        "her-refresh-token",
        "Authorization",
    ]
    for secret in hidden:
        assert secret not in logged


def test_a_call_is_made_outside_any_transaction(gateway: HttpGateway, accounts: Any) -> None:
    """The doors take detached accounts, so that a job reads them, ends its transaction and then calls."""
    with db.transaction() as session:
        account = session.get_one(WechatAccount, accounts["corp"].id)
    assert gateway.wecom(account).send_text(["adv006"], "好").msgid
