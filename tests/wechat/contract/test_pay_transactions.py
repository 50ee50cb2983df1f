"""Payments over HTTP: of the brand's own merchant, and of a dealer through a service provider; the same promises hold for both."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.wechat.client import Outcome, Trade
from app.wechat.http import HttpGateway
from tests.simulator import Simulator
from tests.wechat.contract.support import Shop, latest, number, refused


@pytest.fixture(params=["shop", "dealer_shop"])
def either(request: pytest.FixtureRequest) -> Shop:
    shop: Shop = request.getfixturevalue(request.param)
    return shop


def test_what_the_order_says_comes_back_when_it_is_paid(either: Shop) -> None:
    trade = either.paid(
        attach="order=17",
        goods_tag="AUTUMN",
        scene_info={"payer_client_ip": "203.0.113.7", "store_info": {"id": "S001", "name": "徐汇店"}},
    )
    assert (trade.amount_fen, trade.paid_fen, trade.currency, trade.attach) == (100_000, 100_000, "CNY", "order=17")
    assert (trade.appid, trade.mchid, trade.openid) == (either.door.account.linked_appid, either.door.account.appid, either.openid)
    assert trade.sub_mchid == either.sub_mchid
    assert trade.paid_at is not None
    assert trade.paid_at.utcoffset() == timedelta(hours=8)


def test_both_numbers_find_the_same_payment(either: Shop) -> None:
    trade = either.paid()
    assert trade.transaction_id is not None
    assert either.door.query_by_id(*either.of, trade.transaction_id) == trade
    with refused("ORDER_NOT_EXIST", Outcome.permanent_person):
        either.door.query_by_id(*either.of, "4200000000000000000000000000")


def test_before_it_is_paid_an_order_tells_only_whose_it_is(either: Shop) -> None:
    out_trade_no, account = number("PAY"), either.door.account
    unknown = Trade(out_trade_no, "NOT_EXIST", appid=account.linked_appid, mchid=account.appid, sub_mchid=either.sub_mchid)
    assert either.door.query(*either.of, out_trade_no) == unknown
    either.door.prepay(*either.of, out_trade_no, **either.ask())
    told = either.door.query(*either.of, out_trade_no)
    assert (told.state, told.transaction_id, told.paid_at, told.sub_mchid) == ("NOTPAY", None, None, either.sub_mchid)


def test_an_order_is_closed_once_and_for_all(either: Shop) -> None:
    out_trade_no, ask = number("PAY"), either.ask()
    either.door.prepay(*either.of, out_trade_no, **ask)
    either.door.close(*either.of, out_trade_no)
    either.door.close(*either.of, out_trade_no)
    assert either.door.query(*either.of, out_trade_no).state == "CLOSED"
    with refused("ORDER_CLOSED", Outcome.permanent_person):
        either.door.prepay(*either.of, out_trade_no, **ask)
    with refused("ORDER_NOT_EXIST", Outcome.permanent_person):
        either.door.close(*either.of, number("PAY"))


def test_a_paid_order_is_neither_closed_nor_opened_again(either: Shop) -> None:
    out_trade_no, ask = number("PAY"), either.ask()
    assert either.pay(either.door.prepay(*either.of, out_trade_no, **ask)) == "ok"
    with refused("ORDERPAID", Outcome.permanent_person):
        either.door.close(*either.of, out_trade_no)
    with refused("ORDERPAID", Outcome.permanent_person):
        either.door.prepay(*either.of, out_trade_no, **ask)


def test_a_number_is_for_one_order(either: Shop) -> None:
    out_trade_no, ask = number("PAY"), either.ask()
    first = either.door.prepay(*either.of, out_trade_no, **ask)
    assert either.door.prepay(*either.of, out_trade_no, **ask) != first
    for other in ({"amount_fen": 1}, {"attach": "another"}, {"profit_sharing": True}):
        with refused("OUT_TRADE_NO_USED", Outcome.permanent_person):
            either.door.prepay(*either.of, out_trade_no, **ask | other)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"openid": "somebody-elses"}, "OPENID_MISMATCH"),
        ({"description": "长" * 128}, "PARAM_ERROR"),
        ({"attach": "a" * 129}, "PARAM_ERROR"),
        ({"amount_fen": 0}, "PARAM_ERROR"),
        ({"notify_url": "https://example.com/paid?order=1"}, "PARAM_ERROR"),
        ({"scene_info": {"device_id": "1"}}, "PARAM_ERROR"),
    ],
)
def test_what_wechat_pay_refuses_concerns_this_order_only(either: Shop, wrong: dict[str, Any], code: str) -> None:
    with refused(code, Outcome.permanent_person):
        either.door.prepay(*either.of, number("PAY"), **either.ask(**wrong))


def test_an_appid_of_another_is_the_accounts_trouble(shop: Shop) -> None:
    shop.door.account.linked_appid = "wx0000000000000000"
    with refused("APPID_MCHID_NOT_MATCH", Outcome.permanent_account):
        shop.door.prepay(number("PAY"), **shop.ask())


def test_too_many_at_once_is_for_later(shop: Shop, simulator: Simulator) -> None:
    simulator.ask("limits", name="pay.prepay_per_second", value=0)
    try:
        with refused("FREQUENCY_LIMITED", Outcome.retry_later):
            shop.door.prepay(number("PAY"), **shop.ask())
    finally:
        simulator.ask("limits", name="pay.prepay_per_second")


@pytest.mark.parametrize("code", ["SYSTEM_ERROR", "BANK_ERROR"])
def test_when_wechat_pay_fails_nobody_knows_and_the_same_call_finds_out(either: Shop, simulator: Simulator, code: str) -> None:
    out_trade_no, ask = number("PAY"), either.ask()
    simulator.ask("faults", errcode={"path": "/v3/pay/*", "code": code})
    with refused(code, Outcome.unknown):
        either.door.prepay(*either.of, out_trade_no, **ask)
    simulator.ask("faults", timeout_after_accept={"path": "/v3/pay/*"})
    with refused("timeout", Outcome.unknown):
        either.door.prepay(*either.of, out_trade_no, **ask)
    assert either.pay(either.door.prepay(*either.of, out_trade_no, **ask)) == "ok"


def test_old_spellings_mean_what_new_ones_mean(shop: Shop, simulator: Simulator) -> None:
    mchid = shop.door.account.appid
    simulator.ask(f"accounts/{mchid}/switches", pay_old_error_codes=True)
    try:
        out_trade_no = number("PAY")
        assert shop.door.query(out_trade_no).state == "NOT_EXIST"
        shop.door.prepay(out_trade_no, **shop.ask())
        shop.door.close(out_trade_no)
        shop.door.close(out_trade_no)
    finally:
        simulator.ask(f"accounts/{mchid}/switches", pay_old_error_codes=False)


class TestAServiceProvider:
    def test_a_dealers_own_mini_program_pays_by_its_own_openid(self, dealer_shop: Shop) -> None:
        sub_appid = dealer_shop.door.account.settings["sub_mchids"][0]["sub_appid"]
        out_trade_no = number("PAY")
        prepay_id = dealer_shop.door.prepay(*dealer_shop.of, out_trade_no, **dealer_shop.ask(sub_appid=sub_appid))
        assert dealer_shop.pay(prepay_id, sub_appid=sub_appid) == "ok"
        trade = dealer_shop.door.query(*dealer_shop.of, out_trade_no)
        assert (trade.sub_appid, trade.sub_openid) == (sub_appid, dealer_shop.openid)

    def test_the_money_is_the_dealers(self, dealer_shop: Shop, simulator: Simulator) -> None:
        def held() -> list[int]:
            told = simulator.look(f"merchants/{dealer_shop.door.account.appid}")
            return [told["balance"]["held"], *(one["balance"]["held"] for one in told["sub_merchants"])]

        before = held()
        dealer_shop.paid(amount_fen=100_000)
        provider, first, second = (after - earlier for after, earlier in zip(held(), before, strict=True))
        assert (provider, first, second) == (0, 99_400, 0)

    def test_one_dealers_order_is_not_anothers(self, dealer_shop: Shop) -> None:
        trade, other = dealer_shop.paid(), dealer_shop.door.account.settings["sub_mchids"][1]["sub_mchid"]
        assert dealer_shop.door.query(other, trade.out_trade_no).state == "NOT_EXIST"

    @pytest.mark.parametrize("sub_mchid", ["1900000999", ""])
    def test_a_number_that_is_not_its_dealers_never_leaves(self, dealer_shop: Shop, simulator: Simulator, sub_mchid: str) -> None:
        before = latest(simulator)
        for call in (
            lambda: dealer_shop.door.prepay(sub_mchid, number("PAY"), **dealer_shop.ask()),
            lambda: dealer_shop.door.query(sub_mchid, "PAY0000001"),
            lambda: dealer_shop.door.close(sub_mchid, "PAY0000001"),
            lambda: dealer_shop.door.query_refund("REFUND0001", sub_mchid=sub_mchid),
            lambda: dealer_shop.door.query_refund("REFUND0001"),
        ):
            with pytest.raises(ValueError, match="sub_mchid"):
                call()
        assert simulator.look("calls", after=before)["calls"] == []

    def test_a_direct_merchant_has_no_dealers(self, shop: Shop) -> None:
        with pytest.raises(ValueError, match="sub_mchid"):
            shop.door.query_refund("REFUND0001", sub_mchid="1900000311")

    def test_a_direct_merchant_may_not_call_for_dealers(self, gateway: HttpGateway, shop: Shop) -> None:
        account = shop.door.account
        account.settings = {**account.settings, "sub_mchids": [{"sub_mchid": "1900000311", "name": "上海"}]}
        door = gateway.partner_pay(account)
        with refused("NO_AUTH", Outcome.permanent_account):
            door.prepay("1900000311", number("PAY"), **shop.ask())
