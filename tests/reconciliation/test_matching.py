"""What WeChat Pay's bills, our ledger and the orders do not agree about is found, named, and found once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app.kit.states import Transition
from app.orders.models import Order
from app.payments import service as payments
from app.payments.models import PaymentIncident
from tests.factories import bills
from tests.reconciliation.conftest import Shop


def test_a_day_that_agrees_has_no_differences_and_shows_its_sums(shop: Shop) -> None:
    one = shop.pays()
    shop.pays(amount_fen=50_000)
    shop.gets_back(one)
    shop.reconciles()
    run = shop.run()
    assert (run.status, run.lines_read, run.lines_total, shop.open) == ("done", 9, 9, [])
    ours = {"payments": 2, "payments_fen": 150_000, "refunds": 1, "refunds_fen": 40_000}
    assert run.figures["ours"] == ours
    assert run.figures["theirs"] == ours | {"fee_fen": 600 + 300 - 240}
    assert run.figures["flow"] == {"in_fen": 150_000 + 240, "out_fen": 40_000 + 900, "other_fen": 0}


def test_a_day_without_trade_is_done_with_nothing(shop: Shop) -> None:
    shop.reconciles()
    assert (shop.run().status, shop.run().figures["theirs"]["payments"], shop.open) == ("done", 0, [])


def test_a_payment_that_we_never_heard_of_is_over(shop: Shop) -> None:
    line = shop.pays(ours=False, status="closed")
    stranger = shop.books.add(replace(line, transaction_id="4200X", out_trade_no="UNKNOWN"))
    shop.reconciles()
    assert shop.open == [("over", "payment", None, 100_000)] * 2
    known, unknown = shop.differences(kind="over")
    assert known.attempt_id is not None
    assert known.order_id is not None
    assert (unknown.attempt_id, unknown.out_trade_no) == (None, stranger.out_trade_no)


def test_a_refund_that_somebody_made_in_the_merchants_console_is_over(shop: Shop) -> None:
    line = shop.pays()
    shop.books.add(replace(line, refund_id="5030X", out_refund_no="BYHAND", amount_fen=10_000))
    shop.books.add(replace(line, refund_id="5030Y", out_refund_no="BYHAND2", amount_fen=10_000, state="FAIL"))
    shop.reconciles()
    assert shop.open == [("over", "refund", None, 10_000)]


def test_a_payment_in_no_bill_is_short(shop: Shop) -> None:
    shop.pays(theirs=False)
    shop.pays()
    shop.reconciles()
    assert shop.open == [("short", "payment", 100_000, None)]
    assert shop.run().figures["ours"]["payments_fen"] == 200_000


def test_a_refund_in_no_bill_is_short(shop: Shop) -> None:
    shop.gets_back(shop.pays(), theirs=False)
    shop.reconciles()
    assert ("short", "refund", 40_000, None) in shop.open


@pytest.mark.parametrize("wrong", [{"amount_fen": 99_999}, {"currency": "USD"}])
def test_another_amount_is_a_difference(shop: Shop, wrong: dict[str, Any]) -> None:
    shop.books.add(replace(shop.pays(theirs=False), **wrong))
    back = shop.gets_back(shop.pays(), theirs=False)
    shop.books.add(replace(back, **({"amount_fen": 30_000} if "amount_fen" in wrong else wrong)))
    shop.reconciles()
    assert [(kind, concerns) for kind, concerns, *_ in shop.open] == [("amount", "payment"), ("amount", "refund")]


@pytest.mark.parametrize(
    ("ours", "theirs", "differs"),
    [
        ("succeeded", "SUCCESS", False),
        ("submitted", "SUCCESS", True),
        ("closed", "SUCCESS", True),
        ("submitted", "PROCESSING", False),
        ("succeeded", "PROCESSING", False),
        ("requested", "PROCESSING", True),
        ("closed", "FAIL", False),
        ("succeeded", "FAIL", True),
        ("abnormal", "CHANGE", False),
        ("submitted", "CHANGE", True),
    ],
)
def test_a_refund_stands_on_both_sides_alike(shop: Shop, ours: str, theirs: str, differs: bool) -> None:
    back = shop.gets_back(shop.pays(), theirs=False, status=ours, amount_fen=100_000)
    shop.books.add(replace(back, state=theirs))
    shop.reconciles()
    assert [one.kind for one in shop.differences()] == (["status"] if differs else [])


def test_money_of_another_sub_merchant_is_a_difference(shop: Shop) -> None:
    shop.books.add(replace(shop.pays(theirs=False, sub_mchid="1900000001"), sub_mchid="1900000002"))
    shop.reconciles()
    [found] = shop.differences()
    assert (found.kind, found.ours, found.theirs) == ("status", "1900000001", "1900000002")


def test_a_partners_rows_are_matched_and_move_no_account_of_its_own(shop: Shop) -> None:
    line = shop.pays(sub_mchid="1900000001")
    shop.gets_back(line, amount_fen=100_000)
    shop.reconciles()
    assert (shop.run().figures["theirs"]["payments"], shop.open) == (1, [])


@pytest.mark.parametrize(("status", "differs"), [("paid", False), ("confirmed", False), ("closed", True), ("awaiting_payment", True)])
def test_a_paid_deposit_belongs_to_a_live_order(shop: Shop, status: str, differs: bool) -> None:
    shop.pays(status=status)
    shop.reconciles()
    assert shop.open == ([("order", "payment", 100_000, None)] if differs else [])


def test_a_live_order_has_its_deposit(shop: Shop) -> None:
    line = shop.pays()
    shop.gets_back(line, amount_fen=100_000)
    shop.session.execute(update(Order).values(status="paid", close_reason=None))
    shop.reconciles()
    [found] = shop.differences(status="open")
    assert (found.kind, found.ours_fen, found.ours) == ("order", 0, "paid")


def test_another_fee_than_was_taken_is_a_difference(shop: Shop) -> None:
    line = shop.pays(theirs=False)
    shop.books.add(line, *bills.flows_of(replace(line, fee_fen=500)))
    shop.reconciles()
    assert shop.open == [("fee", "payment", 600, 500)]


class TestFundFlow:
    def test_of_another_amount_differs(self, shop: Shop) -> None:
        line = shop.pays(theirs=False)
        shop.books.add(line, *bills.flows_of(replace(line, amount_fen=90_000, fee_fen=600)))
        shop.reconciles()
        assert shop.open == [("flow", "payment", 100_000, 90_000)]

    def test_without_a_trade_differs_and_a_withdrawal_does_not(self, shop: Shop) -> None:
        shop.pays()
        shop.books.flows[shop.day] += [
            bills.Flow(shop.noon, "4200UNKNOWN", "交易", 5_000),
            bills.Flow(shop.noon, "5030UNKNOWN", "退款", -3_000, "NOBODY"),
            bills.Flow(shop.noon, "", "提现", -70_000),
        ]
        shop.reconciles()
        assert shop.open == [("flow", "flow", None, 5_000), ("flow", "flow", None, -3_000)]
        assert shop.run().figures["flow"]["other_fen"] == -70_000

    def test_of_a_refund_is_known_by_any_of_its_numbers(self, shop: Shop) -> None:
        for number in ("business", "voucher", "ours"):
            back = shop.gets_back(shop.pays(), theirs=False)
            named = {
                "business": {"business_id": back.refund_id, "voucher": "REF0"},
                "voucher": {"voucher": back.refund_id},
                "ours": {"voucher": back.out_refund_no},
            }[number]
            shop.books.add(back, *(replace(flow, **named) for flow in bills.flows_of(back)))
        shop.reconciles()
        assert shop.open == []

    def test_that_is_missing_as_a_whole_is_one_difference(self, shop: Shop) -> None:
        shop.pays()
        shop.pays(amount_fen=50_000)
        shop.books.flows.clear()
        shop.reconciles()
        assert shop.open == [("flow", "flow", 150_000, 0)]


def test_a_payment_on_two_rows_is_a_duplicate(shop: Shop) -> None:
    line = shop.pays()
    shop.books.add(line, bills.Flow(line.at, "", "提现", -1))
    shop.reconciles()
    assert shop.open == [("duplicate", "payment", 100_000, 200_000)]


def test_a_payment_in_the_bills_of_two_days_is_a_duplicate_of_the_second(shop: Shop) -> None:
    line = shop.pays()
    shop.reconciles()
    assert shop.open == []
    tomorrow = shop.day + timedelta(days=1)
    shop.books.add(replace(line, at=line.at + timedelta(days=1)), bills.Flow(line.at, "", "提现", -1))
    shop.next_morning()
    assert shop.open == [("duplicate", "payment", 100_000, 200_000)]
    assert shop.differences()[0].reconciliation.bill_on == tomorrow


class TestTheNextBill:
    def test_clears_a_payment_of_the_last_minute(self, shop: Shop) -> None:
        midnight = shop.noon + timedelta(hours=12)
        line = shop.pays(midnight - timedelta(seconds=1), theirs=False)
        shop.reconciles()
        assert shop.open == [("short", "payment", 100_000, None)]
        shop.books.add(replace(line, at=midnight))
        shop.next_morning()
        assert shop.open == []
        [cleared] = shop.differences()
        assert (cleared.status, cleared.resolved_by_id) == ("cleared_by_itself", None)
        [move] = shop.session.query(Transition).filter_by(subject_id=cleared.id)
        assert (move.before, move.after, move.actor_type, move.cause) == ("open", "cleared_by_itself", "system", "reconciliation.work")

    def test_clears_a_refund_that_settled_later(self, shop: Shop) -> None:
        tomorrow = shop.noon + timedelta(days=1)
        line = shop.pays()
        back = shop.gets_back(line, tomorrow, theirs=False)
        shop.books.add(replace(back, at=shop.noon, state="PROCESSING"))
        shop.reconciles()
        shop.books.flows.setdefault(tomorrow.date(), []).extend(bills.flows_of(back))
        shop.next_morning()
        assert shop.open == []

    def test_clears_a_movement_that_was_booked_after_midnight(self, shop: Shop) -> None:
        first, second = shop.pays(), shop.pays(theirs=False)
        moved = bills.flows_of(second)
        shop.books.add(second, bills.Flow(first.at, "", "提现", -1))
        shop.reconciles()
        assert shop.open == [("flow", "payment", 100_000, 0)]
        shop.books.flows[shop.day + timedelta(days=1)] = moved
        shop.next_morning()
        assert shop.open == []

    def test_leaves_what_it_has_not_either(self, shop: Shop) -> None:
        shop.pays(theirs=False)
        shop.reconciles()
        shop.next_morning(2)
        assert shop.open == [("short", "payment", 100_000, None)]

    def test_is_of_no_use_where_nothing_is_open(self, shop: Shop) -> None:
        shop.pays()
        shop.reconciles()
        fence = shop.run().fence
        shop.next_morning()
        assert shop.run().fence == fence


def test_open_differences_are_one_incident_for_finance_which_ends_with_them(shop: Shop) -> None:
    lines = [shop.pays(theirs=False), shop.pays(theirs=False)]
    shop.reconciles()
    shop.again()
    [incident] = shop.session.query(PaymentIncident)
    assert (incident.kind, incident.amount_fen, incident.details["differences"]) == ("unreconciled", -200_000, 2)
    assert incident.resolved_at is None
    for line in lines:
        shop.books.add(line)
    shop.again()
    assert shop.open == []
    assert shop.session.query(PaymentIncident).one().resolution == "settled"


def test_an_incident_that_a_person_has_dealt_with_comes_back_only_with_other_figures(shop: Shop) -> None:
    shop.pays(theirs=False)
    shop.reconciles()
    [incident] = shop.session.query(PaymentIncident)
    payments.resolve(shop.session, incident, staff_id=bills.auditor(shop.session, shop.market), note="知道了")
    shop.again()
    shop.session.expire_all()
    assert incident.resolution == "by_hand"
    shop.pays(theirs=False)
    shop.again()
    shop.session.expire_all()
    assert (incident.resolved_at, incident.details["differences"]) == (None, 2)
