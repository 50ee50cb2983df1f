"""WeChat's rules for refunds are kept before WeChat has to refuse: fifty of one payment, a minute apart, within a year."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.messaging.models import Send
from app.orders.models import Order
from app.payments import queries
from app.payments import service as payments
from app.payments.errors import RefundTooLate, TooManyRefunds
from app.payments.models import PaymentIncident, Refund
from app.vehicles.models import Vehicle
from app.wechat.fake import FakeGateway
from tests.factories import orders as make
from tests.factories.payments import Works, notify


@pytest.fixture
def market(session: Session) -> make.Market:
    return make.market(session)


@pytest.fixture
def order(session: Session, market: make.Market, wechat: FakeGateway) -> Order:
    """An order whose pay sheet is open."""
    made = make.order(session, market, make.buyer(session, market))
    session.commit()
    assert made.intent_id is not None
    payments.pay(made.intent_id)
    return made


@pytest.fixture
def paid(session: Session, market: make.Market, order: Order, wechat: FakeGateway, works: Works) -> Order:
    notify(session, market.merchant, wechat.pay_for(number_of(session, order)))
    works.quietly()
    session.expire_all()
    return order


def number_of(session: Session, order: Order) -> str:
    assert order.intent_id is not None
    return queries.attempts_of(session, order.intent_id)[0].out_trade_no


def ask(session: Session, order: Order, amount_fen: int) -> Refund:
    assert order.intent_id is not None
    return payments.request_refund(session, order.intent_id, amount_fen=amount_fen, reason="测试")


def test_refunds_of_one_payment_are_asked_for_a_minute_apart(
    session: Session, paid: Order, wechat: FakeGateway, works: Works, later: Any
) -> None:
    for _ in range(3):
        ask(session, paid, 10_000)
    session.commit()
    works.quietly()
    asked = [len(wechat.refunds)]
    for _ in range(20):
        later(seconds=10)
        works.sweep()
        asked.append(len(wechat.refunds))
    assert asked == [1] * 7 + [2] * 7 + [3] * 7, "every 61 s one"
    assert len(wechat.calls_of("refund")) == 3


def test_a_refund_that_is_repeated_does_not_wait_for_itself(
    session: Session, paid: Order, wechat: FakeGateway, works: Works, later: Any
) -> None:
    wechat.fail("refund")
    ask(session, paid, 10_000)
    session.commit()
    works.quietly()
    later(seconds=6)
    works.sweep()
    assert len(wechat.refunds) == 1


def test_the_fiftieth_refund_returns_all_that_is_left(session: Session, paid: Order) -> None:
    for _ in range(49):
        ask(session, paid, 1)
    with pytest.raises(TooManyRefunds) as refused:
        ask(session, paid, 1)
    assert refused.value.details == {"left_fen": 100_000 - 49}
    assert ask(session, paid, 100_000 - 49).status == "requested"


def test_what_was_paid_more_than_a_year_ago_does_not_go_back_through_wechat(session: Session, paid: Order, later: Any) -> None:
    later(days=364)
    ask(session, paid, 1)
    session.commit()
    later(days=1, minutes=1)
    with pytest.raises(RefundTooLate):
        ask(session, paid, 1)


@pytest.mark.parametrize(
    ("field", "told"),
    [("total_fen", 1), ("currency", "HKD"), ("out_trade_no", "ANOTHER000000"), ("mchid", "1900000000"), ("sub_mchid", "1900000000")],
)
def test_a_refund_of_which_one_figure_differs_is_not_believed(
    session: Session, paid: Order, wechat: FakeGateway, works: Works, later: Any, field: str, told: Any
) -> None:
    refund = ask(session, paid, 10_000)
    session.commit()
    works.quietly()
    wechat.answers["query_refund"] = replace(wechat.settle(refund.out_refund_no), **{field: told})
    later(seconds=6)
    works.sweep()
    session.expire_all()
    assert refund.status == "submitted"
    (incident,) = session.execute(select(PaymentIncident)).scalars()
    assert (incident.kind, set(incident.details)) == ("mismatch", {field})


def test_who_paid_late_for_a_car_that_is_gone_gets_her_money_back_and_is_told(
    session: Session, market: make.Market, order: Order, wechat: FakeGateway, works: Works, later: Any
) -> None:
    later(minutes=16)
    works.sweep()
    make.order(session, market, make.buyer(session, market))
    session.commit()
    number = number_of(session, order)
    wechat.trades[number] = replace(wechat.trades[number], state="NOTPAY")
    notify(session, market.merchant, wechat.pay_for(number))
    works.quietly()
    refund = session.execute(select(Refund)).scalar_one()
    assert (refund.out_trade_no, refund.amount_fen) == (number, 100_000)
    assert session.get_one(Vehicle, market.vehicle.id).status == "reserved", "it is another's by now"
    assert session.execute(select(Send.id).filter_by(template_key="deposit_refunded")).all() == []
    wechat.settle(refund.out_refund_no)
    later(seconds=6)
    works.sweep()
    (message,) = session.execute(select(Send).filter_by(template_key="deposit_refunded")).scalars()
    assert message.customer_id == order.customer_id
    (incident,) = session.execute(select(PaymentIncident)).scalars()
    assert (incident.kind, incident.resolution) == ("late_payment", "refunded")
