"""Money belongs to one payee from the pay sheet to the ledger, whether the brand receives it or a dealer does."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.kit import clock
from app.payments import finance, queries
from app.payments import service as payments
from app.payments.errors import PayeeMissing, RefundTooMuch
from app.payments.models import Account, LedgerEntry, PaymentAttempt, PaymentIncident, PaymentIntent, Refund
from app.payments.service import ledger
from app.wechat.fake import FakeGateway
from app.wechat.models import AccountKind, WechatAccount
from tests.factories import orders as make
from tests.factories import wechat as accounts
from tests.factories.payments import Works, notify, notify_refund

SUB = "1900009999"


@dataclass
class Desk:
    """A brand that is paid itself, whose service provider also takes money for its dealer."""

    session: Session
    market: make.Market
    provider: WechatAccount

    @property
    def dealer(self) -> payments.Payee:
        return payments.payee(self.session, self.market.brand.id, dealer_id=self.market.dealer.id)

    @property
    def brand(self) -> payments.Payee:
        return payments.payee(self.session, self.market.brand.id, dealer_id=None)

    def intent(self, payee: payments.Payee | None, *, amount_fen: int = 100_000) -> PaymentIntent:
        buyer = make.buyer(self.session, self.market)
        intent = payments.open(
            self.session,
            buyer,
            subject=("invoice", uuid.uuid4()),
            amount_fen=amount_fen,
            description="订金",
            expires_at=clock.now(self.session) + timedelta(minutes=15),
            payee=payee,
        )
        self.session.commit()
        return intent

    def attempt(self, intent: PaymentIntent) -> PaymentAttempt:
        self.session.expire_all()
        return queries.attempts_of(self.session, intent.id)[-1]


@pytest.fixture
def desk(session: Session) -> Desk:
    market = make.market(session)
    provider = accounts.account(session, market.brand, AccountKind.merchant, linked_appid=market.mini.appid)
    provider.settings = provider.settings | {"sub_mchids": [{"sub_mchid": SUB, "name": "上海中心"}]}
    market.dealer.sub_mchid = SUB
    session.commit()
    return Desk(session, market, provider)


def test_a_dealer_is_paid_by_its_sub_merchant_and_the_brand_by_its_own(desk: Desk) -> None:
    assert (desk.dealer.account, desk.dealer.sub_mchid, desk.dealer.name) == (desk.provider, SUB, "上海中心")
    assert (desk.brand.account, desk.brand.sub_mchid) == (desk.market.merchant, None)


def test_a_dealer_without_a_number_that_the_provider_knows_receives_nothing(desk: Desk) -> None:
    for number in (None, "1900001111"):
        desk.market.dealer.sub_mchid = number
        desk.session.flush()
        with pytest.raises(PayeeMissing):
            desk.dealer  # noqa: B018


def test_of_several_merchants_the_brand_has_to_name_the_one_that_is_paid(desk: Desk) -> None:
    other = accounts.account(desk.session, desk.market.brand, AccountKind.merchant, linked_appid=desk.market.mini.appid)
    with pytest.raises(PayeeMissing):
        desk.brand  # noqa: B018
    other.settings = other.settings | {"is_payee": True}
    desk.session.flush()
    assert desk.brand.account is other


def test_a_dealers_money_is_asked_for_paid_and_sent_back_through_its_sub_merchant(
    desk: Desk, wechat: FakeGateway, works: Works, later: Any
) -> None:
    intent = desk.intent(desk.dealer)
    sheet = payments.pay(intent.id)
    assert sheet["appId"] == desk.market.mini.appid
    (asked,) = wechat.calls_of("prepay")
    assert asked["sub_mchid"] == SUB
    attempt = desk.attempt(intent)
    wechat.pay_for(attempt.out_trade_no)
    later(seconds=6)
    works.sweep()
    assert desk.attempt(intent).status == "succeeded"
    assert {call["sub_mchid"] for call in wechat.calls_of("query")} == {SUB}
    refund = payments.request_refund(desk.session, intent.id, amount_fen=100_000, reason="退回")
    desk.session.commit()
    works.quietly()
    told = wechat.settle(refund.out_refund_no)
    assert told.sub_mchid == SUB
    notify_refund(desk.session, desk.provider, told)
    works.quietly()
    desk.session.expire_all()
    assert queries.standing(desk.session, intent.id).status == "refunded"
    assert desk.session.execute(select(PaymentIncident.kind)).all() == []
    kept = {(entry.account_id, entry.sub_mchid) for entry in desk.session.execute(select(LedgerEntry)).scalars()}
    assert kept == {(desk.provider.id, SUB)}


@pytest.mark.parametrize("told", [{"sub_mchid": "1900001111"}, {"sub_mchid": None}, {"sp_mchid": "1900001111", "mchid": None}])
def test_money_that_went_to_another_than_was_meant_is_no_payment(
    desk: Desk, wechat: FakeGateway, works: Works, told: dict[str, Any]
) -> None:
    intent = desk.intent(desk.dealer)
    payments.pay(intent.id)
    trade = wechat.pay_for(desk.attempt(intent).out_trade_no)
    notify(desk.session, desk.provider, trade, **{"sub_mchid": SUB} | told)
    works.quietly()
    assert desk.attempt(intent).status == "prepay_ok"
    assert desk.session.execute(select(PaymentIncident.kind)).scalars().all() == ["mismatch"]
    assert set(queries.trial_balance(desk.session, desk.market.brand.id).values()) == {0}, "none of it is ours to book"


def test_the_same_money_told_rightly_is_one(desk: Desk, wechat: FakeGateway, works: Works) -> None:
    intent = desk.intent(desk.dealer)
    payments.pay(intent.id)
    notify(desk.session, desk.provider, wechat.pay_for(desk.attempt(intent).out_trade_no), sub_mchid=SUB)
    works.quietly()
    assert desk.attempt(intent).status == "succeeded"


def test_each_payees_accounts_balance_by_themselves(desk: Desk, wechat: FakeGateway, works: Works, later: Any) -> None:
    for payee in (desk.dealer, desk.brand):
        intent = desk.intent(payee)
        payments.pay(intent.id)
        wechat.pay_for(desk.attempt(intent).out_trade_no)
    later(seconds=6)
    works.sweep()
    found = finance.totals(desk.session, desk.market.brand.id)
    assert {(one.account.id, one.sub_mchid) for one in found} == {(desk.provider.id, SUB), (desk.market.merchant.id, None)}
    for one in found:
        assert one.sums["wechat_clearing"] == (100_000, 0)
        assert one.sums["customer_deposits"] == (0, 100_000)


def test_the_database_refuses_to_pass_one_payees_money_to_another(desk: Desk, wechat: FakeGateway, works: Works, later: Any) -> None:
    intent = desk.intent(desk.dealer)
    payments.pay(intent.id)
    attempt = desk.attempt(intent)
    wechat.pay_for(attempt.out_trade_no)
    later(seconds=6)
    works.sweep()
    session, merchant = desk.session, desk.market.merchant
    of_brand = {"brand_id": intent.brand_id, "account_id": merchant.id, "sub_mchid": None}
    refund = {"out_trade_no": attempt.out_trade_no, "out_refund_no": "R1", "paid_fen": 9, "amount_fen": 9, "reason": "x", "source": "x"}
    with pytest.raises(DBAPIError, match="another"), session.begin_nested():
        session.add(Refund(**of_brand, **refund, intent_id=intent.id, attempt_id=attempt.id, due_at=clock.now(session)))
    sides = {"debit": Account.customer_deposits, "credit": Account.wechat_clearing}
    with pytest.raises(DBAPIError, match="another"), session.begin_nested():
        ledger.book(session, "payment", "x", **of_brand, amount_fen=1, intent_id=intent.id, **sides)  # type: ignore[arg-type]
    for statement in (
        "UPDATE payment_intents SET sub_mchid = NULL",
        "UPDATE payment_attempts SET sub_mchid = 'x'",
        "UPDATE payment_intents SET payee_account_id = :account",
    ):
        with pytest.raises(DBAPIError, match="never changes"), session.begin_nested():
            session.execute(text(statement), {"account": merchant.id} if ":account" in statement else {})


def test_a_deposit_is_recognised_once_and_cannot_go_back_then(desk: Desk, wechat: FakeGateway, works: Works, later: Any) -> None:
    intent = desk.intent(desk.dealer)
    assert payments.recognise(desk.session, intent.id, to=Account.deposits_applied) == 0
    payments.pay(intent.id)
    wechat.pay_for(desk.attempt(intent).out_trade_no)
    later(seconds=6)
    works.sweep()
    payments.request_refund(desk.session, intent.id, amount_fen=30_000, reason="差价")
    assert payments.recognise(desk.session, intent.id, to=Account.deposits_applied) == 70_000
    assert payments.recognise(desk.session, intent.id, to=Account.deposits_forfeited) == 0
    desk.session.commit()
    balance = queries.trial_balance(desk.session, intent.brand_id)
    assert (balance["deposits_applied"], balance["customer_deposits"], balance["refunds_payable"]) == (-70_000, 0, -30_000)
    with pytest.raises(RefundTooMuch):
        payments.request_refund(desk.session, intent.id, amount_fen=1, reason="x")
    with pytest.raises(ValueError, match="not recognised"):
        payments.recognise(desk.session, intent.id, to=Account.unallocated)
