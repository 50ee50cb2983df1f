"""Fourteen defects of widely used shop systems, each told in a line and tried here: D1 to D14 of the survey that the design began with."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.events.models import Event
from app.kit import db
from app.kit.errors import AppError
from app.kit.states import StateMoved
from app.orders import queries
from app.orders import service as orders
from app.orders.models import RESERVATION, DepositTerms, Order, Reservation
from app.orders.service import reserving, steps
from app.payments import queries as payment_queries
from app.payments import service as payments
from app.payments.errors import RefundTooMuch
from app.payments.models import PaymentAttempt, PaymentIntent, Refund
from app.vehicles import service as vehicle_service
from app.vehicles.errors import NotOnSale
from app.vehicles.models import Vehicle
from app.wechat.fake import FakeGateway
from app.wechat.models import WechatInbox
from tests.factories import identity, tencent
from tests.factories import orders as make
from tests.factories import vehicles as cars
from tests.factories.payments import Works, notify
from tests.orders.case import Case, begun

HELD = ("paid", "hard_held", "full", "reserved")
WAITING = ("awaiting_payment", "soft_held", "none", "reserved")


@pytest.mark.parametrize("paid", [{"amount_fen": 1}, {"currency": "HKD"}, {"appid": "wxanother"}, {"mchid": "1"}, {"openid": "another"}])
def test_d01_what_was_paid_is_compared_with_what_was_asked(case: Case, paid: dict[str, Any]) -> None:
    """Defect: the amount is thrown away while the notification is read, and any payment pays any order."""
    notify(case.session, case.market.merchant, case.wechat.pay_for(case.number, **paid))
    case.works.quietly()
    assert case.state == WAITING
    assert case.incidents == [("mismatch", None)]


def test_d02_the_payment_is_closed_at_wechat_before_the_car_is_let_go(case: Case, later: Any) -> None:
    """Defect: an order is cancelled here and never closed at the channel, where she can still pay it."""
    case.wechat.fail("close", times=100)
    later(minutes=16)
    case.works.sweep()
    assert case.state == ("awaiting_payment", "expiring", "none", "reserved"), "nobody has said that it is closed"
    case.wechat._failures.clear()
    later(seconds=12)
    case.works.sweep()
    assert case.state == ("closed", "expired", "none", "listed")
    assert case.wechat.trades[case.number].state == "CLOSED"


def test_d02_paid_is_what_wechat_says_when_it_refuses_to_close(case: Case, later: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """ORDERPAID on close is a payment."""
    close = case.wechat._close

    def pays_first(account: Any, out_trade_no: str, **given: Any) -> None:
        case.wechat.pay_for(out_trade_no)
        close(account, out_trade_no, **given)

    monkeypatch.setattr(case.wechat, "_close", pays_first)
    later(minutes=16)
    case.works.sweep()
    assert case.state == HELD


@pytest.mark.parametrize("taken", [False, True])
def test_d03_money_that_comes_after_the_end_finds_its_owner(case: Case, later: Any, taken: bool) -> None:
    """Defect: success for a closed order is an exception, WeChat repeats it for a day, and the money is kept."""
    later(minutes=16)
    case.works.sweep()
    if taken:
        make.order(case.session, case.market, make.buyer(case.session, case.market))
        case.session.commit()
    case.pays_and_we_hear()
    assert case.state == (("closed", "expired", "refunding", "reserved") if taken else HELD)
    if taken:
        case.refund_arrives()
        assert case.state == ("closed", "expired", "refunded", "reserved")
    assert case.incidents == [("late_payment", "refunded" if taken else "granted_again")]


def test_d04_the_second_payment_of_one_order_goes_back(case: Case) -> None:
    """Defect: a second attempt that is paid is an exception, and its money stays."""
    first = case.number
    with case.session.begin_nested():
        case.session.execute(update(PaymentAttempt).where(PaymentAttempt.out_trade_no == first).values(status="closed"))
    case.session.expire_all()
    case.wechat.trades[first] = replace(case.wechat.trades[first], state="CLOSED")
    assert case.order.intent_id is not None
    payments.prepay(payments.attempt_for(case.session, case.order.intent_id).id)
    case.pays_and_we_hear()
    notify(case.session, case.market.merchant, case.wechat.pay_for(first))
    case.works.quietly()
    assert case.state == HELD
    (refund,) = case.session.execute(select(Refund)).scalars()
    assert (refund.out_trade_no, refund.amount_fen) == (first, case.order.amount_fen)


def test_d05_the_database_refuses_the_second_of_everything_that_there_is_once(case: Case) -> None:
    """Defect: look, then insert, with nothing between the two that could refuse."""
    case.pays_and_we_hear()
    case.cancels()
    copies = {
        Order: {"number": "D2"},
        PaymentIntent: {},
        PaymentAttempt: {"transaction_id": None},
        Refund: {},
    }
    for model, changed in copies.items():
        row = case.session.execute(select(model)).scalars().one()  # type: ignore[call-overload]
        values = {column.key: getattr(row, column.key) for column in model.__table__.columns} | {"id": uuid.uuid4()} | changed
        with pytest.raises(IntegrityError, match="duplicate key"), case.session.begin_nested():
            case.session.add(model(**values))


def test_d05_of_eight_who_ask_for_all_of_it_back_at_once_one_gets_it(
    committed: Callable[[], Any], wechat: FakeGateway, works: Works
) -> None:
    """The sum of refunds is looked at under the lock."""
    with db.new_session() as session:
        case = begun(session, wechat, works)
        case.pays_and_we_hear()

    def ask(_: int) -> bool:
        try:
            with committed() as session:
                payments.request_refund(session, case.order.intent_id, amount_fen=case.order.amount_fen, reason="x")  # type: ignore[arg-type]
        except RefundTooMuch:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(8))) == 1


def test_d06_money_for_an_unknown_order_is_kept_and_alarms(session: Session, client: Any, wechat: FakeGateway, works: Works) -> None:
    """Defect: an unknown order is answered with success and forgotten; a known one is paid again by every repetition."""
    market = make.market(session)
    session.commit()
    told = {"out_trade_no": "NOBODYS", "transaction_id": "4200", "trade_state": "SUCCESS", "appid": market.mini.appid,
            "mchid": market.merchant.appid, "amount": {"total": 5, "currency": "CNY"}, "payer": {"openid": "x"}}  # fmt: skip
    for _ in range(2):
        assert tencent.notify(client, market.merchant, tencent.notification(market.merchant, told)).status_code == 204
        works.quietly()
    assert len(session.execute(select(WechatInbox)).all()) == 2
    assert len(session.execute(select(Event).filter_by(name="payment.mismatched")).all()) == 1
    balance = payment_queries.trial_balance(session, market.brand.id)
    assert {name: fen for name, fen in balance.items() if fen} == {"wechat_clearing": 5, "unallocated": -5}


def test_d07_who_ends_a_hold_that_was_paid_meanwhile_ends_nothing(case: Case, later: Any) -> None:
    """Defect: the job that cancels reads that nobody paid, and writes its cancellation over the payment."""
    hold = queries.hold(case.session, case.order.id)
    assert hold.status == "soft_held"
    case.session.execute(
        update(Reservation).where(Reservation.id == hold.id).values(status="hard_held").execution_options(synchronize_session=False)
    )
    with pytest.raises(StateMoved), case.session.begin_nested():
        RESERVATION.move(case.session, hold, "expiring")
    case.session.execute(update(Reservation).where(Reservation.id == hold.id).values(status="soft_held"))
    case.pays()
    later(minutes=16)
    case.works.sweep()
    assert case.state == HELD


def test_d08_a_car_is_taken_once_and_let_go_once(session: Session) -> None:
    """Defect: stock goes down without a look at what is left, and up for orders that never took any."""
    market = make.market(session)
    assert vehicle_service.release(session, market.vehicle.id) is False
    vehicle_service.reserve(session, market.vehicle.id)
    with pytest.raises(NotOnSale):
        vehicle_service.reserve(session, market.vehicle.id)
    assert vehicle_service.release(session, market.vehicle.id) is True
    assert vehicle_service.release(session, market.vehicle.id) is False


def _doors(app: Any, *under: str) -> list[tuple[str, str]]:
    return [
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in rule.methods & {"POST", "PUT", "PATCH", "DELETE"}
        if rule.rule.startswith(under)
    ]


def test_d09_nothing_that_a_customer_can_call_pays_an_order(app: Any, case: Case, client: Any) -> None:
    """Defect: POST /order/paySuccess, open to any member."""
    headers = identity.signed_in(case.session, case.customer, case.market.mini)
    case.session.commit()
    doors = _doors(app, "/api/customer/orders", "/api/customer/payments", "/api/visitor/orders", "/api/visitor/payments")
    assert len(doors) >= 3
    said = {"status": "paid", "paid": True, "amount_fen": 1, "reason": "x", "vehicle_id": str(case.market.vehicle.id), "terms_version": "1"}
    for method, rule in sorted(doors, reverse=True):
        path = rule.replace("<uuid:order_id>", str(case.order.id))
        client.open(path, method=method, json=said, headers=headers | {"Idempotency-Key": uuid.uuid4().hex})
        case.works.quietly()
        assert case.state[2] == "none", rule
        assert case.session.execute(select(PaymentAttempt).filter_by(status="succeeded")).first() is None, rule


def test_d09_a_paid_order_is_not_overwritten_by_a_cancellation_that_had_not_seen_it(case: Case) -> None:
    """Defect: cancelling updates whatever status the order has by then."""
    case.cancels()
    case.pays()
    case.works.quietly()
    assert case.state == ("closed", "cancelled_by_user", "refunding", "listed")
    case.refund_arrives()
    assert case.state == ("closed", "cancelled_by_user", "refunded", "listed")


def test_d10_no_door_for_wechat_believes_a_word_that_is_not_signed(app: Any, case: Case, client: Any) -> None:
    """Defect: GET /notice/pay/order?payId= marks an order as paid, with no signature."""
    trade = case.pays()
    told = {"out_trade_no": case.number, "payId": case.number, "trade_state": "SUCCESS", "transaction_id": trade.transaction_id,
            "mchid": trade.mchid, "appid": trade.appid, "amount": {"total": trade.amount_fen, "currency": "CNY"}}  # fmt: skip
    sealed = tencent.notification(case.market.merchant, told)
    doors = _doors(app, "/api/platform/wechat/pay")
    assert len(doors) >= 2
    for method, rule in doors:
        path = rule.replace("<mchid>", case.market.merchant.appid)
        for body in (sealed, str(told).encode()):
            answer = client.open(path, method=method, data=body, query_string={"payId": case.number})
            assert answer.status_code >= 400, rule
        case.works.quietly()
    assert case.state == WAITING


def test_d11_two_changes_of_one_moment_do_not_overwrite_each_other(case: Case) -> None:
    """Defect: the optimistic lock is a time in whole seconds, so that two of one second both win."""
    moment = case.session.execute(text("SELECT marque_now()")).scalar_one()
    first = queries.hold(case.session, case.order.id)
    RESERVATION.move(case.session, first, "hard_held")
    assert case.session.execute(text("SELECT marque_now()")).scalar_one() == moment
    case.session.execute(update(Reservation).where(Reservation.id == first.id).values(status="cancelled_by_user"))
    first.__dict__["status"] = "hard_held"
    with pytest.raises(StateMoved):
        RESERVATION.move(case.session, first, "expired")


def test_d11_a_restart_forgets_no_hold_that_has_to_end(case: Case, later: Any) -> None:
    """Defect: the timer of an unpaid order lives in the process."""
    case.works.rings.clear()
    later(minutes=16)
    case.works.sweep()
    assert case.state == ("closed", "expired", "none", "listed")


def test_d12_each_order_ends_by_its_own_terms(session: Session, wechat: FakeGateway, works: Works, later: Any) -> None:
    """Defect: one time-out for all orders, counted from when they were made."""
    market = make.market(session)
    short = begun(session, wechat, works, market=market)
    session.execute(update(DepositTerms).values(pay_minutes=30).execution_options(synchronize_session="fetch"))
    market.vehicle = cars.vehicle(session, market.store)
    session.commit()
    long = begun(session, wechat, works, market=market)
    ends = []
    for minute in range(5, 40, 5):
        later(minutes=5)
        works.sweep()
        later(seconds=1)
        works.sweep()
        ends.append((minute, *(queries.hold(session, one.order.id).status for one in (short, long))))
    assert [minute for minute, first, _ in ends if first == "soft_held"] == [5, 10]
    assert [minute for minute, _, second in ends if second == "soft_held"] == [5, 10, 15, 20, 25]


@pytest.mark.parametrize("step", ["payments.open", "steps.record", "the payer is unknown", "the index"])
def test_d13_a_step_that_cannot_be_done_while_an_order_is_made_leaves_nothing(
    session: Session, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Defect: points are taken after the price was lowered for them; who has too few keeps the discount and an error is logged."""
    market = make.market(session)
    buyer = make.buyer(session, market)
    session.commit()

    def cannot(*_: Any, **__: Any) -> None:
        raise AppError

    if step == "payments.open":
        monkeypatch.setattr(reserving.payments, "open", cannot)
    elif step == "steps.record":
        monkeypatch.setattr(steps, "record", cannot)
    elif step == "the payer is unknown":
        session.execute(text("DELETE FROM wechat_identities"))
    else:
        make.order(session, market, make.buyer(session, market))
        market.vehicle.status = "listed"
        session.commit()
    before = {model: session.execute(select(model)).all() for model in (Order, Reservation, PaymentIntent, PaymentAttempt, Event)}
    car = session.get_one(Vehicle, market.vehicle.id, populate_existing=True).status
    with pytest.raises(AppError), session.begin_nested():
        make.order(session, market, buyer)
    assert {model: session.execute(select(model)).all() for model in before} == before
    assert session.get_one(Vehicle, market.vehicle.id, populate_existing=True).status == car == "listed"


@pytest.mark.parametrize("first", ["the notification", "the client"])
def test_d14_the_client_and_the_notification_end_in_one_order_whoever_is_faster(
    session: Session, client: Any, wechat: FakeGateway, works: Works, first: str
) -> None:
    """Defect: the client's "complete" and the webhook both make the order, or neither does."""
    market = make.market(session)
    buyer = make.buyer(session, market)
    headers = identity.signed_in(session, buyer, market.mini) | {"Idempotency-Key": "a-key-of-hers"}
    session.commit()
    body = {"vehicle_id": str(market.vehicle.id), "terms_version": market.terms.version}
    assert client.post("/api/customer/orders/", json=body, headers=headers).status_code == 201
    works.quietly()
    order = session.execute(select(Order)).scalar_one()
    trade = wechat.pay_for(next(iter(wechat.trades)))
    again = headers | {"Idempotency-Key": "another-key"}
    if first == "the notification":
        notify(session, market.merchant, trade)
        works.quietly()
    answer = client.post(f"/api/customer/orders/{order.id}/pay", headers=again)
    assert client.post("/api/customer/orders/", json=body, headers=headers).status_code == 201
    if first == "the client":
        notify(session, market.merchant, trade)
        works.quietly()
    else:
        assert answer.status_code == 409
    orders.await_payment(session, order.id)
    orders.follow_payment(session, order.id)
    session.commit()
    case = Case(session, market, buyer, order, wechat, works)
    assert case.state == HELD
    assert len(case.events("deposit.paid")) == len(session.execute(select(Order)).all()) == len(wechat.trades) == 1
