"""Refunds as the merchant's library sees them: accepted, settled, notified, limited."""

import json

import pytest

from tests.platform_sim.support import Simulator, wait_until


def state(sim: Simulator, refund_no: str) -> str:
    return json.loads(sim.merchant_client.query_refund(refund_no)[1])["status"]


def notices(sim: Simulator, refund_no: str) -> list[dict]:
    opened = (sim.merchant_client.callback(one["headers"], one["body"]) for one in list(sim.sink.at("/refunded")))
    return [notice for notice in opened if notice["resource"]["out_refund_no"] == refund_no]


def test_a_refund_is_accepted_settled_and_notified(sim: Simulator) -> None:
    sim.paid(sim.user(), "MQRF000001")
    status, accepted = sim.refund("MQRF000001", "RF000001", refund=200_000, notify_url=f"{sim.sink.url}/refunded", reason="客户取消")
    assert (status, accepted["status"], accepted["amount"]["refund"]) == (200, "PROCESSING", 200_000)
    assert "success_time" not in accepted

    [notice] = wait_until(lambda: notices(sim, "RF000001"), what="the refund notification")
    told = notice["resource"]
    assert (notice["event_type"], told["refund_status"], "status" in told) == ("REFUND.SUCCESS", "SUCCESS", False)
    assert told["amount"] == {"total": 200_000, "refund": 200_000, "payer_total": 200_000, "payer_refund": 200_000}
    assert told["success_time"]
    assert state(sim, "RF000001") == "SUCCESS"
    assert json.loads(sim.merchant_client.query(out_trade_no="MQRF000001")[1])["trade_state"] == "REFUND"


def test_a_refund_without_a_notify_url_settles_in_silence(sim: Simulator) -> None:
    sim.paid(sim.user(), "MQRF000002")
    sim.refund("MQRF000002", "RF000002", refund=1)
    wait_until(lambda: state(sim, "RF000002") == "SUCCESS", what="the refund settles")
    assert [row["event"] for row in sim.callbacks(recipient="MQRF000002")] == ["TRANSACTION.SUCCESS"]


def test_the_same_refund_number_is_the_same_single_refund(sim: Simulator) -> None:
    sim.paid(sim.user(), "MQRF000003")
    first = sim.refund("MQRF000003", "RF000003", refund=200_000)[1]
    again = sim.refund("MQRF000003", "RF000003", refund=200_000)[1]
    assert again["refund_id"] == first["refund_id"]
    [row] = [row for row in sim.get("duplicates", kind="out_refund_no")["duplicates"] if row["key"] == "RF000003"]
    assert (row["attempts"], row["effects"]) == (2, 1)
    assert len([row for row in sim.get("refunds")["refunds"] if row["out_trade_no"] == "MQRF000003"]) == 1


def test_a_refund_number_is_not_given_to_another_refund(sim: Simulator) -> None:
    sim.paid(sim.user(), "MQRF000004")
    sim.refund("MQRF000004", "RF000004", refund=100)
    status, answer = sim.refund("MQRF000004", "RF000004", refund=101)
    assert (status, answer["code"]) == (400, "INVALID_REQUEST")


def test_partial_refunds_stay_a_minute_apart_and_never_exceed_what_was_paid(sim: Simulator) -> None:
    sim.paid(sim.user(), "MQRF000005", total=1000)
    assert sim.refund("MQRF000005", "RF000005A", refund=600, total=1000)[0] == 200
    status, answer = sim.refund("MQRF000005", "RF000005B", refund=100, total=1000)
    assert (status, answer["code"]) == (429, "FREQUENCY_LIMITED")
    sim.advance(61)
    status, answer = sim.refund("MQRF000005", "RF000005B", refund=401, total=1000)
    assert (status, answer["code"], answer["detail"]["field"]) == (400, "INVALID_REQUEST", "/amount/refund")
    assert sim.refund("MQRF000005", "RF000005B", refund=400, total=1000)[0] == 200


def test_the_fifty_first_partial_refund_is_refused(sim: Simulator) -> None:
    sim.paid(sim.user(), "MQRF000006", total=1000)
    for n in range(50):
        assert sim.refund("MQRF000006", f"RF000006N{n}", refund=1, total=1000)[0] == 200
        sim.advance(60)
    status, answer = sim.refund("MQRF000006", "RF000006N50", refund=1, total=1000)
    assert (status, "50" in answer["message"]) == (400, True)


def test_an_unpaid_order_an_unknown_order_and_a_wrong_total_are_refused(sim: Simulator) -> None:
    user = sim.user()
    sim.prepay(user, "MQRF000007")
    assert sim.refund("MQRF000007", "RF000007", refund=1)[0] == 400
    status, answer = sim.refund("MQNOWHERE1", "RF000007", refund=1)
    assert (status, answer["code"]) == (404, "RESOURCE_NOT_EXISTS")
    sim.paid(user, "MQRF000008")
    status, answer = sim.refund("MQRF000008", "RF000008", refund=1, total=5)
    assert (status, answer["detail"]["field"]) == (400, "/amount/total")
    status, text = sim.merchant_client.query_refund("RF000008")
    assert (status, json.loads(text)["code"]) == (404, "RESOURCE_NOT_EXISTS")


def test_a_year_later_a_payment_cannot_be_refunded(sim: Simulator) -> None:
    sim.paid(sim.user(), "MQRF000009")
    sim.advance(366 * 86_400)
    status, answer = sim.refund("MQRF000009", "RF000009", refund=1)
    assert (status, answer["code"]) == (403, "RULE_LIMIT")


@pytest.mark.parametrize("outcome", ["ABNORMAL", "CLOSED"])
def test_a_refund_can_end_badly_and_says_so(sim: Simulator, outcome: str) -> None:
    sim.paid(sim.user(), f"MQRFBAD{outcome}")
    sim.post("faults", refund_status={"status": outcome, "times": 1})
    sim.refund(f"MQRFBAD{outcome}", f"RFBAD{outcome}", refund=5, notify_url=f"{sim.sink.url}/refunded")
    [notice] = wait_until(lambda: notices(sim, f"RFBAD{outcome}"), what="the notification")
    assert (notice["event_type"], notice["resource"]["refund_status"]) == (f"REFUND.{outcome}", outcome)
    assert state(sim, f"RFBAD{outcome}") == outcome


def test_an_abnormal_refund_is_settled_to_the_merchants_own_account(sim: Simulator) -> None:
    sim.paid(sim.user(), "MQRFABNORM")
    sim.post("faults", refund_status={"status": "ABNORMAL", "times": 1})
    refund_id = sim.refund("MQRFABNORM", "RFABNORM", refund=5)[1]["refund_id"]
    wait_until(lambda: state(sim, "RFABNORM") == "ABNORMAL", what="the refund is abnormal")
    status, _ = sim.merchant_client.abnormal_refund(refund_id=refund_id, out_refund_no="RFABNORM", type="MERCHANT_BANK_CARD")
    assert status == 200
    wait_until(lambda: state(sim, "RFABNORM") == "SUCCESS", what="the refund settles")
    assert sim.merchant_client.abnormal_refund(refund_id=refund_id, out_refund_no="RFABNORM", type="MERCHANT_BANK_CARD")[0] == 400
