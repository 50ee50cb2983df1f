"""Profit sharing over HTTP: receivers, rounds, what is left, and what is taken back."""

from __future__ import annotations

from typing import Any

import pytest

from app.wechat.client import Outcome, Trade
from app.wechat.endpoints.pay.sharing import MOST_RECEIVERS, ReceiverKind, Share, ShareReturn, SharingState
from dev.testing import wait_until
from tests.simulator import Simulator
from tests.wechat.contract.support import Shop, advance, last_request, number, refused

SHANGHAI, BEIJING = "上海极曜汽车销售服务有限公司", "北京极曜汽车销售服务有限公司"
DEALER, OTHER = "1900000311", "1900000312"


@pytest.fixture(params=["shop", "dealer_shop"])
def either(request: pytest.FixtureRequest) -> Shop:
    shop: Shop = request.getfixturevalue(request.param)
    return shop


@pytest.fixture
def frozen(either: Shop, simulator: Simulator) -> Trade:
    """A payment whose money waits to be shared, a minute later."""
    trade = either.paid(profit_sharing=True)
    advance(simulator, minutes=1)
    either.door.add_receiver(ReceiverKind.merchant, OTHER, relation="STORE", name=BEIJING, **either.whose)
    either.door.add_receiver(ReceiverKind.person, either.openid, relation="STAFF", **either.whose)
    return trade


def finished(shop: Shop, trade: Trade, out_order_no: str) -> SharingState:
    def state() -> SharingState:
        told: SharingState = shop.door.query_share(trade.transaction_id, out_order_no, **shop.whose)
        return told

    wait_until(lambda: state().state == "FINISHED")
    return state()


def to_other(amount_fen: int) -> Share:
    return Share(ReceiverKind.merchant, OTHER, amount_fen, "分给交付门店", name=BEIJING)


def test_a_payment_is_shared_and_the_rest_stays_frozen(either: Shop, frozen: Trade) -> None:
    out_order_no = number("SHARE")
    shares = [to_other(20_000), Share(ReceiverKind.person, either.openid, 500, "推荐奖励")]
    assert either.door.unshared(frozen.transaction_id) == 99_400
    asked = either.door.share(frozen.transaction_id, out_order_no, shares, unfreeze_rest=False, **either.whose)
    assert (asked.state, [part.result for part in asked.parts]) == ("PROCESSING", ["PENDING", "PENDING"])
    told = finished(either, frozen, out_order_no)
    assert [(part.kind, part.account, part.amount_fen, part.result) for part in told.parts] == [
        ("MERCHANT_ID", OTHER, 20_000, "SUCCESS"),
        ("PERSONAL_OPENID", either.openid, 500, "SUCCESS"),
    ]
    assert all(part.finished_at for part in told.parts)
    assert either.door.unshared(frozen.transaction_id) == 78_900


def test_the_same_number_is_the_same_round_though_names_are_sealed_anew(either: Shop, frozen: Trade) -> None:
    out_order_no = number("SHARE")
    first, again = (
        either.door.share(frozen.transaction_id, out_order_no, [to_other(1000)], unfreeze_rest=False, **either.whose) for _ in range(2)
    )
    assert first.order_id == again.order_id
    assert either.door.unshared(frozen.transaction_id) == 98_400
    with refused("INVALID_REQUEST", Outcome.permanent_person):
        either.door.share(frozen.transaction_id, out_order_no, [to_other(2000)], unfreeze_rest=False, **either.whose)


def test_the_last_round_sets_the_rest_free(either: Shop, frozen: Trade) -> None:
    either.door.share(frozen.transaction_id, number("SHARE"), [to_other(1000)], unfreeze_rest=True, **either.whose)
    assert either.door.unshared(frozen.transaction_id) == 0
    with refused("INVALID_REQUEST", Outcome.permanent_person):
        either.door.share(frozen.transaction_id, number("SHARE"), [to_other(1000)], unfreeze_rest=False, **either.whose)


def test_without_a_round_the_rest_is_set_free_too(either: Shop, frozen: Trade) -> None:
    out_order_no = number("SHARE")
    either.door.unfreeze(frozen.transaction_id, out_order_no, "不再分账", **either.whose)
    assert either.door.unshared(frozen.transaction_id) == 0
    assert finished(either, frozen, out_order_no).parts[0].amount_fen == 99_400
    with refused("RESOURCE_NOT_EXISTS", Outcome.permanent_person):
        either.door.unfreeze("4200000000000000000000000000", number("SHARE"), "没有这笔", **either.whose)


def test_a_part_that_fails_is_told_with_its_reason(either: Shop, frozen: Trade, simulator: Simulator) -> None:
    out_order_no = number("SHARE")
    simulator.ask("faults", sharing_failure={"status": "ACCOUNT_ABNORMAL"})
    either.door.share(frozen.transaction_id, out_order_no, [to_other(1000)], unfreeze_rest=False, **either.whose)
    [part] = finished(either, frozen, out_order_no).parts
    assert (part.result, part.fail_reason) == ("CLOSED", "ACCOUNT_ABNORMAL")


def test_no_whole_deposit_can_be_passed_on(either: Shop, frozen: Trade) -> None:
    with refused("RULE_LIMIT", Outcome.permanent_person):
        either.door.share(frozen.transaction_id, number("SHARE"), [to_other(30_001)], unfreeze_rest=False, **either.whose)


def test_sharing_waits_a_minute_and_was_announced_in_the_order(shop: Shop) -> None:
    shop.door.add_receiver(ReceiverKind.merchant, OTHER, relation="STORE", name=BEIJING)
    for order in ({"profit_sharing": True}, {}):
        trade = shop.paid(**order)
        with refused("INVALID_REQUEST", Outcome.permanent_person):
            shop.door.share(trade.transaction_id, number("SHARE"), [to_other(1000)], unfreeze_rest=False)


def test_a_round_has_one_to_fifty_receivers(shop: Shop) -> None:
    for shares in ([], [to_other(1)] * (MOST_RECEIVERS + 1)):
        with pytest.raises(ValueError, match="shares"):
            shop.door.share("4200000000000000000000000000", number("SHARE"), shares, unfreeze_rest=False)


def test_what_is_not_known_is_not_there(either: Shop, frozen: Trade) -> None:
    assert either.door.query_share(frozen.transaction_id, "SHARE999999", **either.whose) == SharingState("SHARE999999", "NOT_EXIST")
    assert either.door.query_return("SHARE999999", "RETURN999999", **either.whose) == ShareReturn("RETURN999999", "NOT_EXIST")
    with refused("RESOURCE_NOT_EXISTS", Outcome.permanent_person):
        either.door.unshared("4200000000000000000000000000")


class TestReceivers:
    def test_are_added_and_deleted(self, either: Shop, frozen: Trade) -> None:
        either.door.add_receiver(ReceiverKind.merchant, OTHER, relation="DISTRIBUTOR", name=BEIJING, **either.whose)
        either.door.delete_receiver(ReceiverKind.merchant, OTHER, **either.whose)
        with refused("INVALID_REQUEST", Outcome.permanent_person):
            either.door.share(frozen.transaction_id, number("SHARE"), [to_other(1000)], unfreeze_rest=False, **either.whose)
        with refused("INVALID_REQUEST", Outcome.permanent_person):
            either.door.delete_receiver(ReceiverKind.merchant, OTHER, **either.whose)

    def test_are_called_by_their_full_name(self, shop: Shop, simulator: Simulator) -> None:
        with refused("INVALID_REQUEST", Outcome.permanent_person):
            shop.door.add_receiver(ReceiverKind.merchant, DEALER, relation="STORE", name=BEIJING)
        shop.door.add_receiver(ReceiverKind.merchant, DEALER, relation="STORE", name=SHANGHAI)
        sent = last_request(simulator, "/v3/profitsharing/receivers/add")
        assert sent["name"]
        assert sent["name"] != SHANGHAI
        with pytest.raises(ValueError, match="name"):
            shop.door.add_receiver(ReceiverKind.merchant, DEALER, relation="STORE")

    def test_have_a_relation_that_wechat_pay_knows(self, shop: Shop) -> None:
        with refused("PARAM_ERROR", Outcome.permanent_person):
            shop.door.add_receiver(ReceiverKind.person, shop.openid, relation="FRIEND")


class TestMoneyTakenBack:
    @pytest.fixture
    def shared(self, either: Shop, frozen: Trade) -> str:
        out_order_no = number("SHARE")
        either.door.share(frozen.transaction_id, out_order_no, [to_other(10_000)], unfreeze_rest=False, **either.whose)
        finished(either, frozen, out_order_no)
        return out_order_no

    def back(self, shop: Shop, **other: Any) -> dict[str, Any]:
        return {"return_mchid": OTHER, "amount_fen": 4000, "description": "客户退订", **shop.whose, **other}

    def test_comes_back_once_per_number(self, either: Shop, shared: str) -> None:
        out_return_no = number("RETURN")
        first = either.door.return_share(shared, out_return_no, **self.back(either))
        assert first.return_id == either.door.return_share(shared, out_return_no, **self.back(either)).return_id
        wait_until(lambda: either.door.query_return(shared, out_return_no, **either.whose).result != "PROCESSING")
        told = either.door.query_return(shared, out_return_no, **either.whose)
        assert (told.result, told.amount_fen, told.return_mchid) == ("SUCCESS", 4000, OTHER)
        assert told.finished_at is not None

    def test_is_no_more_than_was_given(self, either: Shop, shared: str) -> None:
        with refused("INVALID_REQUEST", Outcome.permanent_person):
            either.door.return_share(shared, number("RETURN"), **self.back(either, amount_fen=10_001))

    def test_needs_the_receivers_consent(self, either: Shop, shared: str, simulator: Simulator) -> None:
        simulator.ask(f"accounts/{OTHER}/switches", pay_allows_sharing_return=False)
        try:
            with refused("NO_AUTH", Outcome.permanent_account):
                either.door.return_share(shared, number("RETURN"), **self.back(either))
        finally:
            simulator.ask(f"accounts/{OTHER}/switches", pay_allows_sharing_return=True)

    def test_that_the_receiver_no_longer_has_is_for_later(self, either: Shop, shared: str, simulator: Simulator) -> None:
        simulator.ask(f"merchants/{OTHER}/withdraw")
        with refused("NOT_ENOUGH", Outcome.retry_later):
            either.door.return_share(shared, number("RETURN"), **self.back(either))


def test_a_service_provider_sees_how_much_its_dealer_may_share(dealer_shop: Shop) -> None:
    assert dealer_shop.door.largest_share(DEALER) == 3000
    with pytest.raises(ValueError, match="sub_mchid"):
        dealer_shop.door.largest_share("1900000999")
