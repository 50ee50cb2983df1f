"""Whoever tells or asks, and in whatever order: money is counted once, and only when every figure agrees."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Role
from app.events.models import Event
from app.orders.models import Order
from app.payments import queries
from app.payments import service as payments
from app.payments.errors import IncidentOver, PaymentOver
from app.payments.models import LedgerEntry, PaymentAttempt, PaymentIncident, PaymentIntent, Refund
from app.vehicles.models import Vehicle
from app.wechat.client import Trade
from app.wechat.errors import Outcome, WechatError
from app.wechat.fake import FakeGateway
from tests.factories import dealers
from tests.factories import orders as make
from tests.factories import wechat as accounts
from tests.factories.payments import Works, notify


@dataclass
class Case:
    """An order whose pay sheet is open on the customer's phone."""

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
    def attempt(self) -> PaymentAttempt:
        return self.attempts[-1]

    @property
    def intent(self) -> PaymentIntent:
        self.session.expire_all()
        return self.session.get_one(PaymentIntent, self.order.intent_id)

    @property
    def balance(self) -> dict[str, int]:
        found = queries.trial_balance(self.session, self.market.brand.id)
        assert sum(found.values()) == 0
        return {account: figure for account, figure in found.items() if figure}

    @property
    def payment_status(self) -> str:
        assert self.order.intent_id is not None
        return queries.standing(self.session, self.order.intent_id).status

    @property
    def auditor(self) -> uuid.UUID:
        """Somebody at headquarters."""
        return dealers.staff(self.session, self.market.brand, Role.admin).id

    def pays(self, **told: Any) -> Trade:
        return self.wechat.pay_for(self.attempt.out_trade_no, **told)

    def notify(self, trade: Trade, **told: Any) -> None:
        notify(self.session, self.market.merchant, trade, **told)

    def incidents(self) -> list[PaymentIncident]:
        self.session.expire_all()
        return list(self.session.execute(select(PaymentIncident).order_by(PaymentIncident.id)).scalars())

    def events(self, name: str) -> int:
        return len(self.session.execute(select(Event.id).filter_by(name=name)).all())


@pytest.fixture
def case(session: Session, wechat: FakeGateway) -> Case:
    market = make.market(session)
    order = make.order(session, market, make.buyer(session, market))
    session.commit()
    case = Case(session, market, order, wechat)
    payments.prepay(case.attempt.id)
    return case


def test_a_notification_that_agrees_makes_the_payment(case: Case, works: Works) -> None:
    case.notify(case.pays())
    works.quietly()
    assert case.attempt.status == "succeeded"
    assert case.intent.status == "paid"
    assert case.payment_status == "full"
    assert case.balance == {"wechat_clearing": 100_000, "customer_deposits": -100_000}
    assert case.incidents() == []


def test_the_same_notification_again_changes_nothing(case: Case, works: Works) -> None:
    trade = case.pays()
    for _ in range(3):
        case.notify(trade)
        works.quietly()
    assert case.events("payment.succeeded") == 1
    assert case.balance["wechat_clearing"] == 100_000
    assert case.incidents() == []


def test_a_notification_and_the_poller_at_once_make_one_payment(case: Case, works: Works, later: Any) -> None:
    case.notify(case.pays())
    payments.settle(case.attempt.id)
    works.quietly()
    later(seconds=60)
    works.sweep()
    assert case.events("payment.succeeded") == 1
    assert case.balance["wechat_clearing"] == 100_000


def test_a_notification_before_our_own_commit_is_kept(session: Session, wechat: FakeGateway, works: Works) -> None:
    market = make.market(session)
    case = Case(session, market, make.order(session, market, make.buyer(session, market)), wechat)
    session.commit()
    wechat.trades[case.attempt.out_trade_no] = Trade(
        case.attempt.out_trade_no, "NOTPAY", amount_fen=100_000, appid=market.mini.appid, mchid=market.merchant.appid
    )
    trade = case.pays()
    # WeChat prepared the payment and she has paid, but what WeChat answered is not yet written down here.
    assert case.attempt.status == "created"
    case.notify(trade)
    works.quietly()
    assert case.attempt.status == "succeeded"
    with pytest.raises(PaymentOver):
        payments.prepay(case.attempt.id)
    assert case.attempt.status == "succeeded"


@pytest.mark.parametrize("seconds_until_she_pays", [0, 4, 7, 50, 130, 400, 835])
def test_a_lost_notification_is_healed_within_a_minute(case: Case, works: Works, later: Any, seconds_until_she_pays: int) -> None:
    step = 2
    for _ in range(0, seconds_until_she_pays, step):
        later(seconds=step)
        works.sweep()
    case.pays()
    waited = 0
    while case.attempt.status != "succeeded":
        later(seconds=step)
        works.sweep()
        waited += step
        assert waited <= 60


def test_the_poller_asks_seldom(case: Case, works: Works, later: Any) -> None:
    for _ in range(0, 13 * 60, 2):
        later(seconds=2)
        works.sweep()
    assert len(case.wechat.calls_of("query")) <= 25


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("amount_fen", {"amount": {"total": 99_999, "currency": "CNY"}}),
        ("amount_fen", {"amount": {"total": 100_001, "currency": "CNY"}}),
        ("amount_fen", {"amount": {}}),
        ("currency", {"amount": {"total": 100_000, "currency": "HKD"}}),
        ("appid", {"appid": "wx0000000000000000"}),
        ("mchid", {"mchid": "1900000000"}),
        ("openid", {"payer": {"openid": "another-openid"}}),
        ("state", {"trade_state": "REFUND"}),
        ("transaction_id", {"transaction_id": None}),
    ],
)
def test_one_figure_that_differs_changes_no_state_and_calls_a_person(case: Case, works: Works, field: str, told: dict[str, Any]) -> None:
    trade = case.pays()
    for _ in range(2):
        case.notify(trade, **told)
        works.quietly()
    assert case.attempt.status == "prepay_ok"
    assert case.intent.status == "open"
    assert case.payment_status == "none"
    (incident,) = case.incidents()
    assert incident.kind == "mismatch"
    assert field in incident.details
    assert "another-openid" not in str(incident.details)
    assert incident.resolved_at is None
    assert case.events("payment.mismatched") == 1
    assert case.events("payment.succeeded") == 0
    assert sum(case.balance.values()) == 0


def test_another_merchant_cannot_notify_for_ours(case: Case, works: Works) -> None:
    other = accounts.account(case.session, case.market.brand, accounts.AccountKind.merchant)
    notify(case.session, other, case.pays())
    works.quietly()
    assert case.attempt.status == "prepay_ok"
    assert [incident.kind for incident in case.incidents()] == ["mismatch"]


def test_money_of_a_wrong_amount_is_unallocated_and_a_person_sends_it_back(case: Case, works: Works, later: Any) -> None:
    case.pays(amount_fen=99_999)
    later(seconds=6)
    works.sweep()
    assert case.balance == {"wechat_clearing": 99_999, "unallocated": -99_999}
    # The hold runs out all the same: an attempt that cannot be right does not keep the car.
    later(minutes=16)
    works.sweep()
    assert case.attempt.status == "failed"
    assert case.intent.status == "closed"
    assert case.session.get_one(Vehicle, case.market.vehicle.id).status == "listed"
    (incident,) = case.incidents()
    refund = payments.refund_incident(case.session, incident, staff_id=case.auditor, note="金额不符，已联系客户")
    case.session.commit()
    with pytest.raises(IncidentOver):
        payments.refund_incident(case.session, incident, staff_id=case.auditor, note="again")
    works.quietly()
    case.wechat.settle(refund.out_refund_no)
    later(seconds=6)
    works.sweep()
    assert case.balance == {}
    assert case.incidents()[0].resolution == "refunded"


def test_money_for_an_unknown_order_is_kept_seen_and_can_go_back(case: Case, works: Works, later: Any) -> None:
    unpaid = case.wechat.trades[case.attempt.out_trade_no]
    case.wechat.trades["NOTOURS0000000000001"] = replace(unpaid, out_trade_no="NOTOURS0000000000001")
    stray = case.wechat.pay_for("NOTOURS0000000000001")
    for _ in range(2):
        case.notify(stray)
        works.quietly()
    (incident,) = case.incidents()
    assert (incident.kind, incident.amount_fen) == ("unknown_order", 100_000)
    assert case.balance == {"wechat_clearing": 100_000, "unallocated": -100_000}
    payments.refund_incident(case.session, incident, staff_id=case.auditor, note="退回")
    case.session.commit()
    works.quietly()
    refund = case.session.execute(select(Refund)).scalar_one()
    assert case.wechat.calls_of("refund")[0]["out_trade_no"] == "NOTOURS0000000000001"
    case.wechat.settle(refund.out_refund_no)
    later(seconds=6)
    works.sweep()
    assert case.balance == {}


def test_two_attempts_both_paid_give_one_payment_back(case: Case, works: Works, later: Any) -> None:
    first = case.attempt
    case.wechat.trades[first.out_trade_no] = replace(case.wechat.trades[first.out_trade_no], state="CLOSED")
    payments.settle(first.id)
    assert case.order.intent_id is not None
    second = payments.attempt_for(case.session, case.order.intent_id)
    case.session.commit()
    payments.prepay(second.id)
    case.notify(case.wechat.pay_for(second.out_trade_no))
    works.quietly()
    case.notify(case.wechat.pay_for(first.out_trade_no))
    works.quietly()
    assert case.intent.status == "paid"
    assert case.payment_status == "full"
    assert case.balance["customer_deposits"] == -100_000
    (refund,) = case.session.execute(select(Refund)).scalars()
    assert (refund.out_trade_no, refund.amount_fen, refund.source) == (first.out_trade_no, 100_000, "unallocated")
    assert [incident.kind for incident in case.incidents()] == ["double_payment"]
    case.wechat.settle(refund.out_refund_no)
    later(seconds=6)
    works.sweep()
    assert case.balance == {"wechat_clearing": 100_000, "customer_deposits": -100_000}
    assert case.incidents()[0].resolution == "refunded"
    assert case.events("deposit.refunded") == 0
    assert case.session.get_one(Order, case.order.id).status == "paid"


def test_a_closed_attempt_that_is_paid_after_all_closes_the_newer_one(case: Case, works: Works) -> None:
    first = case.attempt
    case.wechat.trades[first.out_trade_no] = replace(case.wechat.trades[first.out_trade_no], state="CLOSED")
    payments.settle(first.id)
    assert case.order.intent_id is not None
    second = payments.attempt_for(case.session, case.order.intent_id)
    case.session.commit()
    payments.prepay(second.id)
    case.notify(case.wechat.pay_for(first.out_trade_no))
    works.quietly()
    assert [attempt.status for attempt in case.attempts] == ["succeeded", "closed"]
    assert case.wechat.trades[second.out_trade_no].state == "CLOSED"


@pytest.mark.parametrize(
    ("state", "status"), [("NOTPAY", "prepay_ok"), ("USERPAYING", "prepay_ok"), ("CLOSED", "closed"), ("REVOKED", "closed")]
)
def test_every_state_of_wechat_has_its_meaning(case: Case, state: str, status: str) -> None:
    number = case.attempt.out_trade_no
    case.wechat.trades[number] = replace(case.wechat.trades[number], state=state)
    payments.settle(case.attempt.id)
    assert case.attempt.status == status
    assert case.intent.status == "open"


def test_a_payment_that_failed_at_the_bank_is_closed_before_it_counts_as_failed(case: Case) -> None:
    number = case.attempt.out_trade_no
    case.wechat.trades[number] = replace(case.wechat.trades[number], state="PAYERROR")
    payments.settle(case.attempt.id)
    assert case.attempt.status == "prepay_ok", "WeChat would not close it, so it may still be paid"
    case.wechat.answers["close"] = None
    payments.settle(case.attempt.id)
    assert case.attempt.status == "failed"


def test_while_wechat_does_not_answer_nothing_changes(case: Case, works: Works, later: Any) -> None:
    case.wechat.fail("query", WechatError(Outcome.retry_later, "http.502"), times=3)
    case.pays()
    for _ in range(3):
        later(seconds=46)
        works.sweep()
    assert case.attempt.status == "prepay_ok"
    later(seconds=46)
    works.sweep()
    assert case.attempt.status == "succeeded"


def test_a_prepay_answered_after_the_hold_was_let_go_is_closed_at_wechat(session: Session, wechat: FakeGateway, works: Works) -> None:
    market = make.market(session)
    case = Case(session, market, make.order(session, market, make.buyer(session, market)), wechat)
    session.commit()
    real = wechat.pay

    def slow(account: Any) -> Any:
        door = real(account)
        prepare = door.prepay

        def prepay(*args: Any, **kwargs: Any) -> str:
            # While WeChat prepares the payment, the order is closed, and WeChat says that it knows no such order.
            payments.start_closing(case.session, case.intent.id)
            case.session.commit()
            works.quietly()
            return prepare(*args, **kwargs)

        door.prepay = prepay  # type: ignore[method-assign]
        return door

    wechat.pay = slow  # type: ignore[method-assign]
    with pytest.raises(PaymentOver):
        payments.prepay(case.attempt.id)
    assert case.attempt.status == "closed"
    assert wechat.trades[case.attempt.out_trade_no].state == "CLOSED"


def test_what_was_booked_belongs_to_the_intent_it_paid(case: Case, works: Works) -> None:
    case.notify(case.pays())
    works.quietly()
    (entry,) = case.session.execute(select(LedgerEntry)).scalars()
    assert entry.intent_id == case.order.intent_id
    assert entry.reference == f"payment {case.attempt.transaction_id}"
