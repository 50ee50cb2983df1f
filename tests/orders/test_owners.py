"""No money without an owner: each disorder is planted by hand, and is either mended by the sweep or shown to a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.kit import queue
from app.orders import queries
from app.orders.models import Order
from app.orders.service import owners
from app.payments import queries as payment_queries
from app.payments import service as payments
from app.payments.models import PaymentIncident
from app.vehicles.models import Vehicle
from app.wechat.fake import FakeGateway
from tests.factories import orders as make
from tests.factories.payments import Works, notify

Plant = Callable[..., None]


@pytest.fixture
def market(session: Session) -> make.Market:
    return make.market(session)


@pytest.fixture
def order(session: Session, market: make.Market) -> Order:
    """An order that nobody has paid yet."""
    made = make.order(session, market, make.buyer(session, market))
    session.commit()
    return made


@pytest.fixture
def paid(session: Session, market: make.Market, order: Order, wechat: FakeGateway, works: Works) -> Order:
    assert order.intent_id is not None
    payments.pay(order.intent_id)
    (attempt,) = payment_queries.attempts_of(session, order.intent_id)
    notify(session, market.merchant, wechat.pay_for(attempt.out_trade_no))
    works.quietly()
    session.expire_all()
    assert order.status == "paid"
    return order


@pytest.fixture
def plant(session: Session, market: make.Market, order: Order) -> Plant:
    """Change rows behind everybody's back."""

    def do(*statements: str) -> None:
        ids = {"order": order.id, "intent": order.intent_id, "vehicle": market.vehicle.id}
        for statement in statements:
            session.execute(text(statement), {name: value for name, value in ids.items() if f":{name}" in statement})
        session.commit()

    return do


def sweep(session: Session) -> dict[str, int]:
    """What is left of each kind, and the metric says the same."""
    queue.run("orders.find_owners")
    session.expire_all()
    left = owners.find_owners()
    assert {kind: REGISTRY.get_sample_value("marque_money_without_owner", {"kind": kind}) for kind in left} == left
    session.expire_all()
    return {kind: count for kind, count in left.items() if count}


def raised(session: Session) -> list[str]:
    return list(session.execute(select(PaymentIncident.kind)).scalars())


def vehicle(session: Session, order: Order) -> str:
    return session.get_one(Vehicle, order.vehicle_id).status


def test_nothing_is_out_of_order_while_everything_goes_its_way(session: Session, paid: Order, works: Works, later: Any) -> None:
    for minutes in (1, 5, 60):
        later(minutes=minutes)
        works.sweep()
        assert sweep(session) == {}
    later(hours=80)
    works.sweep()
    assert sweep(session) == {}
    assert vehicle(session, paid) == "listed"
    assert raised(session) == []


def test_an_order_that_did_not_hear_of_its_money_hears_of_it(session: Session, paid: Order, plant: Plant, later: Any) -> None:
    plant(
        "UPDATE orders SET status = 'awaiting_payment', paid_at = NULL WHERE id = :order",
        "UPDATE reservations SET status = 'soft_held' WHERE order_id = :order",
    )
    assert owners.find_owners()["unheard_payment"] == 0, "the event may still be on its way"
    later(seconds=90)
    assert sweep(session) == {}
    assert (paid.status, queries.hold(session, paid.id).status) == ("paid", "hard_held")


def test_money_whose_order_there_is_not_is_shown_to_a_person(session: Session, paid: Order, plant: Plant, later: Any) -> None:
    plant("UPDATE orders SET intent_id = NULL WHERE id = :order")
    later(seconds=90)
    assert sweep(session) == {"orderless_payment": 1}
    assert raised(session) == ["money_without_order"]


def test_money_that_a_closed_order_kept_goes_back(session: Session, paid: Order, plant: Plant, later: Any, works: Works) -> None:
    plant(
        "UPDATE orders SET status = 'closed', close_reason = 'hold_ended', closed_at = marque_now() WHERE id = :order",
        "UPDATE reservations SET status = 'expired' WHERE order_id = :order",
        "UPDATE vehicles SET status = 'listed' WHERE id = :vehicle",
    )
    later(seconds=90)
    assert sweep(session) == {}
    assert paid.intent_id is not None
    (refund,) = payment_queries.refunds_of(session, paid.intent_id)
    assert (refund.amount_fen, refund.status) == (100_000, "requested")
    assert sweep(session) == {}
    assert len(payment_queries.refunds_of(session, paid.intent_id)) == 1


def test_a_hold_whose_order_has_ended_lets_go(session: Session, order: Order, plant: Plant) -> None:
    plant("UPDATE orders SET status = 'closed', close_reason = 'expired', closed_at = marque_now() WHERE id = :order")
    assert sweep(session) == {}
    assert (queries.hold(session, order.id).status, vehicle(session, order)) == ("failed", "listed")


def test_an_order_without_a_hold_is_shown_to_a_person(session: Session, paid: Order, plant: Plant) -> None:
    plant(
        "UPDATE reservations SET status = 'expired' WHERE order_id = :order",
        "UPDATE vehicles SET status = 'listed' WHERE id = :vehicle",
    )
    assert sweep(session) == {"order_without_hold": 1}
    assert raised(session) == ["order_without_hold"]


def test_a_hold_that_stays_between_two_states_is_pushed_on(session: Session, order: Order, plant: Plant, later: Any) -> None:
    plant(
        "UPDATE reservations SET status = 'expiring' WHERE order_id = :order",
        "UPDATE payment_intents SET status = 'closing' WHERE id = :intent",
        "UPDATE payment_attempts SET status = 'closed' WHERE intent_id = :intent",
    )
    later(minutes=9)
    assert sweep(session) == {}
    assert queries.hold(session, order.id).status == "expiring", "that may be as it should"
    later(minutes=9)
    assert sweep(session) == {}
    assert (order.status, vehicle(session, order)) == ("closed", "listed")


def test_a_hold_that_cannot_be_pushed_on_is_shown_to_a_person(session: Session, order: Order, wechat: FakeGateway, later: Any) -> None:
    wechat.fail("query", times=200)
    later(minutes=16)
    queue.run("orders.expire_due")
    later(minutes=11)
    assert sweep(session) == {"stuck_order": 1}
    assert raised(session) == ["stuck_order"]


def test_a_vehicle_on_sale_that_somebody_holds_is_taken_off_the_market(session: Session, paid: Order, plant: Plant) -> None:
    plant("UPDATE vehicles SET status = 'listed' WHERE id = :vehicle")
    assert sweep(session) == {}
    assert vehicle(session, paid) == "reserved"


def test_a_vehicle_that_was_sold_while_somebody_holds_it_is_shown_to_a_person(session: Session, paid: Order, plant: Plant) -> None:
    plant("UPDATE vehicles SET status = 'sold' WHERE id = :vehicle")
    assert sweep(session) == {"gone_while_held": 1}
    assert raised(session) == ["sold_while_held"]


def test_a_vehicle_that_nobody_holds_is_on_sale_again(
    session: Session, market: make.Market, plant: Plant, order: Order, later: Any
) -> None:
    plant(
        "UPDATE reservations SET status = 'expired' WHERE order_id = :order",
        "UPDATE orders SET status = 'closed', close_reason = 'expired', closed_at = marque_now() WHERE id = :order",
    )
    assert sweep(session) == {}
    assert market.vehicle.status == "listed"


def test_what_cannot_be_mended_keeps_nothing_else_from_being_mended(
    session: Session, paid: Order, plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: Any) -> None:
        raise RuntimeError("planted")

    check = owners.CHECKS["listed_while_held"]
    monkeypatch.setitem(owners.CHECKS, "listed_while_held", owners.Check(check.find, broken, check.raises))
    plant("UPDATE vehicles SET status = 'listed' WHERE id = :vehicle")
    assert sweep(session) == {"listed_while_held": 1}
