"""A JSAPI order to its last field: what may be said of it, how it is refused, what she can do with the sheet."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.platform_sim.support import Simulator, wait_until
from tests.platform_sim.till import Till, direct

WHOLE = {
    "attach": "order=42", "goods_tag": "AUTUMN", "support_fapiao": True,
    "detail": {
        "cost_price": 300_000, "invoice_id": "IV1",
        "goods_detail": [
            {"merchant_goods_id": "S7", "wechatpay_goods_id": "1001", "goods_name": "极曜 S7", "quantity": 1, "unit_price": 200_000},
        ],
    },
    "scene_info": {
        "payer_client_ip": "2001:db8::1", "device_id": "H5-013",
        "store_info": {"id": "SH001", "name": "上海极曜中心", "area_code": "310104", "address": "龙腾大道1号"},
    },
    "settle_info": {"profit_sharing": False},
}  # fmt: skip


@pytest.fixture
def till(sim: Simulator) -> Till:
    return direct(sim)


def test_an_order_with_every_field_is_opened_and_told(sim: Simulator, till: Till) -> None:
    user = sim.user()
    assert till.pay(user, till.order(user, "OR0000001", **WHOLE))["result"] == "ok"
    told = till.query("OR0000001")
    assert (told["attach"], told["scene_info"]) == ("order=42", {"device_id": "H5-013"})


def test_before_payment_only_a_few_fields_are_told(sim: Simulator, till: Till) -> None:
    till.prepay(till.order(sim.user(), "OR0000002"))
    told = till.query("OR0000002")
    assert told["trade_state"] == "NOTPAY"
    assert not {"transaction_id", "amount", "payer", "success_time", "trade_type", "bank_type"} & set(told)


GOODS = WHOLE["detail"]["goods_detail"][0]  # type: ignore[index]
SCENE = WHOLE["scene_info"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"description": ""}, "/description"),
        ({"description": "订" * 128}, "/description"),
        ({"description": 5}, "/description"),
        ({"out_trade_no": "x" * 33}, "/out_trade_no"),
        ({"out_trade_no": "with space"}, "/out_trade_no"),
        ({"attach": {"order": 42}}, "/attach"),
        ({"goods_tag": "x" * 33}, "/goods_tag"),
        ({"support_fapiao": "true"}, "/support_fapiao"),
        ({"notify_url": "https://a.example.com/" + "x" * 250}, "/notify_url"),
        ({"notify_url": "ftp://a.example.com/paid"}, "/notify_url"),
        ({"amount": 200_000}, "/amount"),
        ({"amount": {"currency": "CNY"}}, "/amount/total"),
        ({"amount": {"total": "200000"}}, "/amount/total"),
        ({"amount": {"total": True}}, "/amount/total"),
        ({"payer": {}}, "/payer/openid"),
        ({"detail": []}, "/detail"),
        ({"detail": {"cost_price": -1}}, "/detail/cost_price"),
        ({"detail": {"goods_detail": []}}, "/detail/goods_detail"),
        ({"detail": {"goods_detail": [{**GOODS, "quantity": 0}]}}, "/detail/goods_detail/0/quantity"),
        ({"detail": {"goods_detail": [GOODS, {**GOODS, "unit_price": "1"}]}}, "/detail/goods_detail/1/unit_price"),
        ({"detail": {"goods_detail": [{**GOODS, "colour": "red"}]}}, "/detail/goods_detail/0/colour"),
        ({"scene_info": {"device_id": "1"}}, "/scene_info/payer_client_ip"),
        ({"scene_info": {**SCENE, "payer_client_ip": "1.2.3"}}, "/scene_info/payer_client_ip"),
        ({"scene_info": {**SCENE, "store_info": {"name": "nowhere"}}}, "/scene_info/store_info/id"),
        ({"settle_info": {"profit_sharing": "Y"}}, "/settle_info/profit_sharing"),
        ({"settle_info": {"profitSharing": True}}, "/settle_info/profitSharing"),
        ({"time_expire": "2026-12-01 10:00:00"}, "/time_expire"),
        ({"time_expire": "2026-12-01T10:00:00"}, "/time_expire"),
        ({"time_expire": 1_780_000_000}, "/time_expire"),
        ({"trade_type": "JSAPI"}, "/trade_type"),
    ],
)
def test_a_field_that_does_not_fit_is_named(sim: Simulator, till: Till, change: dict[str, Any], field: str) -> None:
    reply = till.prepay({**till.order(sim.user(), "ORWRONG01"), **change})
    assert (reply.refusal, reply.data["detail"]["field"], reply.data["detail"]["location"]) == ((400, "PARAM_ERROR"), field, "body")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"order"', '{"description": "订金'.encode()])
def test_a_body_that_is_no_object_is_refused(till: Till, body: bytes) -> None:
    path = "/v3/pay/transactions/jsapi"
    parts = ",".join(f'{name}="{value}"' for name, value in till.authorization("POST", path, body).items())
    headers = {"Authorization": f"WECHATPAY2-SHA256-RSA2048 {parts}", "Accept": "application/json", "User-Agent": "till"}
    assert till.raw("POST", path, body, {**headers, "Content-Type": "application/json"}).refusal == (400, "PARAM_ERROR")


def test_an_unknown_query_parameter_is_refused(till: Till) -> None:
    reply = till.ask("GET", "/v3/pay/transactions/out-trade-no/ORQUERY01", mchid=till.mchid, verbose="1")
    assert (reply.refusal, reply.data["detail"]["location"]) == ((400, "PARAM_ERROR"), "query")


def test_the_last_moment_to_pay_is_at_least_a_minute_away(sim: Simulator, till: Till) -> None:
    user = sim.user()
    soon = (datetime.fromisoformat(sim.get("clock")["now"]) + timedelta(seconds=5)).isoformat()
    order = till.order(user, "OR0000003", time_expire=soon)
    sheet = till.sheet(till.prepay(order).data["prepay_id"], till.entry["appid"])
    sim.advance(30)
    assert sim.post(f"users/{user['id']}/pay", **sheet)["result"] == "ok"


def test_the_last_moment_cannot_be_moved_and_the_same_order_again_lasts_no_longer(sim: Simulator, till: Till) -> None:
    user = sim.user()
    now = datetime.fromisoformat(sim.get("clock")["now"])
    order = till.order(user, "OR0000004", time_expire=(now + timedelta(minutes=10)).isoformat())
    assert till.prepay(order).status == 200
    assert till.prepay({**order, "time_expire": (now + timedelta(minutes=20)).isoformat()}).refusal == (403, "OUT_TRADE_NO_USED")
    assert till.prepay(order).status == 200
    sim.advance(601)
    assert till.prepay(order).refusal == (400, "INVALID_REQUEST")


def test_codes_may_be_spelt_as_in_2020(sim: Simulator, till: Till) -> None:
    console = f"accounts/{till.mchid}/switches"
    sim.post(console, pay_old_error_codes=True)
    old = till.ask("GET", "/v3/pay/transactions/out-trade-no/OROLD00001", mchid=till.mchid)
    sim.post(console, pay_old_error_codes=False)
    assert (old.refusal, old.signed_by) == ((404, "ORDERNOTEXIST"), till.entry["public_key_id"])


def test_too_many_orders_in_a_second_are_refused_and_open_nothing(sim: Simulator, till: Till) -> None:
    sim.post("limits", name="pay.prepay_per_second", value=0)
    reply = till.prepay(till.order(sim.user(), "ORFAST0001"))
    sim.post("limits", name="pay.prepay_per_second")
    assert reply.refusal == (429, "FREQUENCY_LIMITED")
    assert till.ask("GET", "/v3/pay/transactions/out-trade-no/ORFAST0001", mchid=till.mchid).status == 404


@pytest.mark.parametrize(("action", "says"), [("cancel", "requestPayment:fail cancel"), ("refuse", "支付失败")])
def test_she_cancels_or_her_bank_refuses_and_may_try_again(sim: Simulator, till: Till, action: str, says: str) -> None:
    user = sim.user()
    number = f"ORACT{action.upper()}"
    order = till.order(user, number)
    answer = till.pay(user, order, action=action)
    assert (answer["result"], says in answer["errMsg"], till.query(number)["trade_state"]) == ("fail", True, "NOTPAY")
    assert sim.callbacks(recipient=number) == []
    assert till.pay(user, order)["result"] == "ok"


def test_somebody_at_the_pages_pays_for_her(sim: Simulator, till: Till) -> None:
    till.prepay(till.order(sim.user(), "OR0000005"))
    where = f"payments/{till.mchid}/OR0000005"
    assert sim.post(where, action="refuse")["result"] == "fail"
    assert sim.post(where, action="pay")["result"] == "ok"
    assert "已支付" in sim.post(where, action="pay")["errMsg"]
    wait_until(lambda: till.notices("/paid", "OR0000005"), what="the notification")
    assert sim.http.post(f"{sim.base}/_sim/payments/{till.mchid}/ORNONE0001", json={}, timeout=60).status_code == 404
    assert sim.http.post(f"{sim.base}/_sim/{where}", json={"action": "steal"}, timeout=60).status_code == 422


def test_a_person_whose_account_is_closed_cannot_pay(sim: Simulator, till: Till) -> None:
    user = sim.user()
    sim.post(f"users/{user['id']}/pay-account", abnormal=True)
    assert "账户异常" in till.pay(user, till.order(user, "OR0000006"))["errMsg"]
    sim.post(f"users/{user['id']}/pay-account", abnormal=False)
    assert till.pay(user, till.order(user, "OR0000006"))["result"] == "ok"


def test_the_list_goes_on_after_what_was_seen(sim: Simulator, till: Till) -> None:
    for n in range(3):
        till.prepay(till.order(sim.user(), f"ORLIST000{n}"))
    newest = sim.get("payments", limit=2)["payments"]
    assert [row["out_trade_no"] for row in newest] == ["ORLIST0002", "ORLIST0001"]
    assert [row["out_trade_no"] for row in sim.get("payments", after=newest[1]["id"])["payments"]] == ["ORLIST0002"]
