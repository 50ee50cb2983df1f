"""What was shipped, over HTTP: told once in full, anew once more, and asked after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from app.wechat.client import Outcome, Trade
from app.wechat.endpoints.mini_program.shipping import Logistics, OrderKey, OrderState, Parcel
from tests.wechat.contract.support import Person, Shop, advance, now, refused

PERSON = Outcome.permanent_person
DEPOSIT = Parcel("S90 B5 订金")
BOX = Parcel("车载冰箱", tracking_no="YT0001", company="YTO")


@pytest.fixture
def managed(visitor: Person) -> Iterator[Person]:
    """The mini-program while WeChat manages its trade."""
    path = f"mini-programs/{visitor.appid}/trade-management"
    visitor.simulator.ask(path, managed=True, confirmed=True)
    yield visitor
    visitor.simulator.ask(path, managed=False, confirmed=False)


def key(paid: Trade) -> OrderKey:
    return OrderKey(transaction_id=paid.transaction_id)


def ship(visitor: Person, order: OrderKey, *parcels: Parcel, logistics: Logistics = Logistics.virtual, **more: Any) -> None:
    visitor.door.upload_shipping(order, visitor.openid, parcels, logistics=logistics, at=now(visitor.simulator), **more)


def test_whether_the_trade_is_managed_is_known(visitor: Person, request: pytest.FixtureRequest) -> None:
    assert (visitor.door.is_trade_managed(), visitor.door.is_trade_confirmed()) == (False, False)
    request.getfixturevalue("managed")
    assert (visitor.door.is_trade_managed(), visitor.door.is_trade_confirmed()) == (True, True)


def test_a_deposit_that_was_told_as_shipped_is_confirmed_and_settled(managed: Person, shop: Shop) -> None:
    paid = shop.paid()
    before = managed.door.shipped_order(key(paid))
    assert (before.state, before.is_shipped, before.amount_fen, before.openid) == (OrderState.to_ship, False, 100_000, managed.openid)
    assert before.paid_at == paid.paid_at
    ship(managed, key(paid), DEPOSIT)
    shipped = managed.door.shipped_order(OrderKey(mchid=paid.mchid, out_trade_no=paid.out_trade_no))
    assert (shipped.state, shipped.is_shipped, shipped.out_trade_no) == (OrderState.shipped, True, paid.out_trade_no)
    managed.does("confirm-receipt", transaction_id=paid.transaction_id)
    assert managed.door.shipped_order(key(paid)).state is OrderState.confirmed
    advance(managed.simulator, days=1, minutes=1)
    assert managed.door.shipped_order(key(paid)).state is OrderState.settled
    with refused("10060004", PERSON):
        ship(managed, key(paid), DEPOSIT)


def test_the_same_again_changes_nothing_and_another_is_taken_once(managed: Person, shop: Shop) -> None:
    order = key(shop.paid())
    for _ in range(3):
        ship(managed, order, DEPOSIT)
    ship(managed, order, Parcel("S90 B5 订金（更正）"))
    with refused("10060003", PERSON):
        ship(managed, order, Parcel("S90 B5 订金（再更正）"))


def test_parcels_are_told_one_by_one_until_it_is_all(managed: Person, shop: Shop) -> None:
    order, second = key(shop.paid()), Parcel("脚垫", tracking_no="SF0002", company="SF", receiver_phone="138****5678")
    ship(managed, order, BOX, logistics=Logistics.express, is_all=False)
    assert not managed.door.shipped_order(order).is_shipped
    ship(managed, order, second, logistics=Logistics.express, is_all=True)
    assert managed.door.shipped_order(order).is_shipped
    with refused("10060002", PERSON):
        ship(managed, order, BOX, logistics=Logistics.express, is_all=False)


@pytest.mark.parametrize(
    ("parcels", "logistics", "more", "code"),
    [
        ((DEPOSIT, DEPOSIT), Logistics.virtual, {}, "268485228"),
        ((DEPOSIT,), Logistics.express, {}, "268485226"),
        ((Parcel("冰箱", tracking_no="1"),), Logistics.express, {}, "268485227"),
        ((Parcel("冰箱", tracking_no="1", company="SF"),), Logistics.express, {}, "10060014"),
        ((Parcel(""),), Logistics.picked_up, {}, "10060008"),
        ((Parcel("字" * 121),), Logistics.picked_up, {}, "10060009"),
        ((DEPOSIT,), Logistics.virtual, {"is_all": True}, "10060006"),
    ],
)
def test_what_was_shipped_has_to_be_told_well(
    managed: Person, shop: Shop, parcels: tuple[Parcel, ...], logistics: Logistics, more: Any, code: str
) -> None:
    with refused(code, PERSON):
        ship(managed, key(shop.paid()), *parcels, logistics=logistics, **more)


def test_only_her_own_payment_can_be_shipped_to_her(managed: Person, shop: Shop) -> None:
    unknown = OrderKey(transaction_id="4200000000000000000000000000")
    with refused("10060001", PERSON):
        ship(managed, unknown, DEPOSIT)
    assert managed.door.shipped_order(unknown) is None
    somebody = managed.simulator.ask("users", nickname="路人")["openids"][managed.appid]
    with refused("10060031", PERSON):
        managed.door.upload_shipping(key(shop.paid()), somebody, [DEPOSIT], logistics=Logistics.virtual, at=now(managed.simulator))


def test_a_payment_is_named_in_one_way() -> None:
    for wrong in ({}, {"mchid": "1900000001"}, {"transaction_id": "4200", "mchid": "1900000001", "out_trade_no": "PAY1"}):
        with pytest.raises(ValueError, match="transaction_id"):
            OrderKey(**wrong)


def test_too_many_parcels_never_leave(visitor: Person) -> None:
    for parcels in ([], [BOX] * 16):
        with pytest.raises(ValueError, match="parcels"):
            ship(visitor, OrderKey(transaction_id="4200"), *parcels)


def test_orders_are_listed_page_by_page_and_narrowed(managed: Person, shop: Shop) -> None:
    # Seconds are what WeChat tells times in: nothing that was paid before is of the same one.
    advance(managed.simulator, seconds=1)
    since = now(managed.simulator)
    payments = [shop.paid() for _ in range(3)]
    ship(managed, key(payments[1]), DEPOSIT)
    found, after = [], None
    while True:
        page = managed.door.shipped_orders(openid=managed.openid, since=since, until=since + timedelta(hours=1), after=after, size=2)
        found += [one.transaction_id for one in page.orders]
        after = page.after
        if after is None:
            break
    assert found == [paid.transaction_id for paid in payments]
    shipped = managed.door.shipped_orders(state=OrderState.shipped, since=since).orders
    assert [one.transaction_id for one in shipped] == [payments[1].transaction_id]
    with refused("10060011", PERSON):
        managed.door.shipped_orders(after="x")
    with refused("10060014", PERSON):
        managed.door.shipped_orders(size=101)


def test_she_is_asked_once_to_confirm_what_came_by_express(managed: Person, shop: Shop) -> None:
    express, virtual = key(shop.paid()), key(shop.paid())
    with refused("10060028", PERSON):
        managed.door.ask_to_confirm(express, received_at=now(managed.simulator))
    ship(managed, express, BOX, logistics=Logistics.express)
    ship(managed, virtual, DEPOSIT)
    with refused("10060029", PERSON):
        managed.door.ask_to_confirm(express, received_at=now(managed.simulator) - timedelta(days=1))
    advance(managed.simulator, minutes=5)
    received_at = now(managed.simulator)
    managed.door.ask_to_confirm(express, received_at=received_at)
    with refused("10060030", PERSON):
        managed.door.ask_to_confirm(express, received_at=received_at)
    with refused("10060032", PERSON):
        managed.door.ask_to_confirm(virtual, received_at=received_at)


def test_wechats_own_notices_lead_to_a_page_of_the_mini_program(managed: Person) -> None:
    managed.door.set_shipping_page("pages/orders/detail?from=wechat")
    assert managed.simulator.look(f"mini-programs/{managed.appid}")["jump_path"] == "pages/orders/detail?from=wechat"
    with refused("40165", Outcome.permanent_account):
        managed.door.set_shipping_page("pages/nowhere")


def test_an_order_that_ships_late_is_reported_before_it_is_shipped(managed: Person, shop: Shop) -> None:
    paid = shop.paid()
    with refused("268546001", PERSON):
        managed.door.report_special_order(paid.transaction_id, delayed_until=now(managed.simulator) + timedelta(days=331))
    managed.door.report_special_order(paid.transaction_id, delayed_until=now(managed.simulator) + timedelta(days=90))
    managed.door.report_special_order(shop.paid().out_trade_no)
    ship(managed, key(paid), DEPOSIT)
    with refused("268546002", PERSON):
        managed.door.report_special_order(paid.transaction_id)
