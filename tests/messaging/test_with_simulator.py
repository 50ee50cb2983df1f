"""Against the platform's simulator, over HTTP: what Tencent's users see is one message, whatever dies on our side."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Role, Staff
from app.kit import clock
from app.leads import service as leads
from app.leads.models import Lead
from app.messaging import service
from app.messaging.channels import CallPerLetter
from app.messaging.models import MessageTemplate, Send
from app.orders import service as orders
from app.wechat.http import HttpGateway
from app.wechat.models import WechatAccount
from dev.testing import wait_until
from tests.factories import dealers, identity, vehicles
from tests.factories import messaging as make
from tests.factories import orders as market
from tests.messaging.test_sending import Killed
from tests.simulator import Simulator
from tests.wechat.conftest import accounts, gateway, simulator

__all__ = ["accounts", "gateway", "simulator"]

# A member of his own for each test, since the simulator's inboxes outlive a test.
_members = itertools.count(1)


class World:
    """A buyer at the simulator who paid a deposit here, and the adviser adv001."""

    def __init__(self, session: Session, simulator: Simulator, accounts: dict[str, WechatAccount], userid: str) -> None:
        self.session, self.simulator = session, simulator
        brand_id = accounts["service_account"].brand_id
        self.person = simulator.ask("users", nickname="买家", phone="13812345678", follow=True)
        brand = session.get_one(Brand, brand_id)
        dealer = dealers.dealer(session, brand)
        store = dealers.store(session, dealer)
        self.adviser = dealers.staff(session, dealer, wecom_userid=userid)
        self.manager = dealers.staff(session, dealer, Role.dealer_manager, wecom_userid="mgr001")
        terms = orders.install_terms(session, brand.id)
        place = market.Market(brand, dealer, store, vehicles.vehicle(session, store), accounts["mini_program"], accounts["merchant"], terms)
        self.town = make.Town(place, self.adviser, self.adviser, self.manager, accounts["service_account"], accounts["corp"])
        self.buyer = identity.customer(session, brand, phone="+8613812345678")
        for kind in ("mini_program", "service_account"):
            account = accounts[kind]
            followed = True if kind == "service_account" else None
            identity.identity(session, self.buyer, account, openid=self.person["openids"][account.appid], followed=followed)
        service.install_defaults(session, brand.id, simulator.accounts["templates"])
        self.order = make.paid_order(session, self.town, self.buyer)
        session.commit()

    def inbox(self) -> list[dict[str, Any]]:
        return list(self.simulator.look(f"users/{self.person['id']}/inbox")["messages"])

    def cards(self, userid: str) -> list[dict[str, Any]]:
        return list(self.simulator.look(f"staff/{userid}/inbox")["messages"])


@pytest.fixture
def world(session: Session, simulator: Simulator, gateway: HttpGateway, accounts: dict[str, WechatAccount]) -> World:
    return World(session, simulator, accounts, f"adv{next(_members):03d}")


@pytest.mark.parametrize("key", ["deposit_paid", "test_drive_invitation", "deposit_refunded", "waitlist_offered", "waitlist_ended"])
def test_every_template_that_we_ship_is_accepted(session: Session, world: World, key: str) -> None:
    about = {"offered_until": clock.now(session).isoformat(), "outcome": "lapsed"}
    send = make.plan(session, world.town, world.buyer, key, context=about)
    session.commit()
    service.send_due()
    session.refresh(send)
    assert (send.status, send.error_message) == ("accepted", None)
    (message,) = world.inbox()
    assert message["template"] == key
    assert session.execute(select(MessageTemplate).filter_by(key=key, channel="service_template")).scalar_one().template_ids


@pytest.mark.parametrize("channel", ["service_template", "wecom_card"])
@pytest.mark.parametrize("moment", ["before the call", "after the call"])
def test_a_worker_that_dies_leaves_one_message_at_tencent(
    session: Session, world: World, deliver: Any, monkeypatch: pytest.MonkeyPatch, later: Any, channel: str, moment: str
) -> None:
    if channel == "service_template":
        make.plan(session, world.town, world.buyer)
        session.commit()
    else:
        deliver()
    sent = CallPerLetter.send

    def die(self: CallPerLetter, batch: Any) -> Any:
        if moment == "after the call":
            sent(self, batch)
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(CallPerLetter, "send", die)
        with pytest.raises(Killed):
            service.send_due()
    later(seconds=16)
    service.send_due()
    session.expire_all()
    seen = world.inbox() if channel == "service_template" else world.cards(world.adviser.wecom_userid or "")
    assert len(seen) == 1
    assert session.execute(select(Send.status).filter_by(channel=channel)).scalar_one() == "accepted"


@pytest.mark.parametrize("path", ["/cgi-bin/message/template/send", "/cgi-bin/message/send"])
def test_an_answer_lost_on_the_way_is_one_message_at_tencent(session: Session, world: World, deliver: Any, later: Any, path: str) -> None:
    channel = "service_template" if "template" in path else "wecom_card"
    if channel == "service_template":
        make.plan(session, world.town, world.buyer)
        session.commit()
    else:
        deliver()
    world.simulator.ask("faults", timeout_after_accept={"path": path, "times": 2})
    for _ in range(3):
        service.send_due()
        later(seconds=10)
    session.expire_all()
    seen = world.inbox() if channel == "service_template" else world.cards(world.adviser.wecom_userid or "")
    assert len(seen) == 1
    assert session.execute(select(Send.status).filter_by(channel=channel)).scalar_one() == "accepted"


def test_the_card_has_two_buttons_and_none_after_the_answer(session: Session, world: World, deliver: Any) -> None:
    deliver()
    service.send_due()
    userid = world.adviser.wecom_userid or ""
    (card,) = world.cards(userid)
    assert [button["text"] for button in card["buttons"]] == ["接受", "稍后回电"]
    lead = session.execute(select(Lead)).scalar_one()
    leads.accept(session, session.get_one(Staff, lead.owner_id), lead.id)
    deliver()
    service.send_due()
    (card,) = world.cards(userid)
    assert card["buttons"] == []
    assert "已接受线索" in str(card)


def test_an_adviser_outside_visibility_is_replaced_by_his_manager(
    session: Session, world: World, deliver: Callable[[], int], simulator: Simulator
) -> None:
    world.adviser.wecom_userid = "hidden01"
    before = len(world.cards("mgr001"))
    deliver()
    service.send_due()
    deliver()
    service.send_due()
    session.expire_all()
    told = session.execute(select(Send).filter_by(staff_id=world.adviser.id)).scalar_one()
    assert (told.status, told.error_code) == ("rejected", "wechat.81013")
    wait_until(lambda: len(world.cards("mgr001")) == before + 1)


def test_who_unfollowed_behind_our_back_is_refused_by_wechat(session: Session, world: World, accounts: dict[str, WechatAccount]) -> None:
    world.simulator.ask(f"users/{world.person['id']}/unfollow", appid=accounts["service_account"].appid)
    send = make.plan(session, world.town, world.buyer)
    session.commit()
    service.send_due()
    session.refresh(send)
    assert (send.status, send.error_code) == ("rejected", "wechat.43004")
