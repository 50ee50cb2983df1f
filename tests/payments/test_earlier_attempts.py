"""She never pays twice because of us, and a word that nobody signed never decides that her money will not come."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.orders.models import Order
from app.payments import queries
from app.payments import service as payments
from app.payments.errors import AlreadyPaid, PaymentOver, PaymentUnavailable
from app.payments.models import PaymentAttempt, PaymentIncident
from app.vehicles.models import Vehicle
from app.wechat.client import Trade
from app.wechat.errors import Outcome, WechatError
from app.wechat.fake import FakeGateway
from tests.factories import orders as make
from tests.factories.payments import Works


@dataclass
class Case:
    session: Session
    market: make.Market
    order: Order
    wechat: FakeGateway

    @property
    def attempts(self) -> list[PaymentAttempt]:
        self.session.expire_all()
        assert self.order.intent_id is not None
        return list(queries.attempts_of(self.session, self.order.intent_id))

    @property
    def incidents(self) -> list[tuple[str, str | None]]:
        found = self.session.execute(select(PaymentIncident.kind, PaymentIncident.resolution).order_by(PaymentIncident.id))
        return [(kind, resolution) for kind, resolution in found]

    def pay(self) -> dict[str, str]:
        assert self.order.intent_id is not None
        return payments.pay(self.order.intent_id)

    def told(self, **fields: Any) -> None:
        """What WeChat has in its books of the first attempt."""
        number = self.attempts[0].out_trade_no
        self.wechat.trades[number] = replace(self.wechat.trades[number], **fields)

    def closed_by_wechat(self) -> None:
        self.told(state="CLOSED")
        payments.settle(self.attempts[0].id)


@pytest.fixture
def case(session: Session, wechat: FakeGateway) -> Case:
    market = make.market(session)
    order = make.order(session, market, make.buyer(session, market))
    session.commit()
    case = Case(session, market, order, wechat)
    case.pay()
    return case


def test_another_attempt_is_made_only_after_wechat_was_asked_about_the_first(case: Case) -> None:
    case.closed_by_wechat()
    case.wechat.calls.clear()
    case.pay()
    first, second = case.attempts
    assert [call.given["out_trade_no"] for call in case.wechat.calls if call.endpoint in ("query", "prepay")] == [
        first.out_trade_no,
        second.out_trade_no,
    ]
    case.wechat.calls.clear()
    case.pay()
    assert len(case.attempts) == 2
    assert case.wechat.calls == [], "the open attempt is paid by the sheet that there is"


def test_an_earlier_attempt_that_was_paid_after_all_is_the_payment(case: Case, works: Works) -> None:
    case.closed_by_wechat()
    case.told(state="NOTPAY")
    case.wechat.pay_for(case.attempts[0].out_trade_no)
    for _ in range(2):
        with pytest.raises(AlreadyPaid):
            case.pay()
    works.quietly()
    (attempt,) = case.attempts
    assert attempt.status == "succeeded"
    assert case.session.get_one(Order, case.order.id).status == "paid"


def test_an_earlier_attempt_that_can_still_be_paid_is_closed_first(case: Case) -> None:
    case.closed_by_wechat()
    case.told(state="NOTPAY")
    case.pay()
    assert case.wechat.trades[case.attempts[0].out_trade_no].state == "CLOSED"
    assert len(case.attempts) == 2


@pytest.mark.parametrize("endpoint", ["query", "close"])
def test_while_wechat_does_not_tell_about_the_earlier_one_nobody_pays_again(case: Case, endpoint: str) -> None:
    case.closed_by_wechat()
    case.told(state="NOTPAY")
    case.wechat.fail(endpoint)
    with pytest.raises(PaymentUnavailable):
        case.pay()
    assert len(case.attempts) == 1
    case.pay()
    assert len(case.attempts) == 2


def test_no_such_order_is_not_believed_of_one_that_had_a_pay_sheet(case: Case) -> None:
    case.closed_by_wechat()
    case.wechat.answers["query"] = lambda _account, out_trade_no: Trade(out_trade_no, "NOT_EXIST")
    with pytest.raises(PaymentUnavailable):
        case.pay()
    assert len(case.attempts) == 1


def test_a_payment_of_a_wrong_amount_is_not_paid_a_second_time(case: Case) -> None:
    case.closed_by_wechat()
    case.told(state="NOTPAY")
    case.wechat.pay_for(case.attempts[0].out_trade_no, amount_fen=1)
    with pytest.raises(PaymentOver):
        case.pay()
    assert len(case.attempts) == 1


def forged(case: Case) -> None:
    """Somebody on the way answers in WeChat's place that there is no such order; such an error bears no signature."""
    case.wechat.answers["query"] = lambda _account, out_trade_no: Trade(out_trade_no, "NOT_EXIST")


def car(case: Case) -> str:
    case.session.expire_all()
    return case.session.get_one(Vehicle, case.market.vehicle.id).status


def test_one_forged_answer_does_not_let_the_car_go(case: Case, works: Works, later: Any) -> None:
    case.wechat.pay_for(case.attempts[0].out_trade_no)
    forged(case)
    later(minutes=16)
    works.sweep()
    assert car(case) == "reserved"
    case.wechat.answers.clear()
    later(seconds=6)
    works.sweep()
    assert case.attempts[0].status == "succeeded"
    assert case.incidents == []


def test_money_behind_forged_answers_is_found_when_they_end(case: Case, works: Works, later: Any) -> None:
    """A lasting forgery lets the car go, but we go on asking: then it is late money, like any other."""
    case.wechat.pay_for(case.attempts[0].out_trade_no)
    forged(case)
    later(minutes=16)
    for _ in range(12):
        later(seconds=10)
        works.sweep()
    assert car(case) == "listed"
    assert case.incidents == [("unsettled", None)], "a person sees that WeChat contradicts itself"
    case.wechat.answers.clear()
    for _ in range(3):
        later(minutes=2)
        works.sweep()
    assert case.attempts[0].status == "succeeded"
    assert car(case) == "reserved", "the car was still free, so that it is hers again"
    assert case.incidents == [("unsettled", "settled"), ("late_payment", "granted_again")]


def test_an_end_that_wechat_signed_is_asked_about_no_more(case: Case, works: Works, later: Any) -> None:
    later(minutes=16)
    works.sweep()
    assert case.attempts[0].certain_at is None, "that it took our closing is not yet its word that it is closed"
    later(minutes=2)
    works.sweep()
    assert case.attempts[0].certain_at is not None
    case.wechat.calls.clear()
    for _ in range(5):
        later(hours=5)
        works.sweep()
    assert case.wechat.calls == []


def test_an_attempt_that_never_reached_wechat_is_let_be_after_a_day(
    session: Session, wechat: FakeGateway, works: Works, later: Any
) -> None:
    market = make.market(session)
    case = Case(session, market, make.order(session, market, make.buyer(session, market)), wechat)
    session.commit()
    wechat.fail("prepay", WechatError(Outcome.unknown, "timeout"))
    with pytest.raises(PaymentUnavailable):
        case.pay()
    later(minutes=16)
    works.sweep()
    assert car(case) == "listed", "nobody ever had a pay sheet"
    for _ in range(12):
        later(hours=7)
        works.sweep()
    assert case.attempts[0].certain_at is not None
    assert len(wechat.calls_of("query")) <= 20
