"""Where WeChat keeps the money until it is told of a hand-over, it is told once, asked before it is told again, and nobody forgets it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Role
from app.events import service as events
from app.identity.models import Customer
from app.kit import queue
from app.kit.settings import settings
from app.orders import service as orders
from app.orders import shipping_queries
from app.orders.models import Order
from app.orders.service import shipping
from app.orders.shipping_models import ShippingUpload
from app.payments import queries as payment_queries
from app.payments import service as payments
from app.payments.models import PaymentIncident
from app.wechat.endpoints.mini_program.shipping import Logistics, OrderKey, OrderState, ShippedOrder
from app.wechat.errors import Outcome, WechatError
from app.wechat.fake import FakeGateway
from tests.factories import dealers
from tests.factories import orders as make
from tests.factories.payments import Works, notify

SOME_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
UNABLE = WechatError(Outcome.permanent_account, "48001", "api unauthorized")
REFUSED = WechatError(Outcome.permanent_person, "10060003", "shipped anew before")


@dataclass
class Trade:
    """WeChat's side of one mini-program: what it was told of each payment."""

    wechat: FakeGateway
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    states: dict[str, OrderState] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.wechat.answers |= {"upload_shipping": self.hear, "shipped_order": self.look}

    def hear(self, _account: Any, **given: Any) -> None:
        self.told[given["order"].transaction_id] = given

    def look(self, _account: Any, order: OrderKey) -> ShippedOrder:
        number = str(order.transaction_id)
        state = self.states.get(number, OrderState.shipped if number in self.told else OrderState.to_ship)
        return ShippedOrder(number, "", "", "", 0, state, SOME_MOMENT, is_shipped=number in self.told, is_in_complaint=False)

    @property
    def asks(self) -> list[str]:
        return [call.endpoint for call in self.wechat.calls if call.endpoint in ("upload_shipping", "shipped_order")]


@dataclass
class Case:
    """A paid order; the dealer's manager, and headquarters, deal with it."""

    session: Session
    market: make.Market
    order: Order
    works: Works
    trade: Trade
    manager: Any

    @property
    def row(self) -> ShippingUpload:
        self.session.expire_all()
        (row,) = shipping_queries.of_order(self.session, self.order.id)
        return row

    @property
    def incidents(self) -> list[tuple[str, str | None]]:
        self.session.expire_all()
        found = self.session.execute(select(PaymentIncident).filter_by(kind="shipping_overdue"))
        return [(one.reference, one.resolution) for one in found.scalars()]

    def confirms(self) -> None:
        orders.confirm(self.session, self.manager, self.order.id)
        self.session.commit()
        self.works.quietly()

    def cancels(self) -> None:
        orders.cancel(self.session, self.session.get_one(Customer, self.order.customer_id), self.order.id, reason=None)
        self.session.commit()
        self.works.quietly()

    def sweeps(self) -> None:
        queue.run("orders.shipping_due")
        self.works.quietly()

    def hears(self, name: str, **data: Any) -> None:
        """A callback of WeChat's, as the inbox passes it on."""
        events.record(self.session, name, brand_id=self.order.brand_id, data={"inbox_id": uuid.uuid4(), **data})
        self.session.commit()
        self.works.quietly()


@pytest.fixture
def pay(session: Session, works: Works, wechat: FakeGateway) -> Callable[..., Case]:
    """Somebody pays a deposit in a mini-program whose trade WeChat manages, or not."""

    def paid(*, is_managed: bool = True) -> Case:
        market = make.market(session)
        market.mini.settings = market.mini.settings | {"is_trade_managed": is_managed}
        order = make.order(session, market, make.buyer(session, market))
        manager = dealers.staff(session, market.dealer, Role.dealer_manager)
        session.commit()
        assert order.intent_id is not None
        payments.pay(order.intent_id)
        (attempt,) = payment_queries.attempts_of(session, order.intent_id)
        case = Case(session, market, order, works, Trade(wechat), manager)
        notify(session, market.merchant, wechat.pay_for(attempt.out_trade_no))
        works.quietly()
        return case

    return paid


def test_from_the_dealers_confirmation_on_wechat_knows_that_the_car_can_be_fetched(pay: Any) -> None:
    case = pay()
    assert (case.row.status, case.trade.asks) == ("waiting", [])
    case.confirms()
    row = case.row
    assert (row.status, row.due_at, row.error_code) == ("told", None, None)
    (told,) = case.trade.told.values()
    assert (told["logistics"], told["at"]) == (Logistics.picked_up, row.ready_at)
    (parcel,) = told["parcels"]
    assert parcel.description == f"意向金：{case.market.vehicle.title}"
    assert told["openid"] == payment_queries.attempts_of(case.session, case.order.intent_id)[0].openid
    orders.convert(case.session, case.manager, case.order.id)
    case.session.commit()
    case.works.quietly()
    case.sweeps()
    assert case.trade.asks == ["upload_shipping"]


def test_who_buys_without_a_confirmation_before_is_told_of_as_well(pay: Any) -> None:
    case = pay()
    orders.convert(case.session, case.manager, case.order.id)
    case.session.commit()
    case.works.quietly()
    assert case.row.status == "told"


def test_where_wechat_does_not_manage_the_trade_nothing_is_told(pay: Any) -> None:
    case = pay(is_managed=False)
    case.confirms()
    assert shipping_queries.of_order(case.session, case.order.id) == []
    assert case.trade.asks == []


def test_what_goes_back_in_full_is_not_told_and_needs_nobody(pay: Any, later: Any) -> None:
    case = pay()
    case.cancels()
    assert case.row.status == "dropped"
    later(hours=settings().shipping_warn_hours + 1)
    case.sweeps()
    assert (case.trade.asks, case.incidents) == ([], [])


def test_what_goes_back_while_it_is_due_is_not_told_any_more(pay: Any, wechat: FakeGateway, later: Any) -> None:
    case = pay()
    wechat.fail("upload_shipping", WechatError(Outcome.retry_later, "-1", "busy"))
    case.confirms()
    assert case.row.status == "due"
    case.cancels()
    later(minutes=1)
    case.sweeps()
    assert (case.row.status, case.trade.told) == ("dropped", {})


def test_the_dealer_sees_what_wechat_was_told(pay: Any, wechat: FakeGateway, client: Any) -> None:
    case = pay()
    client.post("/api/public/staff/login", json={"username": case.manager.username, "password": dealers.PASSWORD})
    path = f"/api/staff/orders/{case.order.id}"
    assert client.get(path).json["shipping"]["label"] == "待门店确认后上传"
    wechat.fail("upload_shipping", UNABLE)
    case.confirms()
    shown = client.get(path).json["shipping"]
    assert (shown["status"], shown["error_code"], shown["told_at"]) == ("due", "48001", None)
    other = pay(is_managed=False)
    client.post("/api/public/staff/login", json={"username": other.manager.username, "password": dealers.PASSWORD})
    assert client.get(f"/api/staff/orders/{other.order.id}").json["shipping"] is None


def test_a_lost_ring_is_found_by_the_sweep(pay: Any, later: Any) -> None:
    case = pay()
    orders.confirm(case.session, case.manager, case.order.id)
    case.session.commit()
    events.deliver_all()
    case.works.rings.clear()
    assert case.row.status == "due"
    case.sweeps()
    assert case.trade.asks == []  # it is not due so far: the ring may still be answered
    later(seconds=11)
    case.sweeps()
    assert case.row.status == "told"


@pytest.mark.parametrize("arrived", [True, False])
def test_after_an_answer_that_was_lost_wechat_is_asked_before_it_is_told_again(
    pay: Any, wechat: FakeGateway, later: Any, arrived: bool
) -> None:
    case = pay()
    wechat.fail("upload_shipping", after_effect=arrived)
    case.confirms()
    assert (case.row.status, case.row.error_code) == ("due", "timeout")
    later(seconds=30)
    case.sweeps()
    again = ["shipped_order"] if arrived else ["shipped_order", "upload_shipping"]
    assert (case.row.status, case.trade.asks) == ("told", ["upload_shipping", *again])


def test_a_worker_that_died_in_the_middle_leaves_a_question_and_no_second_message(
    pay: Any, wechat: FakeGateway, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = pay()
    with monkeypatch.context() as crash:
        crash.setattr(shipping, "_heard", lambda *_given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            case.confirms()
    case.works.rings.clear()
    later(seconds=11)
    case.sweeps()
    assert (case.row.status, case.trade.asks) == ("told", ["upload_shipping", "shipped_order"])


def test_a_refusal_is_believed_when_wechat_does_not_know_of_it_either_and_a_person_hears(pay: Any, wechat: FakeGateway, later: Any) -> None:
    case = pay()
    wechat.fail("upload_shipping", UNABLE, times=2)
    case.confirms()
    assert case.incidents == []
    later(seconds=30)
    case.sweeps()
    row = case.row
    assert (row.status, row.error_code, case.incidents) == ("due", "48001", [(row.transaction_id, None)])
    later(hours=1, seconds=1)
    case.sweeps()
    assert (case.row.status, case.incidents) == ("told", [(row.transaction_id, "settled")])


def test_who_was_told_by_hand_is_not_told_again(pay: Any, wechat: FakeGateway, later: Any) -> None:
    case = pay()
    wechat.fail("upload_shipping", REFUSED)
    case.trade.states[case.row.transaction_id] = OrderState.confirmed
    case.confirms()
    later(seconds=30)
    case.sweeps()
    assert (case.row.status, case.incidents, case.trade.told) == ("told", [], {})


@pytest.mark.parametrize("state", [OrderState.refunded, OrderState.released])
def test_what_wechat_has_done_with_the_money_itself_is_an_end(pay: Any, wechat: FakeGateway, later: Any, state: OrderState) -> None:
    case = pay()
    wechat.fail("upload_shipping", REFUSED)
    case.trade.states[case.row.transaction_id] = state
    case.confirms()
    later(seconds=30)
    case.sweeps()
    assert case.row.status == ("dropped" if state is OrderState.refunded else "told")


def test_finance_hears_before_wechat_reminds_us_and_only_once(pay: Any, later: Any) -> None:
    case = pay()
    later(hours=settings().shipping_warn_hours - 1)
    case.sweeps()
    assert case.incidents == []
    later(hours=1, minutes=1)
    case.sweeps()
    case.sweeps()
    assert case.incidents == [(case.row.transaction_id, None)]
    case.confirms()
    assert case.incidents == [(case.row.transaction_id, "settled")]


def test_a_reminder_of_wechats_is_kept_and_raised_at_once(pay: Any) -> None:
    case = pay()
    number = case.row.transaction_id
    case.hears("wechat.shipping_reminded", event="trade_manage_remind_shipping", transaction_id=number)
    assert case.row.reminded_at is not None
    assert case.incidents == [(number, None)]


def test_a_reminder_of_a_payment_from_before_we_knew_begins_to_follow_it(pay: Any, session: Session) -> None:
    case = pay(is_managed=False)
    case.market.mini.settings = case.market.mini.settings | {"is_trade_managed": True}
    session.commit()
    number = payment_queries.attempts_of(session, case.order.intent_id)[0].transaction_id
    case.hears("wechat.shipping_reminded", event="trade_manage_remind_shipping", transaction_id=number)
    assert (case.row.status, case.incidents) == ("waiting", [(number, None)])
    case.hears("wechat.shipping_reminded", event="trade_manage_remind_shipping", transaction_id="4200000000000000000000000000")
    assert len(case.incidents) == 1


def test_money_that_wechat_let_go_is_settled_and_its_announcement_alone_is_not(pay: Any) -> None:
    case = pay()
    case.confirms()
    number = case.row.transaction_id
    case.hears("wechat.trade_settled", transaction_id=number, settled=False)
    assert case.row.status == "told"
    for _ in range(2):
        case.hears("wechat.trade_settled", transaction_id=number, settled=True)
    assert (case.row.status, case.row.settled_at is not None) == ("settled", True)
    case.sweeps()
    assert case.trade.asks == ["upload_shipping"]


def test_whether_the_trade_is_managed_is_asked_daily_and_when_wechat_says_so(pay: Any, wechat: FakeGateway) -> None:
    case = pay(is_managed=False)
    wechat.answers["is_trade_managed"] = True
    case.hears("wechat.shipping_reminded", event="trade_manage_remind_access_api")
    case.session.expire_all()
    assert case.market.mini.settings["is_trade_managed"] is True
    wechat.fail("is_trade_managed")
    queue.run("orders.learn_what_is_managed")
    case.session.expire_all()
    assert case.market.mini.settings["is_trade_managed"] is True
