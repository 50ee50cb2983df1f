"""Partner mode: a service provider takes payments for dealers, each with a merchant number of its own."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.platform_sim.support import Simulator, wait_until
from tests.platform_sim.till import Till, direct, provider

PREPAY = "/v3/pay/partner/transactions/jsapi"
Body = dict[str, Any]


def dealers(till: Till) -> tuple[str, str]:
    """The dealer that bound the mini-program, and the one without an appid."""
    first, second = till.entry["sub_mchids"]
    return first["sub_mchid"], second["sub_mchid"]


def whose(till: Till, sub_mchid: str) -> dict[str, str]:
    return {"sp_mchid": till.mchid, "sub_mchid": sub_mchid}


def test_a_dealers_payment_is_told_in_the_words_of_both(sim: Simulator) -> None:
    till, user = provider(sim), sim.user()
    [sub_mchid, _], openid = dealers(till), user["openids"][sim.mini["appid"]]
    body = till.dealer_order(user, "PT0000001", sub_mchid, sub_appid=sim.mini["appid"], payer={"sub_openid": openid})
    assert till.pay(user, body)["result"] == "ok"

    told = till.ask("GET", "/v3/pay/partner/transactions/out-trade-no/PT0000001", **whose(till, sub_mchid)).data
    parties = {"sp_appid": till.entry["appid"], "sp_mchid": till.mchid, "sub_appid": sim.mini["appid"], "sub_mchid": sub_mchid}
    assert {name: told[name] for name in parties} == parties
    assert ("mchid" in told, "appid" in told, told["payer"]) == (False, False, {"sp_openid": openid, "sub_openid": openid})
    assert till.ask("GET", f"/v3/pay/partner/transactions/id/{told['transaction_id']}", **whose(till, sub_mchid)).data == told
    [notice] = wait_until(lambda: till.notices("/paid", "PT0000001"), what="the notification")
    assert (notice["resource"], notice["signed_by"]) == (told, till.entry["public_key_id"])


def test_a_dealer_without_an_appid_is_paid_under_the_providers(sim: Simulator) -> None:
    till, user = provider(sim), sim.user()
    _, sub_mchid = dealers(till)
    before = till.balance(sub_mchid)["held"]
    assert till.pay(user, till.dealer_order(user, "PT0000002", sub_mchid, total=1000))["result"] == "ok"
    told = till.ask("GET", "/v3/pay/partner/transactions/out-trade-no/PT0000002", **whose(till, sub_mchid)).data
    assert (told["payer"], "sub_appid" in told) == ({"sp_openid": user["openids"][sim.mini["appid"]]}, False)
    assert till.balance(sub_mchid)["held"] == before + 1000 - 6
    assert till.balance()["held"] == 0


def test_the_sheet_names_the_dealer(sim: Simulator) -> None:
    till = provider(sim)
    sub_mchid, _ = dealers(till)
    prepay_id = till.prepay(till.dealer_order(sim.user(), "PT0000003", sub_mchid)).data["prepay_id"]
    assert sim.get(f"prepays/{prepay_id}")["merchant"] == "上海极曜汽车销售服务有限公司"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda till, body: {"sub_mchid": "1900009999"}, (403, "NO_AUTH")),
        (lambda till, body: {"sp_mchid": "1900000109"}, (400, "MCH_NOT_EXISTS")),
        (lambda till, body: {"sp_appid": "wx0000000000000000"}, (400, "APPID_MCHID_NOT_MATCH")),
        (lambda till, body: {"sub_appid": "wx0000000000000000"}, (400, "APPID_MCHID_NOT_MATCH")),
        (lambda till, body: {"sub_mchid": dealers(till)[1], "sub_appid": till.entry["appid"]}, (400, "APPID_MCHID_NOT_MATCH")),
        (lambda till, body: {"payer": {"sub_openid": body["payer"]["sp_openid"]}}, (400, "PARAM_ERROR")),
        (lambda till, body: {"payer": {}}, (400, "PARAM_ERROR")),
        (lambda till, body: {"payer": {"openid": body["payer"]["sp_openid"]}}, (400, "PARAM_ERROR")),
        (
            lambda till, body: {"payer": {**body["payer"], "sub_openid": body["payer"]["sp_openid"]}, "sub_appid": till.entry["appid"]},
            (400, "PARAM_ERROR"),
        ),
        (lambda till, body: {"payer": {"sp_openid": "oStranger"}}, (500, "OPENID_MISMATCH")),
        (lambda till, body: {"mchid": till.mchid}, (400, "PARAM_ERROR")),
    ],
)
def test_a_wrong_party_is_refused(sim: Simulator, change: Callable[[Till, Body], Body], expected: tuple[int, str]) -> None:
    till = provider(sim)
    body = till.dealer_order(sim.user(), "PTWRONG01", dealers(till)[0])
    assert till.ask("POST", PREPAY, {**body, **change(till, body)}).refusal == expected
    assert not [row for row in sim.get("payments")["payments"] if row["out_trade_no"] == "PTWRONG01"]


def test_neither_may_call_what_is_the_others(sim: Simulator) -> None:
    user, mine = sim.user(), direct(sim)
    till = provider(sim)
    assert mine.ask("POST", PREPAY, till.dealer_order(user, "PTOTHER01", dealers(till)[0])).refusal == (403, "NO_AUTH")
    assert till.ask("POST", "/v3/pay/transactions/jsapi", mine.order(user, "PTOTHER01")).refusal == (403, "NO_AUTH")


def test_an_order_is_found_only_under_its_own_dealer(sim: Simulator) -> None:
    till = provider(sim)
    first, second = dealers(till)
    assert till.prepay(till.dealer_order(sim.user(), "PT0000004", first)).status == 200
    path = "/v3/pay/partner/transactions/out-trade-no/PT0000004"
    assert till.ask("GET", path, **whose(till, first)).data["trade_state"] == "NOTPAY"
    assert till.ask("GET", path, **whose(till, second)).refusal == (404, "ORDER_NOT_EXIST")
    assert till.ask("GET", path, **whose(till, "1900009999")).refusal == (403, "NO_AUTH")
    assert till.ask("GET", path, sp_mchid="1900000109", sub_mchid=first).refusal == (400, "PARAM_ERROR")
    assert till.ask("POST", f"{path}/close", whose(till, second)).refusal == (404, "ORDER_NOT_EXIST")
    closed = till.ask("POST", f"{path}/close", whose(till, first))
    assert (closed.status, closed.body, closed.signed_by) == (204, b"", till.entry["public_key_id"])
    assert till.ask("GET", path, **whose(till, first)).data["trade_state"] == "CLOSED"


def test_a_refund_names_the_dealer_and_so_does_its_notice(sim: Simulator) -> None:
    till, user = provider(sim), sim.user()
    first, second = dealers(till)
    till.pay(user, till.dealer_order(user, "PT0000005", first))
    url = f"{sim.sink.url}/refunded"
    assert till.refund("PT0000005", "PTRF00001", refund=5).refusal == (400, "PARAM_ERROR")
    assert till.refund("PT0000005", "PTRF00001", refund=5, sub_mchid=second).refusal == (404, "RESOURCE_NOT_EXISTS")
    assert till.refund("PT0000005", "PTRF00001", refund=5, sub_mchid="1900009999").refusal == (403, "NO_AUTH")
    assert till.refund("PT0000005", "PTRF00001", refund=5, sub_mchid=first, notify_url=url).status == 200
    [notice] = wait_until(lambda: till.notices("/refunded", "PT0000005"), what="the notification")
    assert (notice["resource"]["sp_mchid"], notice["resource"]["sub_mchid"]) == (till.mchid, first)
    assert "mchid" not in notice["resource"]
    path = "/v3/refund/domestic/refunds/PTRF00001"
    assert till.ask("GET", path, sub_mchid=first).data["status"] == "SUCCESS"
    assert till.ask("GET", path, sub_mchid=second).refusal == (404, "RESOURCE_NOT_EXISTS")
    assert till.ask("GET", path).refusal == (400, "PARAM_ERROR")


def test_a_direct_merchant_has_no_dealer_to_name(sim: Simulator) -> None:
    till, user = direct(sim), sim.user()
    till.pay(user, till.order(user, "PT0000006"))
    assert till.refund("PT0000006", "PTRF00002", refund=5, sub_mchid="1900000311").refusal == (400, "PARAM_ERROR")
