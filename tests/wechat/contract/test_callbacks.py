"""What the simulator calls back with, on good days and bad ones, is taken once each and read in its typed form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pytest
from sqlalchemy import select

from app.events.models import Event
from app.kit import clock, db, queue
from app.wechat import messages as typed
from app.wechat import queries, service
from app.wechat.http import HttpGateway
from app.wechat.models import WechatAccount, WechatCallback
from app.wechat.service.accounts import ASK_AT_MOST_EVERY
from dev.testing import wait_until
from tests.factories import dealers as make
from tests.simulator import Simulator
from tests.wechat.conftest import CALLBACK_PORT

M = TypeVar("M", bound=typed.Message)
RETRIES = (*(f"callback.message.retry_{n}_seconds" for n in (1, 2)), *(f"callback.pay.retry_{n:02}_seconds" for n in range(1, 4)))
PRICE = 100_000


class Town:
    """The platform and the simulator, who calls it back; what was there before a test does not count."""

    def __init__(self, simulator: Simulator, gateway: HttpGateway) -> None:
        self.simulator, self.gateway = simulator, gateway
        with db.transaction() as session:
            self._brand_id = make.brand(session).id
            taken = service.import_accounts(session, self._brand_id, simulator.accounts["accounts"])
            self.accounts = {account.kind: account for account in taken}
        self._last = max((one["id"] for one in simulator.look("callbacks", limit=1)["callbacks"]), default=0)

    def appid(self, kind: str) -> str:
        return self.accounts[kind].appid

    def heard(self, form: type[M], *, of: Callable[[M], bool] = lambda _message: True) -> list[M]:
        """The messages of a form that were told so far."""
        with db.transaction() as session:
            events = session.execute(select(Event).filter_by(name=form.event).order_by(Event.id)).scalars()
            found = [queries.message(session, event.data["inbox_id"]) for event in events]
        return [one for one in found if isinstance(one, form) and of(one)]

    def hears(self, form: type[M], *, of: Callable[[M], bool] = lambda _message: True) -> M:
        """The one message of a form that is told, as soon as it is."""
        wait_until(lambda: bool(self.heard(form, of=of)))
        (one,) = self.heard(form, of=of)
        return one

    def callbacks(self) -> list[dict[str, Any]]:
        """The simulator's own record of this test's callbacks, oldest first."""
        listed = self.simulator.look("callbacks", after=self._last, limit=1000)["callbacks"]
        return sorted(listed, key=lambda one: one["id"])

    def use_certificates(self) -> None:
        """The merchant has no public key of WeChat Pay; its certificates are fetched."""
        entry = self.simulator.account("merchant")
        without = {name: value for name, value in entry.items() if not name.startswith("public_key")} | {"platform_certificates": []}
        with db.transaction() as session:
            (self.accounts["merchant"],) = service.import_accounts(session, self._brand_id, [without])

    def settle(self) -> None:
        """Wait until nothing is under way any more."""
        wait_until(lambda: not [one for one in self.callbacks() if one["state"] in ("pending", "held")])

    def pay(self, buyer: dict[str, Any], number: str, *, as_: WechatAccount | None = None) -> None:
        merchant = as_ or self.accounts["merchant"]
        door = self.gateway.pay(merchant)
        prepay_id = door.prepay(
            number,
            description="意向金：S90",
            amount_fen=PRICE,
            openid=buyer["openids"][self.appid("mini_program")],
            expires_at=datetime.fromisoformat(self.simulator.look("clock")["now"]) + timedelta(minutes=15),
            notify_url=f"http://127.0.0.1:{CALLBACK_PORT}/api/platform/wechat/pay/{merchant.appid}/payments",
        )
        assert self.simulator.ask(f"users/{buyer['id']}/pay", **door.payment_params(prepay_id))["result"] == "ok"

    def paid(self, number: str) -> list[Any]:
        """The payments of this number that were told so far."""
        with db.transaction() as session:
            events = session.execute(select(Event).filter_by(name="wechat.payment_notified")).scalars()
            return [queries.trade(session, event.data["inbox_id"]) for event in events if event.data["out_trade_no"] == number]


@pytest.fixture
def town(committed: Any, callback_server: None, simulator: Simulator, gateway: HttpGateway) -> Iterator[Town]:
    for name in RETRIES:
        simulator.ask("limits", name=name, value=0.2)
    yield Town(simulator, gateway)
    simulator.ask("faults", clear=True)
    for name in RETRIES:
        simulator.ask("limits", name=name)


@pytest.fixture(params=["xml", "json", "json, time as text"])
def mini(request: pytest.FixtureRequest, town: Town) -> Iterator[str]:
    """The mini-program's appid, with its messages pushed in every format there is."""
    appid, form = town.appid("mini_program"), str(request.param)
    town.simulator.ask(f"accounts/{appid}/switches", push_format=form[:4].strip(","), create_time_as_text="text" in form)
    yield appid
    town.simulator.ask(f"accounts/{appid}/switches", push_format="xml", create_time_as_text=False)


def test_what_a_person_does_in_the_mini_program_is_heard_in_every_format(town: Town, mini: str, buyer: dict[str, Any]) -> None:
    her, ask = f"users/{buyer['id']}", town.simulator.ask
    templates = [one["template_id"] for one in town.simulator.account("mini_program")["subscribe_templates"]]
    one_answer = {"answers": [{"template_id": templates[0], "answer": "accept"}]}
    two_answers = {"answers": [{"template_id": one, "answer": "reject"} for one in templates[:2]]}
    ask(f"{her}/login-code", appid=mini)
    for told in (one_answer, two_answers):
        ask(f"{her}/subscribe", appid=mini, **told)
        answered = town.hears(typed.SubscribeAnswered, of=lambda message, told=told: len(message.answers) == len(told["answers"]))
        assert [{"template_id": one.template_id, "answer": one.answer} for one in answered.answers] == told["answers"]
        assert (answered.place, answered.sender) == ("dialog", buyer["openids"][mini])
    ask(f"{her}/chat", appid=mini, enter=True, session_from="vehicle")
    assert town.hears(typed.SessionEntered).source == "vehicle"
    ask(f"{her}/chat", appid=mini, text="在吗？ <!DOCTYPE 100%")
    assert town.hears(typed.PersonWrote).text == "在吗？ <!DOCTYPE 100%"
    ask(f"{her}/modify-profile", appid=mini)
    assert town.hears(typed.ProfileModified).sender == buyer["openids"][mini]
    ask(f"{her}/revoke", appid=mini, codes=[8, 13])
    revoked = [one for one in _all(town, typed.AuthorizationRevoked) for one in one.scopes]
    assert set(revoked) == {typed.Revoked.phone, typed.Revoked.location}
    ask(f"{her}/close-account")
    assert town.hears(typed.AuthorizationCancelled).sender == buyer["openids"][mini]
    town.settle()
    assert {one["state"] for one in town.callbacks()} == {"delivered"}
    assert town.heard(typed.UnknownMessage) == []


def _all(town: Town, form: type[M]) -> list[M]:
    town.settle()
    return town.heard(form)


def test_what_a_follower_does_is_heard(town: Town, simulator: Simulator) -> None:
    appid = town.appid("service_account")
    person = simulator.ask("users", nickname="路人", follow=False)
    her, openid = f"users/{person['id']}", person["openids"][appid]
    mine: Callable[[typed.Message], bool] = lambda message: message.sender == openid  # noqa: E731
    simulator.ask(f"{her}/follow", appid=appid)
    assert town.hears(typed.Followed, of=mine).scene == ""
    simulator.ask(f"{her}/service/message", appid=appid, text="你好")
    assert town.hears(typed.PersonWrote, of=mine).text == "你好"
    simulator.ask(f"{her}/service/location", appid=appid, latitude=31.2, longitude=121.4, precision=65.0)
    place = town.hears(typed.LocationReported, of=mine)
    assert (place.latitude, place.longitude, place.precision) == (31.2, 121.4, 65.0)
    simulator.ask(f"{her}/unfollow", appid=appid)
    town.hears(typed.Unfollowed, of=mine)


def test_what_happens_in_wecom_is_heard(town: Town, simulator: Simulator, buyer: dict[str, Any]) -> None:
    external = simulator.ask("staff/adv001/customers", user=buyer["id"])["external_userid"]
    added = town.hears(typed.ContactAdded)
    assert (added.userid, added.external_userid) == ("adv001", external)
    simulator.ask(f"staff/adv001/customers/{external}", remark="周末来看车")
    assert town.hears(typed.ContactChanged).change == "edit_external_contact"
    simulator.ask(f"staff/adv001/customers/{external}/delete", by="customer")
    gone = town.hears(typed.ContactDeleted)
    assert (gone.external_userid, gone.change) == (external, "del_follow_user")
    number = simulator.ask("wecom/departments", name="新店")["id"]
    assert town.hears(typed.DepartmentChanged).department_id == str(number)
    simulator.ask("wecom/members/adv002", position="展厅经理")
    changed = town.hears(typed.MemberChanged)
    assert (changed.userid, changed.change) == ("adv002", "update_user")
    town.settle()
    assert town.heard(typed.UnknownMessage) == []


def test_who_adds_a_member_by_her_code_is_welcomed_with_what_the_callback_brought(
    town: Town, simulator: Simulator, gateway: HttpGateway, buyer: dict[str, Any]
) -> None:
    door = gateway.wecom(town.accounts["corp"])
    way = door.add_contact_way(["adv003"], state="store-7")
    simulator.ask(f"wecom/contact-ways/{way.config_id}/scan", user=buyer["id"])
    added = town.hears(typed.ContactAdded)
    assert (added.userid, added.state) == ("adv003", "store-7")
    door.send_welcome(added.welcome_code, "您好，我是您的顾问")
    chats = simulator.look(f"wecom/customers/{added.external_userid}/chats")["chats"]
    assert [one["kind"] for one in chats] == ["welcome"]


def test_the_plain_mode_is_refused_until_somebody_switches_to_the_safe_one(town: Town, simulator: Simulator, buyer: Any) -> None:
    appid = town.appid("mini_program")
    simulator.ask(f"accounts/{appid}/switches", push_encrypted=False)
    simulator.ask(f"users/{buyer['id']}/chat", appid=appid, text="明文")
    town.settle()
    simulator.ask(f"accounts/{appid}/switches", push_encrypted=True)
    (one,) = town.callbacks()
    assert one["state"] not in ("delivered", "pending")
    assert town.heard(typed.PersonWrote) == []
    simulator.ask(f"users/{buyer['id']}/chat", appid=appid, text="密文")
    assert town.hears(typed.PersonWrote).text == "密文"


@pytest.mark.parametrize("fault", ["duplicate_callbacks", "late_callbacks", "swap_callbacks", "bad_signature", "wrong_receiver"])
def test_on_a_bad_day_every_message_is_told_once(town: Town, simulator: Simulator, buyer: Any, fault: str) -> None:
    appid = town.appid("mini_program")
    simulator.ask("faults", **{fault: {"times": 2} | ({"by": 1} if fault == "late_callbacks" else {})})
    for text in ("一", "二", "三"):
        simulator.ask(f"users/{buyer['id']}/chat", appid=appid, text=text)
    wait_until(lambda: len(town.heard(typed.PersonWrote)) >= 3)
    town.settle()
    assert sorted(one.text for one in town.heard(typed.PersonWrote)) == sorted(["一", "二", "三"])
    assert {one["state"] for one in town.callbacks()} == {"delivered"}


@pytest.mark.parametrize("fault", ["duplicate_callbacks", "late_callbacks", "bad_signature", "wrong_receiver", "wrong_serial", "signtest"])
def test_on_a_bad_day_a_payment_is_told_once(town: Town, simulator: Simulator, buyer: Any, fault: str) -> None:
    simulator.ask("faults", **{fault: {"times": 1, "host": "pay"} | ({"by": 1} if fault == "late_callbacks" else {})})
    number = f"PAYC{fault.upper().replace('_', '')}"[:32]
    town.pay(buyer, number)
    wait_until(lambda: bool(town.paid(number)))
    town.settle()
    (trade,) = town.paid(number)
    assert (trade.state, trade.amount_fen, trade.openid) == ("SUCCESS", PRICE, buyer["openids"][town.appid("mini_program")])
    assert {one["state"] for one in town.callbacks()} == {"delivered"}


@pytest.mark.parametrize("mode", ["public_key", "certificate", "mixed"])
def test_payments_are_told_in_every_key_mode_also_after_a_certificate_was_changed(
    town: Town, simulator: Simulator, buyer: Any, rings: list[tuple[str, dict[str, str]]], mode: str
) -> None:
    """An operator has entered what the console shows: in the mixed mode that is the public key, and nobody has heard of certificates."""
    mchid, numbers = town.appid("merchant"), [f"PAYMODE{mode[0].upper()}{n}" for n in range(6)]
    simulator.ask(f"merchants/{mchid}/key-mode", mode=mode)
    if mode == "certificate":
        town.use_certificates()
    try:
        for number in numbers:
            _refresh(town, rings)
            town.pay(buyer, number)
            wait_until(lambda number=number: _refresh(town, rings) or bool(town.paid(number)))
            if mode != "public_key" and number == numbers[2]:
                simulator.ask(f"merchants/{mchid}/rotate-certificate")
                with db.transaction() as session:
                    clock.advance(session, ASK_AT_MOST_EVERY)
    finally:
        simulator.ask(f"merchants/{mchid}/key-mode", mode="public_key")
    assert [len(town.paid(number)) for number in numbers] == [1] * len(numbers)


def _refresh(town: Town, rings: list[tuple[str, dict[str, str]]]) -> None:
    """What the worker does: look at certificates when it is time, or when somebody has heard of a new one."""
    queue.run("wechat.refresh_certificates")
    while rings:
        name, ids = rings.pop()
        if name == "wechat.refresh_certificates":
            queue.run(name, ids)
    with db.transaction() as session:
        town.accounts["merchant"] = session.get_one(WechatAccount, town.accounts["merchant"].id)


def test_every_request_is_accounted_for(town: Town, simulator: Simulator, buyer: Any) -> None:
    """The simulator's attempts and our own record agree, one by one."""
    appid = town.appid("mini_program")
    simulator.ask("faults", bad_signature={"percent": 40, "seed": 7}, duplicate_callbacks={"percent": 20, "seed": 7})
    for n in range(20):
        simulator.ask(f"users/{buyer['id']}/chat", appid=appid, text=f"第{n}句")
    wait_until(lambda: len(town.heard(typed.PersonWrote)) >= 20)
    town.settle()
    tried = [attempt["status"] for one in town.callbacks() for attempt in simulator.look(f"callbacks/{one['id']}")["tried"]]
    with db.transaction() as session:
        states = session.execute(select(WechatCallback.state)).scalars().all()
    assert sorted(states) == sorted("taken" if status == 200 else "refused" for status in tried)
    assert {401, 200} == set(tried)
    assert len(town.heard(typed.PersonWrote)) == 20
