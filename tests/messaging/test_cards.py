"""An adviser hears in WeCom, answers by a button, and sees his answer; when he cannot hear, somebody else does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Role, Staff
from app.events import service as events
from app.events.models import Event
from app.identity import service as identity
from app.kit import db
from app.kit.phone import mask
from app.leads import handlers as lead_handlers
from app.leads import service as leads
from app.leads.models import Lead, LeadAssignment
from app.messaging import handlers, service
from app.messaging.models import Send
from app.orders.models import Order, Reservation
from app.wechat.client import CardReceipt
from app.wechat.errors import Outcome, WechatError
from app.wechat.fake import FakeGateway
from app.wechat.models import InboxKind, WechatInbox
from tests.factories import dealers, vehicles
from tests.factories import messaging as make

ALL_INVALID = WechatError(Outcome.permanent_person, "81013", "user & party & tag all invalid")
USED_UP = WechatError(Outcome.permanent_person, "40058", "invalid response_code, already used")


class Desk:
    """The adviser's side of a paid deposit: his card, and a press on it as WeCom tells of it."""

    def __init__(self, session: Session, town: make.Town, deliver: Any) -> None:
        self.session, self.town, self.deliver = session, town, deliver
        self.buyer = make.follower(session, town)
        self.order = make.paid_order(session, town, self.buyer)

    def work(self) -> None:
        """Deliver events and send messages until both are done."""
        self.session.commit()
        while service.send_due() + self.deliver():
            pass
        self.session.expire_all()

    @property
    def lead(self) -> Lead:
        return self.session.execute(select(Lead).filter_by(customer_id=self.buyer.id)).scalar_one()

    @property
    def owner(self) -> Staff:
        return self.session.get_one(Staff, self.lead.owner_id)

    @property
    def card(self) -> Send:
        return self.session.execute(select(Send).filter_by(template_key="lead_assigned", staff_id=self.lead.owner_id)).scalar_one()

    def press(self, key: str, *, by: Staff | None = None, code: str = "code of the press", card: Send | None = None) -> None:
        data = press_of(self.session, self.town, card or self.card, by or self.owner, key=key, code=code)
        events.record(self.session, "wechat.card_pressed", brand_id=self.town.brand_id, data=data)


def press_of(session: Session, town: make.Town, card: Send, by: Staff, *, key: str, code: str = "code of the press") -> dict[str, Any]:
    """What the gateway records when WeCom tells of a press."""
    kept = WechatInbox(
        brand_id=town.brand_id,
        account_id=town.corp.id,
        kind=InboxKind.event,
        dedupe_key=str(db.new_id()),
        payload={"Event": "template_card_event", "ResponseCode": code},
    )
    session.add(kept)
    session.flush()
    return {"task_id": card.client_msg_id, "key": key, "userid": (by.wecom_userid or "").lower(), "inbox_id": str(kept.id)}


@pytest.fixture
def desk(session: Session, town: make.Town, tencent: FakeGateway, deliver: Any) -> Desk:
    made = Desk(session, town, deliver)
    made.work()
    return made


def lines(card: dict[str, Any]) -> dict[str, str]:
    return {line["keyname"]: line["value"] for line in card["horizontal_content_list"]}


def test_a_paid_deposit_is_one_card_with_all_that_the_adviser_needs(desk: Desk, town: make.Town, tencent: FakeGateway) -> None:
    (call,) = tencent.calls_of("send_card")
    assert call["userids"] == [desk.owner.wecom_userid]
    card = call["card"]
    assert card["card_type"] == "button_interaction"
    assert card["main_title"] == {"title": "新线索：客户已支付意向金", "desc": town.market.vehicle.title}
    told = lines(card)
    assert told["客户"] == f"138****{(desk.buyer.phone or '')[-4:]}"
    assert (told["意向等级"], told["门店"], told["意向金"]) == ("H", town.market.store.name, "¥1000")
    assert told["订单号"] == desk.order.number
    assert [(button["key"], button["text"]) for button in card["button_list"]] == [("accept", "接受"), ("call_back_later", "稍后回电")]
    assert card["card_action"]["url"].endswith(f"/console/leads/{desk.lead.id}")
    assert card["task_id"] == desk.card.client_msg_id
    assert str(desk.buyer.phone)[3:] not in str(card)
    assert str(desk.buyer.id) not in str(card)


def test_accepting_is_recorded_and_shown_on_the_card(session: Session, desk: Desk, tencent: FakeGateway) -> None:
    desk.press("accept")
    desk.work()
    assert (desk.lead.status, desk.lead.first_response_at is not None) == ("accepted", True)
    (update,) = tencent.calls_of("update_card")
    assert update["response_code"] == "code of the press"
    assert update["userids"] == [desk.owner.wecom_userid]
    assert update["card"]["main_title"]["title"] == "已接受线索"
    assert "button_list" not in update["card"]
    assert lines(update["card"])["处理人"] == desk.owner.name
    happened = session.execute(select(Event.name, Event.actor_id).where(Event.name.in_(["message.button_pressed", "lead.accepted"])))
    assert {(name, actor) for name, actor in happened} == {
        ("message.button_pressed", str(desk.owner.id)),
        ("lead.accepted", str(desk.owner.id)),
    }


def test_her_timeline_says_that_he_was_told_and_what_he_pressed(session: Session, town: make.Town, desk: Desk) -> None:
    """With the ids by which the console knows that another dealer may not read it."""
    desk.press("accept")
    desk.work()
    about = (Event.customer_id == desk.buyer.id, Event.name.in_(["message.accepted", "message.button_pressed"]))
    told = session.execute(select(Event).where(*about).order_by(Event.id)).scalars().all()
    assert [one.name for one in told] == ["message.accepted", "message.button_pressed", "message.accepted"]
    assert {one.data["lead_id"] for one in told} == {str(desk.lead.id)}
    assert told[0].data["dealer_id"] == str(town.market.dealer.id)


def test_calling_back_later_says_when(desk: Desk, tencent: FakeGateway) -> None:
    desk.press("call_back_later")
    desk.work()
    assert desk.lead.status == "callback_promised"
    assert desk.lead.next_action_at is not None
    (update,) = tencent.calls_of("update_card")
    assert update["card"]["main_title"]["title"] == "已答应稍后回电"
    assert "回电时间" in lines(update["card"])


def test_an_answer_in_the_console_changes_the_card_too(session: Session, desk: Desk, tencent: FakeGateway) -> None:
    leads.accept(session, desk.owner, desk.lead.id)
    desk.work()
    (update,) = tencent.calls_of("update_card")
    assert update["response_code"].startswith("response"), "the code that came with the card"


def test_of_two_presses_the_first_wins_and_the_card_changes_once(session: Session, desk: Desk, tencent: FakeGateway) -> None:
    desk.press("call_back_later", code="first")
    desk.press("accept", code="second")
    desk.work()
    assert desk.lead.status == "callback_promised"
    assert len(tencent.calls_of("update_card")) == 1
    assert session.execute(select(LeadAssignment.answer)).scalar_one() == "callback_promised"


def test_a_press_that_is_told_twice_is_one(desk: Desk, tencent: FakeGateway) -> None:
    desk.press("accept")
    desk.press("accept")
    desk.work()
    assert len(tencent.calls_of("update_card")) == 1


@pytest.mark.parametrize("who", ["colleague", "another dealer's adviser", "a stranger"])
def test_nobody_else_can_press(session: Session, town: make.Town, desk: Desk, tencent: FakeGateway, who: str) -> None:
    other = {
        "colleague": town.colleague if desk.owner.id == town.adviser.id else town.adviser,
        "another dealer's adviser": dealers.staff(session, dealers.dealer(session, town.market.brand)),
        "a stranger": Staff(wecom_userid="nobody"),
    }[who]
    desk.press("accept", by=other)
    desk.work()
    assert desk.lead.status == "assigned"
    assert tencent.calls_of("update_card") == []


def test_an_unknown_task_or_button_is_let_go(session: Session, town: make.Town, desk: Desk, tencent: FakeGateway) -> None:
    data = press_of(session, town, desk.card, desk.owner, key="accept") | {"task_id": "not ours"}
    events.record(session, "wechat.card_pressed", brand_id=town.brand_id, data=data)
    desk.press("explode")
    desk.work()
    assert desk.lead.status == "assigned"


def test_when_the_card_cannot_be_changed_another_one_follows(desk: Desk, tencent: FakeGateway) -> None:
    tencent.fail("update_card", USED_UP)
    desk.press("accept")
    desk.work()
    first, second = tencent.calls_of("send_card")
    assert second["userids"] == first["userids"]
    assert second["card"]["card_type"] == "text_notice"
    assert second["card"]["main_title"]["title"] == "已接受线索"


def test_a_lost_answer_to_the_change_is_no_reason_for_another_card(desk: Desk, tencent: FakeGateway, later: Any) -> None:
    """The code is used up by our own first call: the card has changed."""
    tencent.fail("update_card", after_effect=True)
    tencent.fail("update_card", USED_UP)
    desk.press("accept")
    desk.work()
    later(seconds=5)
    desk.work()
    assert len(tencent.calls_of("update_card")) == 2
    assert len(tencent.calls_of("send_card")) == 1
    assert desk.session.execute(select(Send.status).filter_by(channel="wecom_card_update")).scalar_one() == "accepted"


def test_a_corp_that_is_shut_out_meanwhile_is_no_sign_that_the_card_has_changed(desk: Desk, tencent: FakeGateway, later: Any) -> None:
    tencent.fail("update_card")
    tencent.fail("update_card", WechatError(Outcome.permanent_account, "60020", "not allow to access from your ip"))
    desk.press("accept")
    desk.work()
    later(seconds=5)
    desk.work()
    assert len(tencent.calls_of("update_card")) == 2
    assert desk.session.execute(select(Send.status).filter_by(channel="wecom_card_update")).scalar_one() != "accepted"


def test_an_answer_before_the_card_has_left_changes_it_afterwards(
    session: Session, town: make.Town, tencent: FakeGateway, deliver: Any, later: Any
) -> None:
    desk = Desk(session, town, deliver)
    deliver()
    leads.accept(session, desk.owner, desk.lead.id)
    tencent.fail("send_card", WechatError(Outcome.retry_later, "connection"))
    desk.work()
    assert tencent.calls_of("update_card") == []
    for _ in range(2):
        later(seconds=10)
        desk.work()
    assert len(tencent.calls_of("update_card")) == 1


@pytest.mark.parametrize("how", ["refused", "invalid", "no WeCom", "left"])
def test_when_the_adviser_cannot_be_reached_his_manager_hears(
    session: Session, town: make.Town, tencent: FakeGateway, deliver: Any, how: str
) -> None:
    desk = Desk(session, town, deliver)
    deliver()
    owner = desk.owner
    if how == "refused":
        tencent.fail("send_card", ALL_INVALID)
    elif how == "invalid":
        invalid = CardReceipt("msg", "code", ((owner.wecom_userid or "").lower(),))
        receipts = iter([invalid, CardReceipt("msg2", "code2", ())])
        tencent.answers["send_card"] = lambda *_account, **_given: next(receipts)
    elif how == "no WeCom":
        owner.wecom_userid = None
    else:
        owner.active = False
    desk.work()
    assert tencent.calls_of("send_card")[-1]["userids"] == [town.manager.wecom_userid]
    fate = "message.rejected" if how in ("refused", "invalid") else "message.skipped"
    assert session.execute(select(Event.name).filter_by(name=fate)).all()
    card = session.execute(select(Send).filter_by(staff_id=town.manager.id)).scalar_one()
    assert card.context["instead_of"] == str(desk.card.id)
    desk.press("accept", by=town.manager, card=card)
    desk.work()
    assert desk.lead.status == "accepted"
    assert [call["userids"] for call in tencent.calls_of("update_card")] == [[town.manager.wecom_userid]]


def test_when_nobody_can_be_reached_it_ends_and_is_visible(session: Session, town: make.Town, tencent: FakeGateway, deliver: Any) -> None:
    tencent.fail("send_card", ALL_INVALID, times=9)
    desk = Desk(session, town, deliver)
    desk.work()
    assert len(tencent.calls_of("send_card")) == 2
    assert set(session.execute(select(Send.status).filter_by(channel="wecom_card")).scalars()) == {"rejected"}


def test_a_cancelled_order_is_told_with_her_reason(session: Session, town: make.Town, desk: Desk, tencent: FakeGateway) -> None:
    reason = "家里意见不一，" * 10
    desk.order.status, desk.order.closed_at, desk.order.cancel_reason = "closed", desk.order.paid_at, reason
    make.happened(session, "order.cancelled", desk.order, was_paid=True)
    desk.work()
    _, told = tencent.calls_of("send_card")
    assert told["userids"] == [desk.owner.wecom_userid]
    assert told["card"]["main_title"]["title"] == "客户取消了预订，意向金将原路退回"
    assert lines(told["card"])["取消原因"] == reason[:25] + "…", "no longer than WeCom shows"
    assert desk.lead.grade == "A"


def test_of_a_paid_order_that_ended_because_she_left_the_adviser_hears_that_and_nothing_of_her(
    session: Session, town: make.Town, desk: Desk, tencent: FakeGateway
) -> None:
    phone, nickname, owner = desk.buyer.phone, desk.buyer.nickname, desk.owner
    session.execute(select(Reservation).filter_by(order_id=desk.order.id)).scalar_one().status = "hard_held"
    identity.erase(session, desk.buyer)
    desk.work()
    _, told = tencent.calls_of("send_card")
    assert told["userids"] == [owner.wecom_userid]
    assert told["card"]["main_title"] == {"title": "预订已结束，意向金将原路退回", "desc": town.market.vehicle.title}
    assert lines(told["card"]) == {"门店": town.market.store.name, "订单号": desk.order.number}
    for hers in (phone, mask(phone), nickname, str(desk.buyer.id)):
        assert hers
        assert hers not in str(told)
    make.happened(session, "order.cancelled", desk.order, was_paid=True)
    desk.work()
    assert len(tencent.calls_of("send_card")) == 2


def test_a_refund_that_arrived_is_told_to_the_customer_once(session: Session, desk: Desk, tencent: FakeGateway) -> None:
    for _ in range(2):
        make.happened(session, "deposit.refunded", desk.order)
        desk.work()
    told = [call for call in tencent.calls_of("send_template") if call["template_id"] == make.TEMPLATES["deposit_refunded"]]
    assert len(told) == 1
    assert told[0]["data"]["phrase4"] == "已退款"


def test_fifty_deliveries_of_one_paid_deposit_are_one_card(committed: Callable[[], Any], tencent: FakeGateway) -> None:
    """Whatever delivers an event twice: the same one in fifty hands at once asks one adviser once."""
    with committed() as session:
        town = make.town(session)
        buyer = make.follower(session, town)
        order = make.paid_order(session, town, buyer)
    with committed() as session:
        paid = session.execute(select(Event).filter_by(name="deposit.paid", subject_id=str(order.id))).scalar_one()
    start = threading.Barrier(10)

    def deliver(_: int) -> None:
        start.wait()
        for _ in range(5):
            with committed() as session:
                lead_handlers.follow_orders(session, [paid])

    with ThreadPoolExecutor(10) as hands:
        list(hands.map(deliver, range(10)))
    events.deliver_all()
    with committed() as session:
        asked = session.execute(select(Event).filter_by(name="lead.assigned")).scalars().all()
        for _ in range(3):
            handlers.tell_adviser(session, asked)
    service.send_due()
    assert len(asked) == 1
    assert len(tencent.calls_of("send_card")) == 1
    with committed() as session:
        assert len(session.execute(select(Lead)).all()) == 1
        assert session.execute(select(Order.status)).scalar_one() == "paid"


def test_a_moved_lead_is_told_to_the_one_who_had_it(session: Session, town: make.Town, desk: Desk, tencent: FakeGateway) -> None:
    elsewhere = dealers.dealer(session, town.market.brand)
    other = dealers.staff(session, elsewhere, Role.adviser)
    car = vehicles.vehicle(session, dealers.store(session, elsewhere))
    had = desk.owner
    _let_go(session, desk.order)
    second = make.make.order(session, town.market, desk.buyer, vehicle_id=car.id)
    second.status, second.paid_at = "paid", desk.order.paid_at
    make.happened(session, "deposit.paid", second)
    desk.work()
    assert desk.lead.owner_id == other.id
    told = {tuple(call["userids"]): call["card"]["main_title"]["title"] for call in tencent.calls_of("send_card")[1:]}
    assert told == {(other.wecom_userid,): "新线索：客户已支付意向金", (had.wecom_userid,): "线索已转给其他顾问"}


def _let_go(session: Session, order: Order) -> None:
    """One hold at a time: the first one ends before the next begins."""
    order.status, order.closed_at = "closed", order.paid_at
    session.execute(select(Reservation).filter_by(order_id=order.id)).scalar_one().status = "cancelled_by_user"
    session.flush()


def test_a_question_about_a_store_does_not_show_the_car_of_an_old_order(
    session: Session, town: make.Town, tencent: FakeGateway, deliver: Any
) -> None:
    buyer = make.follower(session, town)
    _let_go(session, make.make.order(session, town.market, buyer))
    leads.contact(session, buyer, store_id=town.market.store.id)
    deliver()
    service.send_due()
    assert tencent.calls_of("send_card")[-1]["card"]["main_title"]["desc"] == town.market.store.name
