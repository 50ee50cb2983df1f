"""Each channel once against the platform's simulator, over HTTP: what is taken, what is refused and why, and that nobody gets it twice."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Role
from app.identity import service as wishing
from app.identity.models import Customer, Purpose
from app.kit import clock
from app.kit.settings import settings
from app.messaging import credits, service, sms, windows
from app.messaging.channels import CallPerLetter, Channel
from app.messaging.channels.group_send import GroupSend
from app.messaging.models import Contact, Credit, MemberTask, MessageTemplate, Send
from app.messaging.service import templates
from app.orders import service as orders
from app.wechat.http import HttpGateway
from app.wechat.models import WechatAccount
from tests.factories import dealers, identity, vehicles
from tests.factories import messaging as make
from tests.factories import orders as market
from tests.messaging.test_sending import Killed
from tests.simulator import Simulator
from tests.wechat.conftest import accounts, gateway, simulator

__all__ = ["accounts", "gateway", "simulator"]

# The simulator's world outlives a test: everybody in it is new each time.
_numbers = itertools.count(1)
PROGRESS = {
    "thing1": "{{ vehicle_title }}",
    "phrase2": "已确认",
    "character_string3": "{{ order_number }}",
    "thing4": "请携带身份证到店",
}


class World:
    """A dealer's people at the simulator, and as many customers as a test wants."""

    def __init__(self, session: Session, simulator: Simulator, accounts: dict[str, WechatAccount]) -> None:
        self.session, self.simulator, self.accounts = session, simulator, accounts
        brand = session.get_one(dealers.Brand, accounts["corp"].brand_id)
        dealer = dealers.dealer(session, brand)
        store = dealers.store(session, dealer)
        self.adviser = dealers.staff(session, dealer, wecom_userid=f"adv{100 + next(_numbers):03d}")
        manager = dealers.staff(session, dealer, Role.dealer_manager, wecom_userid="mgr009")
        terms = orders.install_terms(session, brand.id)
        place = market.Market(brand, dealer, store, vehicles.vehicle(session, store), accounts["mini_program"], accounts["merchant"], terms)
        self.town = make.Town(place, self.adviser, self.adviser, manager, accounts["service_account"], accounts["corp"])
        session.commit()

    def customer(self) -> tuple[Customer, dict[str, Any]]:
        """One of our customers, and the person at the simulator that she is."""
        phone = f"139{next(_numbers):08d}"
        person = self.simulator.ask("users", nickname="客户", phone=phone, follow=True)
        her = identity.customer(self.session, self.town.market.brand, phone=f"+86{phone}", unionid=person["unionid"])
        for kind in ("mini_program", "service_account"):
            account = self.accounts[kind]
            followed = True if kind == "service_account" else None
            identity.identity(self.session, her, account, openid=person["openids"][account.appid], followed=followed)
        return her, person

    def openid(self, person: dict[str, Any], kind: str) -> str:
        return str(person["openids"][self.accounts[kind].appid])

    def plan(self, to: Customer | None, channel: str, template_key: str, **fields: Any) -> Send:
        recipient = ("customer", to.id) if to else ("staff", self.adviser.id)
        return service.plan(
            self.session,
            brand_id=self.town.brand_id,
            channel=channel,
            recipient=recipient,
            template_key=template_key,
            dedupe_key=uuid.uuid4().hex,
            **fields,
        )

    def send(self, *sends: Send) -> list[tuple[str, str | None]]:
        """Send what is due; what became of these."""
        make.send_due(self.session)
        return [(one.status, one.error_code) for one in sends]

    def attempts(self, kind: str) -> dict[str, tuple[int, int]]:
        rows = self.simulator.look("duplicates", kind=kind)["duplicates"]
        return {row["key"]: (row["attempts"], row["effects"]) for row in rows}


@pytest.fixture
def world(session: Session, simulator: Simulator, gateway: HttpGateway, accounts: dict[str, WechatAccount]) -> World:
    return World(session, simulator, accounts)


@pytest.fixture
def die_after_the_call(monkeypatch: pytest.MonkeyPatch) -> Callable[[type[Channel]], Any]:
    """The worker dies once its next call was answered."""

    def plan(way: type[Channel]) -> Any:
        sent = way.send

        def die(self: Channel, batch: Any) -> Any:
            sent(self, batch)
            raise Killed

        context = monkeypatch.context()
        context.__enter__().setattr(way, "send", die)
        return context

    return plan


def subscribe(world: World, person: dict[str, Any], template_id: str) -> None:
    """She allows one message: WeChat knows it, and so do we."""
    account = world.accounts["mini_program"]
    answers = [{"template_id": template_id, "answer": "accept"}]
    world.simulator.ask(f"users/{person['id']}/subscribe", appid=account.appid, answers=answers)
    openid = world.openid(person, "mini_program")
    credits.grant(world.session, account, openid, template_id, key=uuid.uuid4().hex, said_at=clock.now(world.session))


def subscription(world: World) -> tuple[str, str]:
    """A template of ours for the mini-program's own: our key and WeChat's id."""
    account = world.accounts["mini_program"]
    template_id = next(one["template_id"] for one in account.settings["subscribe_templates"] if one["moment"] == "deposit_paid")
    template = make.template(world.session, world.town, "subscribe_message", PROGRESS, template_ids={account.appid: template_id})
    return template.key, template_id


def test_a_subscribe_message_is_sent_for_each_time_she_allowed_it(world: World) -> None:
    her, person = world.customer()
    order = make.paid_order(world.session, world.town, her)
    key, template_id = subscription(world)
    subscribe(world, person, template_id)
    first, second = (world.plan(her, "subscribe_message", key, context={"order_id": order.id}) for _ in range(2))
    assert sorted(world.send(first, second), key=str) == [("accepted", None), ("skipped", "no_credit")]
    (notice,) = world.simulator.look(f"users/{person['id']}/notices")["notices"]
    assert [field["value"] for field in notice["fields"]][1:] == ["已确认", order.number, "请携带身份证到店"]


def test_the_subscribe_messages_that_we_ship_are_accepted(world: World) -> None:
    her, person = world.customer()
    order = make.paid_order(world.session, world.town, her)
    service.install_defaults(world.session, world.town.brand_id, {})
    for one in world.accounts["mini_program"].settings["subscribe_templates"]:
        subscribe(world, person, one["template_id"])
        send = world.plan(her, "subscribe_message", one["moment"], context={"order_id": order.id})
        assert world.send(send) == [("accepted", None)], one["moment"]


def test_what_wechat_has_is_read_and_ours_fit_it(world: World) -> None:
    service.install_defaults(world.session, world.town.brand_id, world.simulator.accounts["templates"])
    world.session.commit()
    assert service.sync_templates() == 2
    world.session.expire_all()
    ours = world.session.execute(select(MessageTemplate)).scalars().all()
    assert len(ours) == 9
    for template in ours:
        wrong = [one for one in templates.problems(world.session, template) if not one.is_warning]
        assert wrong == [], template.key


def test_when_wechat_says_that_she_allows_no_more_all_her_credits_are_gone(world: World) -> None:
    her, person = world.customer()
    order = make.paid_order(world.session, world.town, her)
    key, template_id = subscription(world)
    openid = world.openid(person, "mini_program")
    for number in range(3):
        moment = clock.now(world.session)
        credits.grant(world.session, world.accounts["mini_program"], openid, template_id, key=str(number), said_at=moment)
    first = world.plan(her, "subscribe_message", key, context={"order_id": order.id})
    assert world.send(first) == [("rejected", "wechat.43101")]
    assert world.session.execute(select(Credit.balance)).scalars().all() == [0]
    second = world.plan(her, "subscribe_message", key, context={"order_id": order.id})
    assert world.send(second) == [("skipped", "no_credit")]


def test_a_subscribe_message_that_may_have_left_is_never_sent_again(world: World, die_after_the_call: Any, later: Any) -> None:
    her, person = world.customer()
    order = make.paid_order(world.session, world.town, her)
    key, template_id = subscription(world)
    for _ in range(2):
        subscribe(world, person, template_id)
    send = world.plan(her, "subscribe_message", key, context={"order_id": order.id})
    world.session.commit()
    dying = die_after_the_call(CallPerLetter)
    with pytest.raises(Killed):
        service.send_due()
    dying.__exit__(None, None, None)
    later(seconds=16)
    assert world.send(send) == [("unknown", None)]
    assert len(world.simulator.look(f"users/{person['id']}/notices")["notices"]) == 1
    assert world.session.execute(select(Credit.balance)).scalar_one() == 1


def test_the_service_account_answers_while_its_window_is_open(world: World, later: Any) -> None:
    her, person = world.customer()
    account, openid = world.accounts["service_account"], world.openid(person, "service_account")
    key = make.template(world.session, world.town, "customer_service", {"content": "您好 {{ customer_phone }}"}).key
    assert world.send(world.plan(her, "customer_service", key)) == [("skipped", "window_closed")]
    world.simulator.ask(f"users/{person['id']}/service/message", appid=account.appid, text="请问有现车吗")
    windows.open_for(world.session, account, openid, "wrote", at=clock.now(world.session))
    sends = [world.plan(her, "customer_service", key) for _ in range(6)]
    assert sorted(world.send(*sends), key=str) == [("accepted", None)] * 5 + [("skipped", "window_used_up")]
    shown = world.simulator.look(f"users/{person['id']}/service/messages", appid=account.appid)["messages"]
    assert sum("139" in str(one) for one in shown) == 5
    later(hours=49)
    windows.open_for(world.session, account, openid, "wrote", at=clock.now(world.session))
    # WeChat's own clock is the judge: there the window is used up.
    assert world.send(late := world.plan(her, "customer_service", key)) == [(late.status, "wechat.45047")]
    assert late.status == "rejected"


def test_the_mini_program_answers_whoever_wrote_to_it(world: World) -> None:
    her, person = world.customer()
    account, openid = world.accounts["mini_program"], world.openid(person, "mini_program")
    key = make.template(world.session, world.town, "mini_program_service", {"content": "您好，顾问马上联系您"}).key
    world.simulator.ask(f"users/{person['id']}/login-code", appid=account.appid)
    world.simulator.ask(f"users/{person['id']}/chat", appid=account.appid, text="在吗")
    windows.open_for(world.session, account, openid, "wrote", at=clock.now(world.session))
    assert world.send(send := world.plan(her, "mini_program_service", key)) == [("accepted", None)]
    shown = world.simulator.look(f"users/{person['id']}/chat", appid=account.appid)["messages"]
    assert sum("顾问马上联系您" in str(one) for one in shown) == 1
    assert send.appid == account.appid


def test_staff_get_plain_messages_each_once(world: World, die_after_the_call: Any, later: Any) -> None:
    key = make.template(world.session, world.town, "wecom_text", {"content": "门店 {{ store_name }} 今日有新预约"}).key
    sends = [world.plan(None, "wecom_text", key, context={"store_id": world.town.market.store.id}) for _ in range(2)]
    world.session.commit()
    dying = die_after_the_call(CallPerLetter)
    with pytest.raises(Killed):
        service.send_due()
    dying.__exit__(None, None, None)
    later(seconds=16)
    assert world.send(*sends) == [("accepted", None)] * 2
    shown = world.simulator.look(f"staff/{world.adviser.wecom_userid}/inbox")["messages"]
    # The same words twice are two messages, and a repeated call is none.
    assert len(shown) == 2


def test_a_group_send_is_one_call_and_reaches_everybody_once(world: World, die_after_the_call: Any, later: Any) -> None:
    people = [world.customer() for _ in range(3)]
    key = make.template(world.session, world.town, "group_send", {"content": "本周末门店开放日"}).key
    sends = [world.plan(her, "group_send", key) for her, _ in people]
    world.session.commit()
    dying = die_after_the_call(GroupSend)
    with pytest.raises(Killed):
        service.send_due()
    dying.__exit__(None, None, None)
    later(seconds=90)
    world.simulator.ask("clock/advance", seconds=90)
    assert world.send(*sends) == [("accepted", None)] * 3
    group = sends[0].msgid
    assert {send.msgid for send in sends} == {group}
    listed = [one for one in world.attempts("group_send").items() if one[1][0] == 2]
    assert [effects for _, (_, effects) in listed] == [1]
    account = world.accounts["service_account"]
    for _, person in people:
        shown = world.simulator.look(f"users/{person['id']}/service/messages", appid=account.appid)["messages"]
        assert sum("开放日" in str(one) for one in shown) == 1


def test_a_follower_gets_four_group_sends_a_month(world: World) -> None:
    people = [world.customer() for _ in range(2)]
    key = make.template(world.session, world.town, "group_send", {"content": "车主讲堂"}).key
    for number in range(5):
        sends = [world.plan(her, "group_send", key) for her, _ in people]
        expected = ("accepted", None) if number < 4 else ("skipped", "group_sends_used_up")
        assert world.send(*sends) == [expected] * 2, number
    lonely = world.plan(world.customer()[0], "group_send", key)
    assert world.send(lonely) == [("planned", "group_of_one")]


def test_a_members_task_is_delivered_only_when_he_sent_it(world: World, deliver: Any, later: Any) -> None:
    her, person = world.customer()
    key = make.template(world.session, world.town, "wecom_customer_task", {"content": "{{ store_name }} 邀您试驾"}).key
    context = {"store_id": world.town.market.store.id, "dealer_id": world.town.market.dealer.id}
    stranger = world.plan(her, "wecom_customer_task", key, context=context)
    assert world.send(stranger) == [("skipped", "no_contact")]
    userid = world.adviser.wecom_userid
    external = world.simulator.ask(f"staff/{userid}/customers", user=person["id"])["external_userid"]
    assert service.read_contacts() > 0
    assert world.session.execute(select(Contact.userid).where(Contact.userid == userid)).scalar_one() == userid
    send = world.plan(her, "wecom_customer_task", key, context=context)
    assert world.send(send) == [("accepted", None)]
    (task,) = world.simulator.look(f"staff/{userid}/tasks")["tasks"]
    assert external in str(task)
    later(minutes=6)
    assert service.ask_members() == 1
    world.session.expire_all()
    assert send.delivery is None
    world.simulator.ask(f"staff/{userid}/tasks/{task['msgid']}/confirm")
    later(minutes=11)
    service.ask_members()
    world.session.expire_all()
    assert send.delivery == "success"
    assert make.facts(world.session, send)[-1] == "message.delivered"
    assert world.session.execute(select(MemberTask)).first() is None


def test_a_short_message_is_signed_taken_and_its_receipt_fetched(world: World) -> None:
    her, _ = world.customer()
    fields = {"1": "{{ store_name }}", "2": "{{ customer_phone }}"}
    key = make.template(world.session, world.town, "sms", fields, template_ids={"": "1900001"}).key
    context = {"store_id": world.town.market.store.id}
    send = world.plan(her, "sms", key, context=context)
    assert world.send(send) == [("accepted", None)]
    (message,) = world.simulator.look("short-messages", phone=her.phone)["messages"]
    assert message["context"] == send.client_msg_id
    world.simulator.ask("faults", sms_undelivered={"times": 1})
    other, _ = world.customer()
    lost = world.plan(other, "sms", key, context=context)
    world.send(lost)
    assert service.fetch_sms_receipts() >= 2
    world.session.expire_all()
    assert (send.delivery, lost.delivery) == ("success", "failed")
    world.simulator.ask("faults", sms_refused={"times": 1})
    assert world.send(refused := world.plan(her, "sms", key, context=context)) == [
        ("rejected", "sms.FailedOperation.PhoneNumberInBlacklist")
    ]
    assert refused.error_message


def test_a_receipt_that_comes_before_its_serial_number_is_written_is_not_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    send_all = sms.send_all

    def fetch_meanwhile(messages: Any) -> Any:
        answers = send_all(messages)
        assert service.fetch_sms_receipts() >= 1
        return answers

    monkeypatch.setattr(sms, "send_all", fetch_meanwhile)
    key = make.template(world.session, world.town, "sms", {"1": "到店", "2": "有礼"}, template_ids={"": "1900001"}).key
    world.simulator.ask("faults", sms_undelivered={"times": 1})
    send = world.plan(world.customer()[0], "sms", key)
    assert world.send(send) == [("accepted", "undelivered")]
    assert (send.delivery, send.error_message) == ("failed", "failed: UNDELIV")
    assert send.msgid


def test_a_wrong_key_is_found_out_and_the_message_waits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMS_SECRET_KEY", "another")
    settings.cache_clear()
    her, _ = world.customer()
    key = make.template(world.session, world.town, "sms", {"1": "验证", "2": "通过"}, template_ids={"": "1900001"}).key
    send = world.plan(her, "sms", key)
    assert world.send(send) == [("planned", "sms.AuthFailure.SignatureFailure")]


def test_a_notice_of_the_service_account_needs_a_credit_of_its_own(world: World) -> None:
    her, person = world.customer()
    order = make.paid_order(world.session, world.town, her)
    account, openid = world.accounts["service_account"], world.openid(person, "service_account")
    told = world.simulator.ask(
        f"service-accounts/{account.appid}/templates", kind="notice", title="订单进度通知", fields={"character_string1": "订单编号"}
    )
    template_id = told["template_id"]
    fields = {"character_string1": "{{ order_number }}"}
    key = make.template(world.session, world.town, "notice", fields, template_ids={account.appid: template_id}).key
    answers = [{"template_id": template_id, "answer": "accept"}]
    world.simulator.ask(f"users/{person['id']}/service/notices", appid=account.appid, answers=answers, asked_on="page")
    credits.grant(world.session, account, openid, template_id, key="1", said_at=clock.now(world.session))
    assert world.send(world.plan(her, "notice", key, context={"order_id": order.id})) == [("accepted", None)]


def test_a_tap_on_a_notice_opens_the_page_by_which_she_refuses(world: World, client: Any) -> None:
    her, person = world.customer()
    wishing.give_consent(world.session, her, purpose=Purpose.marketing, text_version="1")
    account, template_id = world.accounts["service_account"], world.simulator.accounts["templates"]["test_drive_invitation"]
    fields = {"thing1": "车主日", "thing2": "金桥店", "time3": "2026年11月22日 09:00", "phone_number4": "021-58881234"}
    more = {"template_ids": {account.appid: template_id}, "purpose": "marketing", "page": "{{ refusal_link }}"}
    key = make.template(world.session, world.town, "service_template", fields, **more).key
    first, second = (world.plan(her, "service_template", key, purpose="marketing") for _ in range(2))
    second.due_at += timedelta(hours=1)
    assert world.send(first) == [("accepted", None)]
    (shown,) = world.simulator.look(f"users/{person['id']}/inbox")["messages"]
    link = urlsplit(shown["url"]).path
    assert client.get(link).status_code == 200
    assert client.post(link, data={"step": "refuse_all"}).status_code == 303
    second.due_at -= timedelta(hours=1)
    assert world.send(second) == [("skipped", "refused")]
