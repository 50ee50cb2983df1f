"""Refunds over HTTP: all or a part, by either number, asked for again, gone astray and led elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from app.wechat.client import Outcome, RefundState, Trade
from dev.testing import wait_until
from tests.simulator import Simulator
from tests.wechat.contract.support import NOBODY, Shop, advance, last_request, number, refused

CARD = {"bank_type": "ICBC_DEBIT", "bank_account": "6222020000000000001", "real_name": "张三"}


@pytest.fixture(params=["shop", "dealer_shop"])
def either(request: pytest.FixtureRequest) -> Shop:
    shop: Shop = request.getfixturevalue(request.param)
    return shop


def ask(shop: Shop, trade: Trade, **other: Any) -> dict[str, Any]:
    money = {"amount_fen": trade.amount_fen, "total_fen": trade.amount_fen, "reason": "客户取消", "notify_url": NOBODY}
    return {**money, **shop.whose, **other}


def settled(shop: Shop, out_refund_no: str) -> RefundState:
    def state() -> RefundState:
        told: RefundState = shop.door.query_refund(out_refund_no, **shop.whose)
        return told

    wait_until(lambda: state().status != "PROCESSING")
    return state()


def test_all_of_it_goes_back(either: Shop) -> None:
    trade, out_refund_no = either.paid(), number("REFUND")
    assert either.door.query_refund(out_refund_no, **either.whose).status == "NOT_EXIST"
    asked = either.door.refund(trade.out_trade_no, out_refund_no, **ask(either, trade))
    assert (asked.status, asked.transaction_id, asked.total_fen) == ("PROCESSING", trade.transaction_id, 100_000)
    ended = settled(either, out_refund_no)
    assert (ended.status, ended.amount_fen, ended.paid_back_fen, ended.channel) == ("SUCCESS", 100_000, 100_000, "ORIGINAL")
    assert ended.settled_at is not None
    assert ended.receiver
    assert either.door.query(*either.of, trade.out_trade_no).state == "REFUND"


def test_the_same_number_is_the_same_refund(shop: Shop) -> None:
    trade, out_refund_no = shop.paid(), number("REFUND")
    first = shop.door.refund(trade.out_trade_no, out_refund_no, **ask(shop, trade))
    again = shop.door.refund(trade.out_trade_no, out_refund_no, **ask(shop, trade))
    assert first.refund_id == again.refund_id
    assert settled(shop, out_refund_no).amount_fen == 100_000
    with refused("INVALID_REQUEST", Outcome.permanent_person):
        shop.door.refund(trade.out_trade_no, out_refund_no, **ask(shop, trade, amount_fen=1))


def test_parts_go_back_a_minute_apart_by_either_number(shop: Shop, simulator: Simulator) -> None:
    trade = shop.paid()
    shop.door.refund(trade.out_trade_no, number("REFUND"), **ask(shop, trade, amount_fen=30_000))
    by_id = ask(shop, trade, amount_fen=70_000, transaction_id=trade.transaction_id)
    with refused("FREQUENCY_LIMITED", Outcome.retry_later):
        shop.door.refund(None, number("REFUND"), **by_id)
    advance(simulator, minutes=1)
    assert shop.door.refund(None, number("REFUND"), **by_id).out_trade_no == trade.out_trade_no
    advance(simulator, minutes=1)
    with refused("INVALID_REQUEST", Outcome.permanent_person):
        shop.door.refund(trade.out_trade_no, number("REFUND"), **ask(shop, trade, amount_fen=1))


def test_the_available_balance_can_be_named_as_the_source(shop: Shop, simulator: Simulator) -> None:
    trade = shop.paid()
    simulator.ask(f"merchants/{shop.door.account.appid}/top-up", amount=200_000)
    asked = shop.door.refund(trade.out_trade_no, number("REFUND"), **ask(shop, trade, from_available=True))
    assert asked.funds_account == "AVAILABLE"
    assert last_request(simulator, "/v3/refund/domestic/refunds")["funds_account"] == "AVAILABLE"


def test_one_number_names_the_payment_and_not_two_or_none(shop: Shop) -> None:
    trade = shop.paid()
    with pytest.raises(ValueError, match="transaction_id"):
        shop.door.refund(trade.out_trade_no, number("REFUND"), **ask(shop, trade, transaction_id=trade.transaction_id))
    with pytest.raises(ValueError, match="out_trade_no"):
        shop.door.refund(None, number("REFUND"), **ask(shop, trade))


def test_what_cannot_be_refunded_concerns_this_payment_only(shop: Shop, simulator: Simulator) -> None:
    with refused("RESOURCE_NOT_EXISTS", Outcome.permanent_person):
        shop.door.refund(number("PAY"), number("REFUND"), **ask(shop, Trade("PAY", "SUCCESS", amount_fen=1)))
    unpaid = number("PAY")
    shop.door.prepay(unpaid, **shop.ask())
    with refused("INVALID_REQUEST", Outcome.permanent_person):
        shop.door.refund(unpaid, number("REFUND"), **ask(shop, Trade(unpaid, "NOTPAY", amount_fen=100_000)))
    trade = shop.paid()
    simulator.ask(f"users/{shop.buyer['id']}/pay-account", abnormal=True)
    try:
        with refused("USER_ACCOUNT_ABNORMAL", Outcome.permanent_person):
            shop.door.refund(trade.out_trade_no, number("REFUND"), **ask(shop, trade))
    finally:
        simulator.ask(f"users/{shop.buyer['id']}/pay-account", abnormal=False)


def test_without_money_the_merchant_tries_again_later(shop: Shop, simulator: Simulator) -> None:
    trade = shop.paid()
    simulator.ask(f"merchants/{shop.door.account.appid}/withdraw")
    with refused("NOT_ENOUGH", Outcome.retry_later):
        shop.door.refund(trade.out_trade_no, number("REFUND"), **ask(shop, trade))


class TestARefundGoneAstray:
    @pytest.fixture
    def astray(self, either: Shop, simulator: Simulator) -> RefundState:
        trade, out_refund_no = either.paid(), number("REFUND")
        simulator.ask("faults", refund_status={"status": "ABNORMAL"})
        either.door.refund(trade.out_trade_no, out_refund_no, **ask(either, trade))
        told = settled(either, out_refund_no)
        assert told.status == "ABNORMAL"
        return told

    def test_is_led_to_another_card_which_only_wechat_pay_may_read(self, either: Shop, simulator: Simulator, astray: RefundState) -> None:
        led = either.door.refund_to_card(astray.refund_id, astray.out_refund_no, **CARD, **either.whose)
        assert led.status == "PROCESSING"
        assert settled(either, astray.out_refund_no).channel == "OTHER_BANKCARD"
        sent = last_request(simulator, f"/v3/refund/domestic/refunds/{astray.refund_id}/apply-abnormal-refund")
        assert sent["bank_type"] == CARD["bank_type"]
        assert {sent["bank_account"], sent["real_name"]}.isdisjoint(CARD.values())

    def test_is_led_to_the_merchant(self, either: Shop, astray: RefundState) -> None:
        either.door.refund_to_merchant(astray.refund_id, astray.out_refund_no, **either.whose)
        assert settled(either, astray.out_refund_no).status == "SUCCESS"

    def test_is_led_elsewhere_once(self, either: Shop, astray: RefundState) -> None:
        either.door.refund_to_merchant(astray.refund_id, astray.out_refund_no, **either.whose)
        assert settled(either, astray.out_refund_no).status == "SUCCESS"
        with refused("INVALID_REQUEST", Outcome.permanent_person):
            either.door.refund_to_card(astray.refund_id, astray.out_refund_no, **CARD, **either.whose)

    def test_has_to_be_there(self, either: Shop) -> None:
        with refused("RESOURCE_NOT_EXISTS", Outcome.permanent_person):
            either.door.refund_to_merchant("50300000000000000000000000000", number("REFUND"), **either.whose)
