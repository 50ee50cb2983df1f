"""What the merchant tells WeChat of its deliveries: every rule with its code."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.platform_sim.mini import console, limited, notices, now, openid, visitor
from tests.platform_sim.support import Simulator, wait_until

UPLOAD, ORDER, LIST = "/wxa/sec/order/upload_shipping_info", "/wxa/sec/order/get_order", "/wxa/sec/order/get_order_list"
REMIND, SPECIAL, JUMP = "/wxa/sec/order/notify_confirm_receive", "/wxa/sec/order/opspecialorder", "/wxa/sec/order/set_msg_jump_path"
VIRTUAL, EXPRESS = {"item_desc": "极曜 S7 订金"}, {"item_desc": "车模", "tracking_no": "YT001", "express_company": "YTO"}
_numbers = itertools.count(1)
Order = tuple[dict[str, Any], str]


def bought(sim: Simulator) -> Order:
    """A buyer and the number of the order that she paid."""
    user, number = visitor(sim), f"SHIP{next(_numbers):06}"
    sim.paid(user, number)
    return user, number


def order(sim: Simulator, number: str) -> dict[str, Any]:
    answer = sim.api(ORDER, {"merchant_id": sim.merchant["mchid"], "merchant_trade_no": number})
    assert answer["errcode"] == 0, answer
    return dict(answer["order"])


def shipping(sim: Simulator, of: Order, **changed: Any) -> dict[str, Any]:
    """A whole upload: virtual goods, all at once, unless said otherwise; `...` leaves a field out."""
    user, number = of
    body = {
        "order_key": {"order_number_type": 1, "mchid": sim.merchant["mchid"], "out_trade_no": number},
        "logistics_type": 3, "delivery_mode": 1, "shipping_list": [VIRTUAL], "upload_time": "2026-11-22T13:29:35.120+08:00",
        "payer": {"openid": openid(sim, user)}, **changed,
    }  # fmt: skip
    return {name: value for name, value in body.items() if value is not ...}


def ship(sim: Simulator, of: Order, **changed: Any) -> int:
    return int(sim.api(UPLOAD, shipping(sim, of, **changed))["errcode"])


def express(sim: Simulator, of: Order, *parcels: dict[str, Any], **changed: Any) -> int:
    return ship(sim, of, logistics_type=1, shipping_list=list(parcels or (EXPRESS,)), **changed)


def parcel(number: int) -> dict[str, Any]:
    return {**EXPRESS, "tracking_no": f"YT{number:03}"}


def test_a_virtual_delivery_is_shipped_at_once_and_she_is_told(sim: Simulator) -> None:
    user, number = of = bought(sim)
    assert (order(sim, number)["order_state"], order(sim, number)["shipping"]) == (1, {})
    assert ship(sim, of) == 0
    told = order(sim, number)
    assert (told["order_state"], told["paid_amount"], told["openid"]) == (2, 200_000, openid(sim, user))
    assert (told["shipping"]["logistics_type"], told["shipping"]["finish_shipping_count"]) == (3, 1)
    assert told["shipping"]["shipping_list"][0]["goods_desc"] == VIRTUAL["item_desc"]
    assert [one["title"] for one in notices(sim, user)] == ["商家已发货"]


def test_wechats_own_number_names_the_order_too(sim: Simulator) -> None:
    of = bought(sim)
    transaction_id = order(sim, of[1])["transaction_id"]
    assert ship(sim, of, order_key={"order_number_type": 2, "transaction_id": transaction_id}) == 0
    assert sim.api(ORDER, {"transaction_id": transaction_id})["order"]["order_state"] == 2


@pytest.mark.parametrize(
    ("key", "errcode"),
    [
        ({"order_number_type": 3}, 268485194),
        ({"order_number_type": "1"}, 47001),
        ({}, 268485194),
        ({"order_number_type": 2}, 268485195),
        ({"order_number_type": 2, "transaction_id": ""}, 268485195),
        ({"order_number_type": 1, "out_trade_no": "SHIP1"}, 268485196),
        ({"order_number_type": 1, "mchid": "1900000109"}, 268485197),
        ({"order_number_type": 2, "transaction_id": "4200000000"}, 10060001),
        ({"order_number_type": 1, "mchid": "1900000109", "out_trade_no": "NEVER-PAID"}, 10060001),
        ({"order_number_type": 1, "mchid": "1", "out_trade_no": "x", "sub_mchid": "2"}, 40097),
    ],
)
def test_an_order_that_cannot_be_found_is_refused(sim: Simulator, key: dict[str, Any], errcode: int) -> None:
    assert ship(sim, bought(sim), order_key=key) == errcode


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"shipping_list": VIRTUAL}, 47001),
        ({"delivery_mode": "UNIFIED_DELIVERY"}, 47001),
        ({"logistics_type": "3"}, 47001),
        ({"is_all_delivered": "true"}, 47001),
        ({"upload_time": 1671082175}, 47001),
        ({"logistics_type": 5}, 10060005),
        ({"logistics_type": ...}, 10060005),
        ({"delivery_mode": 3}, 268485224),
        ({"delivery_mode": ...}, 268485224),
        ({"delivery_mode": 2, "is_all_delivered": True}, 10060006),
        ({"shipping_list": [VIRTUAL, VIRTUAL]}, 268485228),
        ({"shipping_list": []}, 10060014),
        ({"shipping_list": ...}, 10060014),
        ({"shipping_list": [{}]}, 10060008),
        ({"shipping_list": [{"item_desc": ""}]}, 10060008),
        ({"shipping_list": [{"item_desc": "字" * 121}]}, 10060009),
        ({"shipping_list": [{"item_desc": "字" * 120}]}, 0),
        ({"shipping_list": [{**VIRTUAL, "goods": 1}]}, 40097),
        ({"upload_time": "2022-12-15T13:29:35+08:00"}, 268485216),
        ({"upload_time": "2022-12-15 13:29:35.120"}, 268485216),
        ({"upload_time": "2022-13-15T13:29:35.120+08:00"}, 268485216),
        ({"upload_time": ...}, 268485216),
        ({"upload_time": "2026-11-22T05:29:35.120Z"}, 0),
        ({"payer": {"openid": "o-nobody"}}, 10060031),
        ({"payer": {}}, 10060014),
        ({"payer": ...}, 10060014),
        ({"order_key": ...}, 10060014),
        ({"remark": "x"}, 40097),
    ],
)
def test_every_rule_of_an_upload_has_its_code_and_a_refusal_ships_nothing(sim: Simulator, changed: dict[str, Any], errcode: int) -> None:
    of = bought(sim)
    assert ship(sim, of, **changed) == errcode
    assert order(sim, of[1])["order_state"] == (1 if errcode else 2)


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"tracking_no": ""}, 268485226),
        ({"express_company": ""}, 268485227),
        ({"tracking_no": "1" * 129}, 10060026),
        ({"express_company": "Y" * 129}, 10060025),
        ({"express_company": "SF"}, 10060014),
        ({"express_company": "SF", "contact": {"consignor_contact": "189****1234"}}, 0),
        ({"express_company": "SF", "contact": {"receiver_contact": "+86-177****1234"}}, 0),
        ({"contact": {"receiver_contact": "189********"}}, 10060014),
        ({"contact": {"phone": "189****1234"}}, 40097),
    ],
)
def test_an_express_delivery_names_its_parcel(sim: Simulator, changed: dict[str, Any], errcode: int) -> None:
    assert express(sim, bought(sim), {**EXPRESS, **changed}) == errcode


def test_an_order_may_go_out_in_parcels_and_is_shipped_with_the_last(sim: Simulator) -> None:
    of = bought(sim)
    assert express(sim, of, parcel(1), parcel(2), delivery_mode=2, is_all_delivered=False) == 0
    assert (order(sim, of[1])["order_state"], notices(sim, of[0])) == (1, [])
    assert express(sim, of, parcel(1), delivery_mode=2, is_all_delivered=False) == 10060023
    assert express(sim, of, parcel(3), delivery_mode=2) == 10060007
    assert express(sim, of, parcel(3), delivery_mode=2, is_all_delivered=True) == 0
    told = order(sim, of[1])
    assert (told["order_state"], [one["tracking_no"] for one in told["shipping"]["shipping_list"]]) == (2, ["YT001", "YT002", "YT003"])
    assert express(sim, of, parcel(4), delivery_mode=2, is_all_delivered=False) == 10060002


def test_fifteen_parcels_are_the_most_in_all_uploads_together(sim: Simulator) -> None:
    of = bought(sim)
    assert express(sim, of, *map(parcel, range(16)), delivery_mode=2, is_all_delivered=True) == 10060024
    assert express(sim, of, *map(parcel, range(15)), delivery_mode=2, is_all_delivered=False) == 0
    assert express(sim, of, parcel(15), delivery_mode=2, is_all_delivered=True) == 10060024


def test_a_shipped_order_is_shipped_anew_exactly_once(sim: Simulator) -> None:
    of = bought(sim)
    assert ship(sim, of) == 0
    assert ship(sim, of) == 10060023
    assert ship(sim, of, shipping_list=[{"item_desc": "极曜 S7 订金（更正）"}]) == 0
    assert order(sim, of[1])["shipping"]["finish_shipping_count"] == 2
    assert ship(sim, of, shipping_list=[{"item_desc": "再更正"}]) == 10060003
    assert order(sim, of[1])["shipping"]["shipping_list"][0]["goods_desc"] == "极曜 S7 订金（更正）"


def test_an_upload_that_comes_late_changes_nothing(sim: Simulator) -> None:
    of = bought(sim)
    assert ship(sim, of, upload_time="2026-11-22T13:29:35.120+08:00") == 0
    older = {"shipping_list": [{"item_desc": "更早"}], "upload_time": "2026-11-22T05:29:35.119Z"}
    assert ship(sim, of, **older) == 10060023
    assert order(sim, of[1])["shipping"]["shipping_list"][0]["goods_desc"] == VIRTUAL["item_desc"]


def test_two_hundred_uploads_at_once_ship_once(sim: Simulator) -> None:
    of, token = bought(sim), sim.token()["access_token"]
    body = shipping(sim, of)
    with ThreadPoolExecutor(20) as pool:
        codes = [one["errcode"] for one in pool.map(lambda _: sim.api(UPLOAD, body, token=token), range(200))]
    assert (codes.count(0), codes.count(10060023)) == (1, 199)
    assert (order(sim, of[1])["shipping"]["finish_shipping_count"], len(notices(sim, of[0]))) == (1, 1)


def test_neither_a_refunded_nor_a_confirmed_order_is_shipped(sim: Simulator) -> None:
    refunded, confirmed = bought(sim), bought(sim)
    assert sim.refund(refunded[1], f"R{refunded[1]}", refund=200_000)[0] == 200
    sim.advance(5)
    wait_until(lambda: order(sim, refunded[1])["order_state"] == 5, what="the refund is done")
    assert ship(sim, refunded) == 10060004
    assert ship(sim, confirmed) == 0
    transaction_id = order(sim, confirmed[1])["transaction_id"]
    sim.post(f"users/{confirmed[0]['id']}/confirm-receipt", transaction_id=transaction_id)
    assert ship(sim, confirmed, shipping_list=[{"item_desc": "晚了"}]) == 10060004


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({}, 10060014),
        ({"merchant_id": "1900000109"}, 10060014),
        ({"merchant_id": "1900000109", "merchant_trade_no": "NEVER"}, 10060001),
        ({"transaction_id": "42000"}, 10060001),
        ({"mchid": "1900000109"}, 40097),
    ],
)
def test_asking_for_an_unknown_order_is_refused(sim: Simulator, body: dict[str, Any], errcode: int) -> None:
    assert sim.api(ORDER, body)["errcode"] == errcode


def test_orders_are_listed_page_by_page_and_by_state_person_and_time(sim: Simulator) -> None:
    first = bought(sim)
    sim.paid(first[0], second := f"SHIP{next(_numbers):06}")
    ship(sim, first)
    mine = {"openid": openid(sim, first[0])}

    def numbers(**body: Any) -> list[str]:
        return [one["merchant_trade_no"] for one in sim.api(LIST, {**mine, **body})["order_list"]]

    assert numbers() == [first[1], second]
    assert (numbers(order_state=2), numbers(order_state=1), numbers(order_state=4)) == ([first[1]], [second], [])
    page = sim.api(LIST, {**mine, "page_size": 1})
    assert (page["has_more"], [one["merchant_trade_no"] for one in page["order_list"]]) == (True, [first[1]])
    rest = sim.api(LIST, {**mine, "page_size": 1, "last_index": page["last_index"]})
    assert (rest["has_more"], [one["merchant_trade_no"] for one in rest["order_list"]]) == (False, [second])
    moment = int(now(sim).timestamp())
    assert numbers(pay_time_range={"begin_time": moment + 60}) == []
    assert numbers(pay_time_range={"begin_time": moment - 600, "end_time": moment + 60}) == [first[1], second]


@pytest.mark.parametrize(
    ("body", "errcode"),
    [({"last_index": "abc"}, 10060011), ({"order_state": 7}, 10060014), ({"page_size": 101}, 10060014), ({"openids": "x"}, 40097)],
)
def test_a_wrong_listing_is_refused(sim: Simulator, body: dict[str, Any], errcode: int) -> None:
    assert sim.api(LIST, body)["errcode"] == errcode


def test_an_express_delivery_that_arrived_may_be_reminded_of_once(sim: Simulator) -> None:
    user, number = of = bought(sim)
    key = {"merchant_id": sim.merchant["mchid"], "merchant_trade_no": number}

    def remind(**changed: Any) -> int:
        return int(sim.api(REMIND, {**key, "received_time": int(now(sim).timestamp()), **changed})["errcode"])

    assert remind() == 10060028
    sim.advance(5)
    express(sim, of)
    assert remind(received_time=1) == 10060029
    assert remind(received_time=int(now(sim).timestamp()) + 900) == 10060029
    sim.advance(3 * 86400)
    assert [remind(), remind()] == [0, 10060030]
    assert notices(sim, user)[0]["title"] == "商品已签收，请确认收货"
    assert sim.api(REMIND, key)["errcode"] == 10060014


def test_what_is_no_express_delivery_is_never_reminded_of(sim: Simulator) -> None:
    of = bought(sim)
    ship(sim, of)
    body = {"merchant_id": sim.merchant["mchid"], "merchant_trade_no": of[1], "received_time": int(now(sim).timestamp()) + 1}
    sim.advance(2)
    assert sim.api(REMIND, body)["errcode"] == 10060032


def test_wechats_notices_lead_where_the_account_has_set(sim: Simulator) -> None:
    (mini,) = [one for one in sim.get("world")["accounts"] if one["appid"] == sim.mini["appid"]]
    path = f"{mini['pages'][0]}?from=wx"
    assert sim.api(JUMP, {"path": "pages/unborn/index"})["errcode"] == 40165
    assert sim.api(JUMP, {"path": path})["errcode"] == 0
    of = bought(sim)
    ship(sim, of)
    assert (notices(sim, of[0])[0]["page"], console(sim)["jump_path"]) == (path, path)


@pytest.mark.parametrize(
    ("days", "kind", "errcode"),
    [(1, 1, 0), (329, 1, 0), (331, 1, 268546001), (-1, 1, 268546001), (None, 1, 268546001), (None, 2, 0), (1, 3, 268546000)],
)
def test_a_late_order_is_reported_for_up_to_330_days(sim: Simulator, days: int | None, kind: int, errcode: int) -> None:
    delay = {} if days is None else {"delay_to": int(now(sim).timestamp()) + days * 86400}
    assert sim.api(SPECIAL, {"order_id": bought(sim)[1], "type": kind, **delay})["errcode"] == errcode


def test_a_shipped_or_unknown_order_is_not_reported(sim: Simulator) -> None:
    of = bought(sim)
    ship(sim, of)
    assert sim.api(SPECIAL, {"order_id": of[1], "type": 2})["errcode"] == 268546002
    assert sim.api(SPECIAL, {"order_id": "NEVER", "type": 2})["errcode"] == 268546002


def test_the_most_parcels_are_a_limit_like_any_other(sim: Simulator) -> None:
    with limited(sim, "parcels_per_order", 1):
        assert express(sim, bought(sim), parcel(1), parcel(2), delivery_mode=2, is_all_delivered=True) == 10060024
