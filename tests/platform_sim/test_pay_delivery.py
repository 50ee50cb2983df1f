"""Money that waits for a delivery: the merchant has it and cannot spend it, except to give it back to her who paid it."""

from collections.abc import Iterator

import pytest

from tests.platform_sim.support import Simulator, wait_until
from tests.platform_sim.till import Till, direct

DAY = 86_400


@pytest.fixture
def till(sim: Simulator) -> Iterator[Till]:
    """The direct merchant of a mini-program whose trade is managed, its account empty, and a paid order from before."""
    till, user = direct(sim), sim.user()
    if not sim.get("payments")["payments"]:
        till.pay(user, till.order(user, "DLBEFORE01", total=10_000))
    sim.post(f"merchants/{till.mchid}/withdraw")
    sim.post(f"mini-programs/{sim.mini['appid']}/trade-management", managed=True, confirmed=True)
    yield till
    sim.post(f"mini-programs/{sim.mini['appid']}/trade-management", managed=False, confirmed=False)


def paid(till: Till, number: str) -> None:
    user = till.sim.user()
    assert till.pay(user, till.order(user, number, total=10_000))["result"] == "ok"


def test_frozen_money_is_held_and_not_available(sim: Simulator, till: Till) -> None:
    before = till.balance()
    paid(till, "DL00000001")
    after = till.balance()
    assert (after["held"] - before["held"], after["available"] - before["available"]) == (9_940, 0)
    assert after["waits_for_delivery"] - before["waits_for_delivery"] == 9_940
    taken = sim.http.post(f"{sim.base}/_sim/merchants/{till.mchid}/withdraw", json={"amount": 1}, timeout=60)
    assert taken.status_code == 409


def test_frozen_money_pays_back_its_own_order_and_no_other(till: Till) -> None:
    paid(till, "DL00000002")
    assert till.refund("DLBEFORE01", "DLREF00001", refund=10_000, total=10_000).refusal == (403, "NOT_ENOUGH")
    assert till.refund("DL00000002", "DLREF00002", refund=10_000, total=10_000).status == 200


def test_money_is_free_once_it_was_delivered_and_settled(sim: Simulator, till: Till) -> None:
    user, before = sim.user(), till.balance()["available"]
    till.pay(user, till.order(user, "DL00000003", total=10_000))
    body = {
        "order_key": {"order_number_type": 1, "mchid": till.mchid, "out_trade_no": "DL00000003"}, "logistics_type": 3, "delivery_mode": 1,
        "shipping_list": [{"item_desc": "订金"}], "upload_time": "2026-11-22T13:29:35.120+08:00",
        "payer": {"openid": user["openids"][sim.mini["appid"]]},
    }  # fmt: skip
    assert sim.api("/wxa/sec/order/upload_shipping_info", body)["errcode"] == 0
    sim.advance(2 * DAY + 60)
    sim.advance(DAY + 3_600)
    wait_until(lambda: till.balance()["available"] - before == 9_940, what="the money is settled")
    assert till.refund("DLBEFORE01", "DLREF00001", refund=9_000, total=10_000).status == 200
