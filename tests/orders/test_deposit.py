"""A customer pays a deposit and holds a car, over HTTP; the pay sheet proves nothing, the notification does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.events.models import Event
from app.kit.idempotency import IdempotentAnswer
from app.orders.models import Order, Reservation
from app.payments import queries as payments
from app.payments.models import PaymentAttempt
from app.vehicles.models import Vehicle
from app.wechat.errors import Outcome, WechatError
from app.wechat.fake import FakeGateway
from tests.factories import dealers, identity, vehicles
from tests.factories import orders as make
from tests.factories.payments import Works, notify

Json = dict[str, Any]


@pytest.fixture
def market(session: Session) -> make.Market:
    return make.market(session)


@pytest.fixture
def phone(session: Session, client: Any, market: make.Market) -> Any:
    """Calls the API as a buyer: `phone.post("/", vehicle_id=…)` under /api/customer/orders."""

    class Phone:
        def __init__(self) -> None:
            self.customer = make.buyer(session, market)
            self.headers = identity.signed_in(session, self.customer, market.mini)
            session.commit()

        def get(self, path: str = "/") -> Any:
            return client.get(f"/api/customer/orders{path}", headers=self.headers)

        def post(self, path: str = "/", *, key: str | None = None, **body: Any) -> Any:
            named = {} if key is None else {"Idempotency-Key": key}
            return client.post(f"/api/customer/orders{path}", json=body, headers=self.headers | named)

        def reserve(self, key: str = "a-key-of-hers", **changed: Any) -> Any:
            wanted = {"vehicle_id": str(market.vehicle.id), "terms_version": market.terms.version}
            return self.post(key=key, **wanted | changed)

    return Phone


def names(session: Session, order_id: str) -> list[str]:
    found = session.execute(select(Event.name).where(Event.subject_id == order_id).order_by(Event.id))
    return list(found.scalars())


def pay_for(session: Session, market: make.Market, wechat: FakeGateway) -> None:
    """She types her password; WeChat notifies."""
    attempt = session.execute(select(PaymentAttempt).order_by(PaymentAttempt.id.desc()).limit(1)).scalar_one()
    notify(session, market.merchant, wechat.pay_for(attempt.out_trade_no))


def test_she_reserves_pays_and_holds_the_car(session: Session, market: make.Market, phone: Any, wechat: FakeGateway, works: Works) -> None:
    buyer = phone()
    answer = buyer.reserve()
    assert answer.status_code == 201, answer.json
    order, payment = answer.json["order"], answer.json["payment"]
    assert set(payment) == {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}
    assert (order["status"], order["payment_status"], order["can_pay"]) == ("awaiting_payment", "none", True)
    assert order["vehicle"]["id"] == str(market.vehicle.id)
    assert 14 * 60 < order["hold"]["ends_in_seconds"] <= 15 * 60
    works.quietly()
    assert buyer.get(f"/{order['id']}").json["payment_status"] == "none"

    pay_for(session, market, wechat)
    works.quietly()
    paid = buyer.get(f"/{order['id']}").json
    assert (paid["status"], paid["payment_status"], paid["label"]) == ("paid", "full", "已预订")
    assert paid["hold"]["status"] == "hard_held"
    assert 71 * 3600 < paid["hold"]["ends_in_seconds"] <= 72 * 3600
    assert names(session, order["id"]) == ["payment.opened", "order.reserved", "payment.succeeded", "deposit.paid"]
    event = session.execute(select(Event).filter_by(name="deposit.paid")).scalar_one()
    assert event.customer_id == buyer.customer.id
    assert set(event.data) >= {"order_id", "vehicle_id", "dealer_id", "store_id", "amount_fen"}


def test_the_prepay_says_what_the_terms_say_and_ends_a_minute_before_the_hold(phone: Any, market: make.Market, wechat: FakeGateway) -> None:
    order = phone().reserve().json["order"]
    (asked,) = wechat.calls_of("prepay")
    assert asked["amount_fen"] == market.terms.amount_fen == order["amount_fen"]
    assert asked["out_trade_no"].isalnum()
    assert len(asked["out_trade_no"]) == 32
    assert asked["notify_url"].endswith(f"/api/platform/wechat/pay/{market.merchant.appid}/payments")
    assert datetime.fromisoformat(order["hold"]["expires_at"]) - asked["expires_at"] == timedelta(seconds=60)


def test_the_same_key_gives_the_same_answer_byte_for_byte(phone: Any, wechat: FakeGateway) -> None:
    buyer = phone()
    first, second = buyer.reserve(), buyer.reserve()
    assert first.status_code == second.status_code == 201
    assert first.data == second.data
    assert len(wechat.calls_of("prepay")) == 1


def test_a_key_is_for_one_request_only(phone: Any, session: Session, market: make.Market, wechat: FakeGateway) -> None:
    buyer = phone()
    buyer.reserve()
    answer = buyer.reserve(terms_version="another")
    assert (answer.status_code, answer.json["error"]) == (422, "idempotency.key_reused")


def test_a_request_without_a_key_is_refused(phone: Any, wechat: FakeGateway) -> None:
    answer = phone().reserve(key="")
    assert (answer.status_code, answer.json["error"]) == (422, "idempotency.key_missing")


def test_a_request_that_died_after_its_first_transaction_is_resumed_by_its_key(
    session: Session, phone: Any, market: make.Market, wechat: FakeGateway
) -> None:
    buyer = phone()
    wechat.fail("prepay", KeyboardInterrupt())  # type: ignore[arg-type]  # the process ends here
    with pytest.raises(KeyboardInterrupt):
        buyer.reserve()
    session.execute(update(IdempotentAnswer).values(status=None))
    answer = buyer.reserve()
    assert answer.status_code == 201
    assert len(session.execute(select(Order)).scalars().all()) == 1
    assert answer.json["payment"]["package"].startswith("prepay_id=")


def test_a_prepay_that_timed_out_goes_on_with_the_same_number(session: Session, phone: Any, wechat: FakeGateway) -> None:
    buyer = phone()
    wechat.fail("prepay", after_effect=True)
    answer = buyer.reserve()
    assert (answer.status_code, answer.json["error"]) == (503, "payments.unavailable")
    assert session.execute(select(PaymentAttempt.status)).scalar_one() == "unknown"
    assert buyer.reserve().status_code == 201
    first, second = wechat.calls_of("prepay")
    assert first == second


def test_a_payment_that_wechat_refuses_for_good_lets_the_car_go_at_once(
    session: Session, phone: Any, market: make.Market, wechat: FakeGateway, works: Works
) -> None:
    buyer = phone()
    wechat.fail("prepay", WechatError(Outcome.permanent_account, "APPID_MCHID_NOT_MATCH"))
    answer = buyer.reserve()
    assert (answer.status_code, answer.json["error"]) == (503, "payments.refused")
    works.quietly()
    session.expire_all()
    assert session.get_one(Vehicle, market.vehicle.id).status == "listed"
    assert buyer.get().json["items"][0]["label"] == "支付未成功"
    assert buyer.reserve().status_code == 201


def test_pay_again_gives_the_pay_sheet_of_the_same_attempt(phone: Any, wechat: FakeGateway) -> None:
    buyer = phone()
    order = buyer.reserve().json
    again = buyer.post(f"/{order['order']['id']}/pay").json
    assert again["payment"]["package"] == order["payment"]["package"]
    assert len(wechat.calls_of("prepay")) == 1


def test_pay_again_opens_a_new_number_once_wechat_has_closed_the_old_one(
    session: Session, phone: Any, wechat: FakeGateway, works: Works, later: Any
) -> None:
    buyer = phone()
    order = buyer.reserve().json["order"]
    number = wechat.calls_of("prepay")[0]["out_trade_no"]
    wechat.trades[number] = replace(wechat.trades[number], state="CLOSED")
    later(seconds=6)
    works.sweep()
    assert buyer.post(f"/{order['id']}/pay").status_code == 200
    numbers = [call["out_trade_no"] for call in wechat.calls_of("prepay")]
    assert numbers[0] == number != numbers[1]


def test_the_friend_is_told_that_the_car_is_taken_and_for_how_long(phone: Any, wechat: FakeGateway) -> None:
    phone().reserve()
    answer = phone().reserve()
    assert (answer.status_code, answer.json["error"]) == (409, "orders.not_on_sale")
    assert answer.json["message"] == "这辆车刚刚被预订了，看看别的车吧"
    assert 0 < int(answer.headers["Retry-After"]) <= 15 * 60


def test_a_failed_reservation_leaves_nothing_behind(session: Session, phone: Any, market: make.Market, wechat: FakeGateway) -> None:
    phone().reserve()
    phone().reserve()
    assert len(session.execute(select(Order)).scalars().all()) == 1
    assert len(session.execute(select(Reservation)).scalars().all()) == 1
    assert len(session.execute(select(PaymentAttempt)).scalars().all()) == 1


def test_she_has_to_bind_a_phone_number_first(session: Session, client: Any, market: make.Market) -> None:
    stranger = make.buyer(session, market, phone=None)
    headers = identity.signed_in(session, stranger, market.mini) | {"Idempotency-Key": "a-key-of-hers"}
    session.commit()
    body = {"vehicle_id": str(market.vehicle.id), "terms_version": market.terms.version}
    answer = client.post("/api/customer/orders/", json=body, headers=headers)
    assert (answer.status_code, answer.json["error"]) == (409, "orders.phone_needed")
    assert session.get_one(Vehicle, market.vehicle.id).status == "listed"


def test_old_terms_are_refused_with_the_version_in_force(phone: Any, market: make.Market) -> None:
    answer = phone().reserve(terms_version="2020-01")
    assert (answer.status_code, answer.json["error"]) == (409, "orders.terms_changed")
    assert answer.json["details"]["terms_version"] == market.terms.version


def test_the_terms_speak_of_a_refundable_intent_deposit(client: Any, session: Session, market: make.Market) -> None:
    session.commit()
    terms = client.get("/api/visitor/orders/terms", headers={"X-Appid": market.mini.appid}).json
    assert (terms["amount_fen"], terms["deposit_type"], terms["hold_hours"]) == (100_000, "intent_deposit", 72)
    assert "¥1,000" in terms["text"]
    assert "全额原路退回" in terms["text"]
    assert market.brand.name in terms["text"]


def test_one_person_holds_one_car_at_a_time(session: Session, phone: Any, market: make.Market, wechat: FakeGateway) -> None:
    another = vehicles.vehicle(session, market.store)
    buyer = phone()
    first = buyer.reserve().json["order"]
    answer = buyer.reserve(key="another-key", vehicle_id=str(another.id))
    assert (answer.status_code, answer.json["error"]) == (409, "orders.limit_reached")
    assert answer.json["details"]["order_id"] == first["id"]
    session.expire_all()
    assert session.get_one(Vehicle, another.id).status == "listed"


def test_another_customers_order_does_not_exist_for_her(phone: Any, wechat: FakeGateway) -> None:
    order = phone().reserve().json["order"]
    stranger = phone()
    for answer in (
        stranger.get(f"/{order['id']}"),
        stranger.post(f"/{order['id']}/pay"),
        stranger.post(f"/{order['id']}/cancel", reason="x"),
    ):
        assert (answer.status_code, answer.json["error"]) == (404, "orders.unknown")
    assert stranger.get().json == {"items": [], "next_cursor": None}


def test_another_brands_car_does_not_exist_for_her(session: Session, phone: Any) -> None:
    elsewhere = make.market(session)
    answer = phone().reserve(vehicle_id=str(elsewhere.vehicle.id))
    assert answer.status_code == 404


def test_her_orders_come_page_by_page(session: Session, phone: Any, market: make.Market, wechat: FakeGateway, works: Works) -> None:
    buyer = phone()
    for number in range(3):
        order = buyer.reserve(key=f"key-number-{number}").json["order"]
        buyer.post(f"/{order['id']}/cancel", reason="x")
        works.quietly()
    seen, cursor = [], ""
    while cursor is not None:
        answer = buyer.get(f"/?limit=2&cursor={cursor}").json
        seen += [item["id"] for item in answer["items"]]
        cursor = answer["next_cursor"]
    assert len(seen) == len(set(seen)) == 3
    assert seen[0] == order["id"]


def test_the_dealer_of_the_order_is_the_cars(session: Session, market: make.Market) -> None:
    other = dealers.dealer(session, market.brand)
    order = make.order(session, market, make.buyer(session, market))
    assert order.dealer_id == market.dealer.id != other.id
    assert payments.standing(session, order.intent_id).status == "none"  # type: ignore[arg-type]
