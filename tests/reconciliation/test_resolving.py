"""Every kind of difference has its ways to be dealt with; what moves money leaves the ledger balanced."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest

from app.kit.states import Transition
from app.payments import queries as payments
from app.payments.models import LedgerEntry, PaymentAttempt, PaymentIncident, PaymentIntent, Refund
from app.reconciliation import service
from app.reconciliation.errors import ActionUnfit, DifferenceOver, DifferenceUnknown, NothingHeard
from app.reconciliation.models import Action, Difference
from app.reconciliation.queries import ways
from app.wechat.client import Trade
from tests.factories import bills
from tests.factories import dealers as make_dealers
from tests.reconciliation.conftest import Shop


@pytest.fixture
def resolve(shop: Shop) -> Any:
    """Finance deals with the only open difference."""
    auditor = bills.auditor(shop.session, shop.market)

    def deal(action: str, note: str = "已核对") -> Difference:
        [found] = shop.differences(status="open")
        service.resolve(found.id, brand_id=shop.market.brand.id, staff_id=auditor, action=Action(action), note=note)
        shop.session.expire_all()
        assert (found.resolution, found.note, found.resolved_by_id) == (action, note, auditor)
        return found

    return deal


def balance(shop: Shop) -> dict[str, int]:
    found = payments.trial_balance(shop.session, shop.market.brand.id)
    assert sum(found.values()) == 0
    return {account: figure for account, figure in found.items() if figure}


def test_every_kind_can_be_accepted_with_a_note_or_wait() -> None:
    for kind in ("over", "short", "amount", "status", "fee", "order", "flow", "duplicate"):
        for concerns in ("payment", "refund"):
            assert set(ways(Difference(kind=kind, concerns=concerns))) >= {Action.accept, Action.wait}


def test_what_is_accepted_is_resolved_and_written_down(shop: Shop, resolve: Any) -> None:
    shop.pays(theirs=False)
    shop.reconciles()
    found = resolve("accept", "对方账单缺失，已与微信确认")
    assert found.status == "resolved"
    [move] = shop.session.query(Transition).filter_by(subject_id=found.id)
    assert (move.before, move.after, move.reason) == ("open", "resolved", "对方账单缺失，已与微信确认")
    assert shop.session.query(PaymentIncident).one().resolution == "settled"


def test_what_waits_is_open_still_and_clears_by_the_next_bill(shop: Shop, resolve: Any) -> None:
    line = shop.pays(theirs=False)
    shop.reconciles()
    assert resolve("wait", "等次日账单").status == "open"
    shop.books.add(line)
    shop.again()
    [found] = shop.differences()
    assert (found.status, found.resolution, found.note) == ("cleared_by_itself", "wait", "等次日账单")


def test_unknown_money_is_booked_without_an_owner(shop: Shop, resolve: Any) -> None:
    line = shop.pays(ours=False, status="closed")
    shop.books.lines[shop.day][0] = replace(line, out_trade_no="UNKNOWN")
    shop.reconciles()
    resolve("book")
    assert balance(shop) == {"wechat_clearing": 100_000, "unallocated": -100_000}
    [booked] = shop.session.query(PaymentIncident).filter_by(kind="unknown_order")
    assert (booked.reference, booked.amount_fen, booked.resolved_at) == (line.transaction_id, 100_000, None)
    shop.again()
    assert shop.open == []


def test_unknown_money_goes_back(shop: Shop, resolve: Any) -> None:
    line = shop.pays(ours=False, status="closed")
    shop.books.lines[shop.day][0] = replace(line, out_trade_no="UNKNOWN")
    shop.reconciles()
    resolve("refund")
    assert balance(shop) == {"wechat_clearing": 100_000, "refunds_payable": -100_000}
    [refund] = shop.session.query(Refund)
    assert (refund.out_trade_no, refund.amount_fen, refund.status) == ("UNKNOWN", 100_000, "requested")


class TestAsked:
    def test_what_wechat_confirms_is_taken_in_like_any_notification(self, shop: Shop, resolve: Any) -> None:
        line = shop.pays(ours=False, status="closed")
        attempt = shop.session.query(PaymentAttempt).one()
        told = {"appid": attempt.appid, "mchid": attempt.mchid, "currency": "CNY", "transaction_id": line.transaction_id}
        shop.books.wechat.trades[line.out_trade_no] = Trade(line.out_trade_no, "SUCCESS", amount_fen=100_000, **told)
        shop.reconciles()
        assert resolve("ask").status == "resolved"
        shop.session.expire_all()
        assert attempt.status == "succeeded"
        assert shop.session.query(PaymentIntent).one().status == "paid"
        assert balance(shop) == {"wechat_clearing": 100_000, "customer_deposits": -100_000}

    def test_what_wechat_does_not_confirm_stays_open(self, shop: Shop, resolve: Any) -> None:
        line = shop.pays(ours=False, status="closed")
        shop.books.wechat.trades[line.out_trade_no] = Trade(line.out_trade_no, "CLOSED")
        shop.reconciles()
        with pytest.raises(NothingHeard):
            resolve("ask")
        assert len(shop.open) == 1
        assert balance(shop) == {}

    def test_when_wechat_does_not_answer_it_stays_open(self, shop: Shop, resolve: Any) -> None:
        shop.pays(ours=False, status="closed")
        shop.reconciles()
        shop.books.wechat.fail("query")
        with pytest.raises(NothingHeard):
            resolve("ask")
        assert len(shop.open) == 1


@pytest.mark.parametrize(
    ("case", "suspense"),
    [
        ("a payment in no bill", 100_000),
        ("a payment of less", 1),
        ("a refund in no bill", -100_000),
        ("a refund by hand", 100_000),
        ("a refund that we believe closed", 100_000),
    ],
)
def test_what_is_written_off_lies_in_the_suspense_account(shop: Shop, resolve: Any, case: str, suspense: int) -> None:
    line = shop.pays(theirs=False)
    if case == "a payment of less":
        shop.books.add(replace(line, amount_fen=99_999))
    elif case != "a payment in no bill":
        shop.books.add(line)
    if case == "a refund in no bill":
        shop.gets_back(line, theirs=False, amount_fen=100_000)
    elif case == "a refund by hand":
        shop.books.add(replace(line, refund_id="5030X", out_refund_no="BYHAND"))
    elif case == "a refund that we believe closed":
        shop.gets_back(line, status="closed", amount_fen=100_000)
    shop.reconciles()
    before = balance(shop)
    resolve("write_off")
    after = balance(shop)
    assert after["reconciliation_suspense"] == suspense
    assert after.get("wechat_clearing", 0) - before.get("wechat_clearing", 0) == -suspense
    [entry] = shop.session.query(LedgerEntry).filter_by(kind="written off")
    assert (entry.account_id, entry.intent_id) == (shop.market.merchant.id, None)


def test_what_a_closed_order_kept_goes_back(shop: Shop, resolve: Any) -> None:
    shop.pays(status="closed")
    shop.reconciles()
    resolve("refund")
    [refund] = shop.session.query(Refund)
    assert (refund.amount_fen, refund.status) == (100_000, "requested")
    shop.again()
    assert shop.open == []


class TestRefused:
    def test_a_difference_that_is_over(self, shop: Shop, resolve: Any) -> None:
        shop.pays(theirs=False)
        shop.reconciles()
        found = resolve("accept")
        own = {"brand_id": shop.market.brand.id, "staff_id": found.resolved_by_id, "note": "再次"}
        for action in (Action.accept, Action.write_off, Action.wait):
            with pytest.raises(DifferenceOver):
                service.resolve(found.id, action=action, **own)
        assert "reconciliation_suspense" not in balance(shop)

    def test_a_way_that_does_not_fit(self, shop: Shop, resolve: Any) -> None:
        shop.pays(theirs=False)
        shop.reconciles()
        for action in (Action.ask, Action.book, Action.refund):
            with pytest.raises(ActionUnfit):
                resolve(action)

    def test_another_brands_or_none(self, shop: Shop) -> None:
        shop.pays(theirs=False)
        shop.reconciles()
        [found] = shop.differences()
        staff = bills.auditor(shop.session, shop.market)
        for difference_id, brand_id in ((found.id, make_dealers.brand(shop.session).id), (uuid.uuid4(), shop.market.brand.id)):
            with pytest.raises(DifferenceUnknown):
                service.resolve(difference_id, brand_id=brand_id, staff_id=staff, action=Action.accept, note="x")
