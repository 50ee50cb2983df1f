"""The money of a managed mini-program: frozen until shipped, confirmed and settled; what WeChat says of it on the way."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from tests.platform_sim.mini import console, contents, limited, openid, visitor
from tests.platform_sim.support import Simulator, wait_until

DAY = 86400
UPLOAD = "/wxa/sec/order/upload_shipping_info"
MANAGED, CONFIRMED = "/wxa/sec/order/is_trade_managed", "/wxa/sec/order/is_trade_management_confirmation_completed"
_numbers = itertools.count(1)


def manage(sim: Simulator, *, managed: bool, confirmed: bool = False) -> Any:
    return sim.post(f"mini-programs/{sim.mini['appid']}/trade-management", managed=managed, confirmed=confirmed)


@pytest.fixture
def managed(sim: Simulator) -> Iterator[Simulator]:
    manage(sim, managed=True)
    yield sim
    manage(sim, managed=False)


def buy(sim: Simulator) -> tuple[dict[str, Any], str]:
    user, number = visitor(sim), f"MONEY{next(_numbers):06}"
    sim.paid(user, number)
    return user, number


def order(sim: Simulator, number: str) -> dict[str, Any]:
    (found,) = [one for one in console(sim, "/orders", limit=1000)["orders"] if one["merchant_trade_no"] == number]
    return dict(found)


def ship(sim: Simulator, user: dict[str, Any], number: str, *, logistics_type: int = 3, what: str = "订金") -> None:
    parcel = {"item_desc": what} | ({"tracking_no": "YT1", "express_company": "YTO"} if logistics_type == 1 else {})
    body = {
        "order_key": {"order_number_type": 1, "mchid": sim.merchant["mchid"], "out_trade_no": number}, "logistics_type": logistics_type,
        "delivery_mode": 1, "shipping_list": [parcel], "upload_time": "2026-11-22T13:29:35.120+08:00",
        "payer": {"openid": openid(sim, user)},
    }  # fmt: skip
    assert sim.api(UPLOAD, body)["errcode"] == 0


def told(sim: Simulator, event: str, number: str | None = None, *, count: int = 1) -> list[dict[str, Any]]:
    """So many events of WeChat's about an order, or about none."""

    def found() -> list[dict[str, Any]]:
        events = [one for one in contents(sim) if one.get("Event") == event and one.get("merchant_trade_no") == number]
        return events if len(events) >= count else []

    return list(wait_until(found, what=f"{count} {event} about {number}"))


def untold(sim: Simulator, event: str, number: str) -> bool:
    """Nothing about this order was pushed."""
    drained(sim)
    return not [one for one in contents(sim) if one.get("Event") == event and one.get("merchant_trade_no") == number]


def drained(sim: Simulator) -> None:
    """Everything that is due has happened and was delivered."""
    wait_until(lambda: not sim.get("callbacks", state="pending", limit=1000)["callbacks"], what="every callback is delivered")


def settled(sim: Simulator, number: str) -> bool:
    return bool(order(sim, number)["order_state"] == 4)


def test_a_mini_program_is_not_managed_until_tencent_says_so(sim: Simulator) -> None:
    appid = {"appid": sim.mini["appid"]}
    assert (sim.api(MANAGED, appid)["is_trade_managed"], sim.api(CONFIRMED, appid)["completed"]) == (False, False)
    manage(sim, managed=True, confirmed=True)
    assert (sim.api(MANAGED, appid)["is_trade_managed"], sim.api(CONFIRMED, appid)["completed"]) == (True, True)
    manage(sim, managed=False)
    assert told(sim, "trade_manage_remind_access_api")[0]["msg"]


@pytest.mark.parametrize("path", [MANAGED, CONFIRMED])
@pytest.mark.parametrize(("body", "errcode"), [({}, 40097), ({"appid": "wx-another"}, 40013), ({"appid": 1}, 47001)])
def test_it_may_ask_for_itself_only(sim: Simulator, path: str, body: dict[str, Any], errcode: int) -> None:
    assert sim.api(path, body)["errcode"] == errcode


def test_without_management_nothing_is_frozen_and_no_settlement_is_told(sim: Simulator) -> None:
    user, number = buy(sim)
    assert order(sim, number)["frozen"] is False
    ship(sim, user, number)
    assert untold(sim, "trade_manage_order_settlement", number)


def test_what_was_paid_before_the_management_stays_free(sim: Simulator) -> None:
    _, before = buy(sim)
    sim.advance(1)
    manage(sim, managed=True)
    _, after = buy(sim)
    assert (order(sim, before)["frozen"], order(sim, after)["frozen"]) == (False, True)
    manage(sim, managed=False)
    assert order(sim, after)["frozen"] is False


@pytest.mark.parametrize(("logistics_type", "days"), [(1, 10), (3, 2), (4, 2), (2, 2)])
def test_a_delivery_confirms_itself_and_settles_the_day_after(managed: Simulator, logistics_type: int, days: int) -> None:
    sim = managed
    user, number = buy(sim)
    ship(sim, user, number, logistics_type=logistics_type)
    (shipped,) = told(sim, "trade_manage_order_settlement", number)
    assert int(shipped["estimated_settlement_time"]) - int(shipped["shipped_time"]) == (days + 1) * DAY
    assert "settlement_time" not in shipped
    sim.advance(days * DAY - 60)
    assert (order(sim, number)["order_state"], order(sim, number)["frozen"]) == (2, True)
    sim.advance(120)
    wait_until(lambda: order(sim, number)["order_state"] == 3, what="it confirms itself")
    assert order(sim, number)["frozen"] is True
    sim.advance(DAY)
    wait_until(lambda: settled(sim, number), what="it is settled")
    assert order(sim, number)["frozen"] is False
    _, done = told(sim, "trade_manage_order_settlement", number, count=2)
    assert (done["confirm_receive_method"], done["merchant_id"], done["sub_merchant_id"]) == ("1", sim.merchant["mchid"], None)
    assert int(done["settlement_time"]) - int(done["confirm_receive_time"]) >= DAY
    assert done["transaction_id"] == order(sim, number)["transaction_id"]


def test_her_own_confirmation_comes_before_the_automatic_one(managed: Simulator) -> None:
    sim = managed
    user, number = buy(sim)
    transaction_id = order(sim, number)["transaction_id"]
    path = f"{sim.base}/_sim/users/{user['id']}/confirm-receipt"
    confirm = {"transaction_id": transaction_id}
    assert sim.http.post(path, json=confirm, timeout=60).status_code == 409
    ship(sim, user, number, logistics_type=1)
    assert sim.http.post(path.replace(f"/{user['id']}/", f"/{visitor(sim)['id']}/"), json=confirm, timeout=60).status_code == 404
    assert sim.http.post(path, json=confirm, timeout=60).status_code == 200
    assert sim.http.post(path, json=confirm, timeout=60).status_code == 409
    sim.advance(DAY + 1)
    wait_until(lambda: settled(sim, number), what="it is settled")
    _, done = told(sim, "trade_manage_order_settlement", number, count=2)
    assert done["confirm_receive_method"] == "2"
    sim.advance(12 * DAY)
    assert len(told(sim, "trade_manage_order_settlement", number, count=2)) == 2


def test_shipping_anew_begins_the_days_anew(managed: Simulator) -> None:
    sim = managed
    user, number = buy(sim)
    ship(sim, user, number)
    sim.advance(DAY)
    ship(sim, user, number, logistics_type=4, what="改为自提")
    sim.advance(DAY + 60)
    told(sim, "trade_manage_order_settlement", number, count=2)
    assert order(sim, number)["order_state"] == 2
    sim.advance(DAY)
    wait_until(lambda: order(sim, number)["order_state"] == 3, what="it confirms itself two days after the second shipping")


def test_frozen_money_goes_back_whole_and_nothing_is_settled(managed: Simulator) -> None:
    sim = managed
    user, number = buy(sim)
    ship(sim, user, number)
    assert sim.refund(number, f"R{number}", refund=200_000)[0] == 200
    sim.advance(5)
    wait_until(lambda: order(sim, number)["order_state"] == 5, what="the refund is done")
    assert order(sim, number)["frozen"] is False
    for _ in range(3):
        sim.advance(2 * DAY)
    drained(sim)
    assert (order(sim, number)["order_state"], len(told(sim, "trade_manage_order_settlement", number))) == (5, 1)


def test_a_refund_of_a_part_leaves_the_rest_frozen_and_settles_it(managed: Simulator) -> None:
    sim = managed
    user, number = buy(sim)
    assert sim.refund(number, f"R{number}", refund=50_000)[0] == 200
    sim.advance(5)
    ship(sim, user, number)
    assert order(sim, number)["frozen"] is True
    for _ in range(2):
        sim.advance(2 * DAY)
        wait_until(lambda: order(sim, number)["order_state"] >= 3, what="it goes on")
    wait_until(lambda: settled(sim, number), what="it is settled")
    assert len(told(sim, "trade_manage_order_settlement", number, count=2)) == 2


def test_who_has_shipped_before_is_reminded_once_of_an_order_that_waits_two_days(managed: Simulator) -> None:
    sim = managed
    ship(sim, *buy(sim))
    (_, late), (reported_user, reported) = buy(sim), buy(sim)
    until = int(order(sim, reported)["pay_time"]) + 6 * DAY
    assert sim.api("/wxa/sec/order/opspecialorder", {"order_id": reported, "type": 1, "delay_to": until})["errcode"] == 0
    sim.advance(2 * DAY - 3600)
    assert untold(sim, "trade_manage_remind_shipping", late)
    sim.advance(2 * 3600)
    (reminder,) = told(sim, "trade_manage_remind_shipping", late)
    assert (reminder["merchant_id"], bool(reminder["msg"])) == (sim.merchant["mchid"], True)
    sim.advance(2 * DAY)
    assert untold(sim, "trade_manage_remind_shipping", reported)
    assert len(told(sim, "trade_manage_remind_shipping", late)) == 1
    sim.advance(3 * DAY)
    told(sim, "trade_manage_remind_shipping", reported)
    assert openid(sim, reported_user) != reminder["FromUserName"]


def test_a_clock_that_jumps_over_everything_settles_at_the_right_moments(managed: Simulator) -> None:
    sim = managed
    user, number = buy(sim)
    ship(sim, user, number)
    sim.advance(30 * DAY)
    shipped, done = told(sim, "trade_manage_order_settlement", number, count=2)
    assert int(done["confirm_receive_time"]) - int(shipped["shipped_time"]) == 2 * DAY
    assert int(done["settlement_time"]) == int(shipped["estimated_settlement_time"])


def test_the_days_and_hours_are_limits(managed: Simulator) -> None:
    sim = managed
    user, number = buy(sim)
    with limited(sim, "confirm_other_seconds", 1), limited(sim, "settle_seconds", 1):
        ship(sim, user, number)
        sim.advance(2)
        wait_until(lambda: order(sim, number)["order_state"] >= 3, what="it confirms itself")
        sim.advance(2)
        wait_until(lambda: settled(sim, number), what="it is settled")
