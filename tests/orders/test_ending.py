"""How a hold ends: WeChat is asked and has closed the payment before the car is let go, and money that comes late finds its way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from app.events import service as events
from app.identity import service as identity
from app.kit import queue
from app.orders import queries
from app.orders import service as orders
from app.orders.errors import OrderOver
from app.payments import queries as payment_queries
from app.payments.models import PaymentIntent, Refund
from app.wechat.errors import Outcome, WechatError
from tests.factories import orders as make
from tests.factories import vehicles
from tests.factories.payments import notify
from tests.orders.case import Case


def test_a_soft_hold_is_asked_about_closed_and_then_let_go(case: Case, later: Any) -> None:
    later(minutes=14, seconds=55)
    case.works.sweep()
    assert case.state == ("awaiting_payment", "soft_held", "none", "reserved")
    case.wechat.calls.clear()
    later(seconds=6)
    case.works.sweep()
    assert case.state == ("closed", "expired", "none", "listed")
    assert [call.endpoint for call in case.wechat.calls][-2:] == ["query", "close"]
    (expired,) = case.events("order.expired")
    assert expired["was_paid"] is False
    assert len(case.events("vehicle.released")) == 1


def test_the_car_stays_hers_while_wechat_cannot_be_asked(case: Case, later: Any) -> None:
    case.wechat.fail("query", WechatError(Outcome.retry_later, "connection"), times=50)
    later(minutes=16)
    for _ in range(5):
        case.works.sweep()
        later(seconds=50)
    assert case.state == ("awaiting_payment", "expiring", "none", "reserved")
    case.wechat._failures.clear()
    case.works.sweep()
    assert case.state == ("closed", "expired", "none", "listed")


def test_a_cancellation_while_wechat_is_asked_is_not_forgotten(case: Case, later: Any) -> None:
    later(minutes=16)
    queue.run("orders.expire_due")
    assert case.state == ("awaiting_payment", "expiring", "none", "reserved")
    case.pays()
    case.cancels()
    case.works.quietly()
    assert case.state == ("closed", "cancelled_by_user", "refunding", "listed")
    assert case.order.close_reason == "cancelled_by_customer"


def test_late_money_of_somebody_who_left_goes_back(case: Case, later: Any) -> None:
    later(minutes=16)
    case.works.sweep()
    assert case.state == ("closed", "expired", "none", "listed")
    identity.erase(case.session, case.customer)
    case.session.commit()
    case.pays_and_we_hear()
    assert case.state == ("closed", "expired", "refunding", "listed")


@pytest.mark.parametrize("error", [WechatError(Outcome.permanent_account, "SIGN_ERROR"), WechatError(Outcome.unknown, "timeout")])
def test_a_car_that_cannot_be_let_go_because_wechat_does_not_tell_is_seen_by_a_person(case: Case, later: Any, error: WechatError) -> None:
    case.wechat.fail("query", error, times=500)
    for _ in range(60):
        later(minutes=1)
        case.works.sweep()
    assert case.state == ("awaiting_payment", "expiring", "none", "reserved")
    assert case.incidents == [("unsettled", None)]
    case.wechat._failures.clear()
    later(minutes=1)
    case.works.sweep()
    assert case.state == ("closed", "expired", "none", "listed")
    assert case.incidents == [("unsettled", "settled")]


@pytest.mark.parametrize("endpoint", ["query", "close"])
def test_an_answer_lost_on_the_way_back_is_asked_for_again(case: Case, later: Any, endpoint: str) -> None:
    case.wechat.fail(endpoint, after_effect=True)
    later(minutes=16)
    case.works.sweep()
    later(seconds=6)
    case.works.sweep()
    assert case.state == ("closed", "expired", "none", "listed")


def test_money_that_is_there_at_the_end_of_the_hold_makes_it_firm(case: Case, later: Any) -> None:
    case.pays()
    later(minutes=15, seconds=1)
    case.works.sweep()
    assert case.state == ("paid", "hard_held", "full", "reserved")
    assert case.events("order.expired") == []


def test_money_that_comes_between_the_question_and_the_close_makes_it_firm(case: Case, later: Any) -> None:
    def paid_this_moment(account: Any, out_trade_no: str) -> None:
        case.pays()
        case.wechat._close(account, out_trade_no)

    case.wechat.answers["close"] = paid_this_moment
    later(minutes=16)
    case.works.sweep()
    assert case.state == ("paid", "hard_held", "full", "reserved")


def test_somebody_who_is_typing_her_password_is_waited_for(case: Case, later: Any) -> None:
    case.wechat.trades[case.number] = replace(case.wechat.trades[case.number], state="USERPAYING")
    later(minutes=16)
    case.works.sweep()
    assert case.state == ("awaiting_payment", "expiring", "none", "reserved")
    case.pays()
    later(seconds=6)
    case.works.sweep()
    assert case.state == ("paid", "hard_held", "full", "reserved")


def test_late_money_gets_the_car_if_it_is_still_free(case: Case, later: Any) -> None:
    later(minutes=16)
    case.works.sweep()
    case.pays_and_we_hear()
    assert case.state == ("paid", "hard_held", "full", "reserved")
    assert case.incidents == [("late_payment", "granted_again")]
    assert len(case.events("deposit.paid")) == 1
    later(hours=73)
    case.works.sweep()
    case.refund_arrives()
    assert case.state == ("closed", "expired", "refunded", "listed")


def test_late_money_goes_back_if_another_holds_the_car(case: Case, later: Any) -> None:
    later(minutes=16)
    case.works.sweep()
    friend = make.order(case.session, case.market, make.buyer(case.session, case.market))
    case.session.commit()
    case.pays_and_we_hear()
    assert case.state == ("closed", "expired", "refunding", "reserved")
    assert queries.holder_of(case.session, case.market.vehicle.id).order_id == friend.id  # type: ignore[union-attr]
    case.refund_arrives()
    assert case.state == ("closed", "expired", "refunded", "reserved")
    assert case.incidents == [("late_payment", "refunded")]
    assert len(case.events("deposit.refunded")) == 1
    assert case.events("deposit.paid") == []


def test_late_money_goes_back_if_she_holds_another_car_by_now(case: Case, later: Any) -> None:
    later(minutes=16)
    case.works.sweep()
    another = vehicles.vehicle(case.session, case.market.store)
    make.order(case.session, case.market, case.customer, vehicle_id=another.id)
    case.session.commit()
    case.pays_and_we_hear()
    assert case.state == ("closed", "expired", "refunding", "listed")


def test_late_money_for_a_cancelled_order_goes_back(case: Case) -> None:
    case.cancels()
    case.works.quietly()
    case.pays_and_we_hear()
    assert case.state == ("closed", "cancelled", "refunding", "listed")
    assert case.events("deposit.paid") == []


def test_late_money_that_is_told_twice_goes_back_once(case: Case, later: Any) -> None:
    case.cancels()
    case.works.quietly()
    trade = case.pays()
    for _ in range(3):
        notify(case.session, case.market.merchant, trade)
        case.works.quietly()
    orders.follow_payment(case.session, case.order.id)
    assert len(case.session.execute(select(Refund)).all()) == 1


def test_an_unpaid_order_is_cancelled_once_wechat_has_closed_it(case: Case) -> None:
    case.cancels()
    assert case.state == ("awaiting_payment", "cancelling", "none", "reserved")
    case.works.quietly()
    assert case.state == ("closed", "cancelled", "none", "listed")
    assert case.wechat.trades[case.number].state == "CLOSED"
    (cancelled,) = case.events("order.cancelled")
    assert cancelled["was_paid"] is False
    assert "改主意了" not in str(cancelled)


def test_she_cancels_while_her_money_is_on_its_way_and_gets_it_back(case: Case) -> None:
    case.pays()
    case.cancels()
    case.works.quietly()
    assert case.state == ("closed", "cancelled_by_user", "refunding", "listed")
    case.refund_arrives()
    assert case.state == ("closed", "cancelled_by_user", "refunded", "listed")
    assert case.events("deposit.paid") == []


def test_a_paid_order_that_is_cancelled_puts_the_car_back_on_sale_at_once(case: Case) -> None:
    case.pays_and_we_hear()
    case.cancels()
    assert case.state == ("closed", "cancelled_by_user", "refunding", "listed")
    (cancelled,) = case.events("order.cancelled")
    assert cancelled["was_paid"] is True
    assert set(cancelled) >= {"order_id", "vehicle_id", "dealer_id", "store_id", "amount_fen"}
    case.works.quietly()
    assert case.events("deposit.refunded") == []
    case.refund_arrives()
    assert case.state == ("closed", "cancelled_by_user", "refunded", "listed")
    assert len(case.events("deposit.refunded")) == 1


def test_cancelling_twice_cancels_once(case: Case) -> None:
    case.pays_and_we_hear()
    case.cancels()
    case.cancels()
    assert len(case.session.execute(select(Refund)).all()) == 1
    assert len(case.events("order.cancelled")) == 1


def test_an_order_that_ran_out_cannot_be_cancelled(case: Case, later: Any) -> None:
    later(minutes=16)
    case.works.sweep()
    with pytest.raises(OrderOver):
        case.cancels()


def test_a_hard_hold_ends_after_its_hours_and_the_deposit_goes_back_by_itself(case: Case, later: Any) -> None:
    case.pays_and_we_hear()
    later(hours=71)
    case.works.sweep()
    assert case.state == ("paid", "hard_held", "full", "reserved")
    later(hours=1, seconds=1)
    case.works.sweep()
    assert case.state == ("closed", "expired", "refunding", "listed")
    (expired,) = case.events("order.expired")
    assert expired["was_paid"] is True
    case.refund_arrives()
    assert case.state == ("closed", "expired", "refunded", "listed")


def test_events_out_of_order_and_twice_end_the_same(case: Case, later: Any) -> None:
    later(minutes=16)
    queue.run("orders.expire_due")
    case.pays()
    for name, ids in list(case.works.rings):
        if name == "payments.settle":
            queue.run(name, ids)
    for _ in range(2):
        orders.follow_payment(case.session, case.order.id)
        orders.follow_refund(case.session, case.order.id)
        orders.expire(case.session, case.order.id)
    case.session.commit()
    case.works.quietly()
    assert case.state == ("paid", "hard_held", "full", "reserved")
    assert len(case.events("deposit.paid")) == 1


def test_a_merged_customers_orders_are_the_kept_ones(case: Case) -> None:
    kept = make.buyer(case.session, case.market)
    for _ in range(2):
        data = {"merged_id": case.customer.id}
        events.record(case.session, "customer.merged", brand_id=case.market.brand.id, customer_id=kept.id, data=data)
    case.session.commit()
    case.works.quietly()
    case.session.expire_all()
    assert queries.of_customer(case.session, kept.id, case.order.id).request_key is None
    assert [hold.order_id for hold in queries.active_of(case.session, kept.id)] == [case.order.id]
    assert case.session.get_one(PaymentIntent, case.order.intent_id).customer_id == kept.id


def test_an_erased_customer_holds_nothing_and_has_her_money_back(case: Case) -> None:
    case.pays_and_we_hear()
    events.record(case.session, "customer.erased", brand_id=case.market.brand.id, customer_id=case.customer.id)
    case.session.commit()
    case.works.quietly()
    case.refund_arrives()
    assert case.state == ("closed", "cancelled_by_user", "refunded", "listed")
    (attempt,) = payment_queries.attempts_of(case.session, case.order.intent_id)  # type: ignore[arg-type]
    assert attempt.openid is None
