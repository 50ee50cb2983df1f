"""Money goes back once, under one number, whatever fails on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Role
from app.events.models import Event
from app.payments import queries
from app.payments import service as payments
from app.payments.errors import RefundTooMuch
from app.payments.models import PaymentIncident, Refund
from app.wechat import queries as wechat_queries
from app.wechat.client import RefundState
from app.wechat.errors import Outcome, WechatError
from app.wechat.fake import FakeGateway
from app.wechat.http import outcomes
from app.wechat.models import AccountKind, WechatAccount
from tests.factories import dealers
from tests.factories import orders as make
from tests.factories.payments import Works, notify, notify_refund


@pytest.fixture
def paid(session: Session, wechat: FakeGateway, works: Works) -> Any:
    """A market whose one order is paid; `paid.intent_id` is its intent."""
    market = make.market(session)
    order = make.order(session, market, make.buyer(session, market))
    session.commit()
    assert order.intent_id is not None
    (attempt,) = queries.attempts_of(session, order.intent_id)
    payments.prepay(attempt.id)
    notify(session, market.merchant, wechat.pay_for(attempt.out_trade_no))
    works.quietly()
    session.expire_all()
    return order


def ask(session: Session, order: Any, amount_fen: int = 100_000) -> Refund:
    refund = payments.request_refund(session, order.intent_id, amount_fen=amount_fen, reason="测试")
    session.commit()
    return refund


def now(session: Session, refund: Refund) -> Refund:
    session.expire_all()
    return session.get_one(Refund, refund.id)


def standing(session: Session, order: Any) -> str:
    session.expire_all()
    return queries.standing(session, order.intent_id).status


def incidents(session: Session) -> list[tuple[str, bool]]:
    session.expire_all()
    found = session.execute(select(PaymentIncident).order_by(PaymentIncident.id)).scalars()
    return [(incident.kind, incident.resolved_at is not None) for incident in found]


def merchant_of(session: Session, order: Any) -> WechatAccount:
    return wechat_queries.account(session, order.brand_id, AccountKind.merchant)


def test_a_refund_is_requested_submitted_and_settled(session: Session, paid: Any, wechat: FakeGateway, works: Works) -> None:
    refund = ask(session, paid)
    assert now(session, refund).status == "requested"
    assert standing(session, paid) == "refunding"
    works.quietly()
    assert now(session, refund).status == "submitted"
    assert standing(session, paid) == "refunding"
    for _ in range(3):
        notify_refund(session, merchant_of(session, paid), wechat.settle(refund.out_refund_no))
        works.quietly()
    assert now(session, refund).status == "succeeded"
    assert standing(session, paid) == "refunded"
    names = list(session.execute(select(Event.name).where(Event.name.like("refund.%")).order_by(Event.id)).scalars())
    assert names == ["refund.requested", "refund.succeeded"]
    assert set(queries.trial_balance(session, paid.brand_id).values()) == {0}


def test_time_outs_repeat_the_same_number(session: Session, paid: Any, wechat: FakeGateway, works: Works, later: Any) -> None:
    wechat.fail("refund", times=2, after_effect=True)
    wechat.fail("refund", WechatError(Outcome.retry_later, "FREQUENCY_LIMITED"), times=2)
    refund = ask(session, paid)
    works.quietly()
    for _ in range(5):
        later(seconds=90)
        works.sweep()
    numbers = {call["out_refund_no"] for call in wechat.calls_of("refund")}
    assert numbers == {refund.out_refund_no}
    assert len(wechat.refunds) == 1
    assert now(session, refund).status == "submitted"


def test_processing_survives_time_outs_and_a_lost_notification_is_found_by_asking(
    session: Session, paid: Any, wechat: FakeGateway, works: Works, later: Any
) -> None:
    refund = ask(session, paid)
    works.quietly()
    wechat.fail("query_refund", times=2)
    for _ in range(3):
        later(seconds=120)
        works.sweep()
    assert now(session, refund).status == "submitted"
    wechat.settle(refund.out_refund_no)
    later(seconds=600)
    works.sweep()
    assert now(session, refund).status == "succeeded"


def test_a_submitted_refund_that_wechat_does_not_know_is_submitted_again(
    session: Session, paid: Any, wechat: FakeGateway, works: Works, later: Any
) -> None:
    refund = ask(session, paid)
    works.quietly()
    wechat.refunds.clear()
    later(seconds=6)
    works.sweep()
    assert list(wechat.refunds) == [refund.out_refund_no]


def test_an_abnormal_refund_calls_a_person_and_may_still_arrive(
    session: Session, paid: Any, wechat: FakeGateway, works: Works, later: Any
) -> None:
    refund = ask(session, paid)
    works.quietly()
    wechat.settle(refund.out_refund_no, "ABNORMAL")
    later(seconds=6)
    works.sweep()
    assert now(session, refund).status == "abnormal"
    assert incidents(session) == [("refund_abnormal", False)]
    assert standing(session, paid) == "refunding"
    assert session.execute(select(Event.id).filter_by(name="refund.abnormal")).first()
    wechat.settle(refund.out_refund_no)
    later(seconds=3601)
    works.sweep()
    assert now(session, refund).status == "succeeded"
    assert incidents(session) == [("refund_abnormal", True)]


def test_a_refund_that_wechat_refuses_is_seen_and_goes_on_with_its_number(
    session: Session, paid: Any, wechat: FakeGateway, works: Works, later: Any
) -> None:
    wechat.fail("refund", WechatError(Outcome.permanent_account, "NOT_ENOUGH"))
    refund = ask(session, paid)
    works.quietly()
    assert now(session, refund).status == "requested"
    assert now(session, refund).error_code == "NOT_ENOUGH"
    assert incidents(session) == [("refund_refused", False)]
    later(minutes=11)
    works.sweep()
    wechat.settle(refund.out_refund_no)
    later(seconds=6)
    works.sweep()
    assert now(session, refund).status == "succeeded"
    assert incidents(session) == [("refund_refused", True)]


def test_a_closed_refund_owes_her_the_money_again_and_a_person_can_repeat_it(
    session: Session, paid: Any, wechat: FakeGateway, works: Works, later: Any
) -> None:
    refund = ask(session, paid)
    works.quietly()
    wechat.settle(refund.out_refund_no, "CLOSED")
    later(seconds=6)
    works.sweep()
    assert now(session, refund).status == "closed"
    assert standing(session, paid) == "full"
    incident = session.execute(select(PaymentIncident)).scalar_one()
    auditor = dealers.staff(session, session.get_one(Brand, paid.brand_id), Role.admin)
    again = payments.refund_incident(session, incident, staff_id=auditor.id, note="重新退款")
    session.commit()
    assert again.out_refund_no != refund.out_refund_no
    later(seconds=61)
    works.sweep()
    wechat.settle(again.out_refund_no)
    later(seconds=6)
    works.sweep()
    assert standing(session, paid) == "refunded"
    assert incidents(session) == [("refund_closed", True)]


def test_a_refund_of_another_amount_is_not_believed(session: Session, paid: Any, wechat: FakeGateway, works: Works, later: Any) -> None:
    refund = ask(session, paid)
    works.quietly()
    told = wechat.settle(refund.out_refund_no)
    wechat.refunds[refund.out_refund_no] = replace(told, amount_fen=1)
    later(seconds=6)
    works.sweep()
    assert now(session, refund).status == "submitted"
    assert incidents(session) == [("mismatch", False)]


def test_a_refund_made_in_the_merchants_own_console_is_seen(session: Session, paid: Any, works: Works) -> None:
    account = merchant_of(session, paid)
    notify_refund(session, account, RefundState("BYHAND000001", "SUCCESS", amount_fen=100, total_fen=100_000, out_trade_no="X"))
    works.quietly()
    assert incidents(session) == [("unknown_refund", False)]
    assert standing(session, paid) == "full"


def test_parts_go_back_until_all_is_back_and_never_more(session: Session, paid: Any, wechat: FakeGateway, works: Works, later: Any) -> None:
    for amount_fen, status in ((30_000, "partial"), (70_000, "refunded")):
        refund = ask(session, paid, amount_fen)
        assert standing(session, paid) == "refunding"
        later(seconds=61)
        works.sweep()
        wechat.settle(refund.out_refund_no)
        later(seconds=6)
        works.sweep()
        assert standing(session, paid) == status
    for amount_fen in (1, 0, -1):
        with pytest.raises(RefundTooMuch):
            payments.request_refund(session, paid.intent_id, amount_fen=amount_fen, reason="测试")


def test_what_is_asked_for_at_the_same_time_is_never_more_than_was_paid(committed: Callable[[], Any], wechat: FakeGateway) -> None:
    with committed() as session:
        market = make.market(session)
        order = make.order(session, market, make.buyer(session, market))
        attempt_id = queries.attempts_of(session, order.intent_id)[0].id  # type: ignore[arg-type]
    payments.prepay(attempt_id)
    with committed() as session:
        number = queries.attempts_of(session, order.intent_id)[0].out_trade_no  # type: ignore[arg-type]
        wechat.pay_for(number)
    payments.settle(attempt_id)
    together = threading.Barrier(20)

    def ask_back(_: int) -> bool:
        together.wait(timeout=120)
        try:
            with committed() as session:
                payments.request_refund(session, order.intent_id, amount_fen=30_000, reason="测试")  # type: ignore[arg-type]
        except RefundTooMuch:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(ask_back, range(20)))
    assert outcomes.count(True) == 3
    with committed() as session:
        assert queries.refundable_fen(session, order.intent_id) == 10_000  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "minutes"),
    [(outcomes.of_code("NOT_ENOUGH"), 1), (WechatError(Outcome.unknown, "timeout"), 40), (outcomes.of_status(429), 40)],
)
def test_a_refund_that_does_not_get_through_is_seen_by_a_person_and_goes_on(
    session: Session, paid: Any, wechat: FakeGateway, works: Works, later: Any, error: WechatError, minutes: int
) -> None:
    wechat.fail("refund", error, times=200)
    refund = ask(session, paid)
    works.quietly()
    for _ in range(minutes):
        later(minutes=1)
        works.sweep()
    assert session.execute(select(PaymentIncident.kind)).scalars().all() == ["refund_refused"]
    wechat._failures.clear()
    later(minutes=11)
    works.sweep()
    assert now(session, refund).status == "submitted"
    assert {call["out_refund_no"] for call in wechat.calls_of("refund")} == {refund.out_refund_no}
