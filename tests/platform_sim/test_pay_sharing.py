"""Profit sharing: frozen money, rounds and their limits, what fails, what is taken back, and what thaws by itself."""

from typing import Any

import pytest

from tests.platform_sim.support import Simulator, wait_until
from tests.platform_sim.till import Reply, Till, direct, provider

ADD, SHARE, RETURN = "/v3/profitsharing/receivers/add", "/v3/profitsharing/orders", "/v3/profitsharing/return-orders"
DAY = 86_400
DEALER, DEALER_NAME = "1900000311", "上海极曜汽车销售服务有限公司"
OTHER, OTHER_NAME = "1900000312", "北京极曜汽车销售服务有限公司"


@pytest.fixture(scope="module")
def till(sim: Simulator) -> Till:
    """The direct merchant, whose receivers are two dealers."""
    till = direct(sim)
    for mchid, name in ((DEALER, DEALER_NAME), (OTHER, OTHER_NAME)):
        assert receiver(till, mchid, name).status == 200
    return till


def receiver(till: Till, mchid: str, name: str, **more: str) -> Reply:
    serial = till.entry["public_key_id"]
    body = {"appid": till.entry["appid"], "type": "MERCHANT_ID", "account": mchid, "relation_type": "DISTRIBUTOR", **more}
    return till.ask("POST", ADD, {**body, "name": till.sealed(name, serial)}, serial=serial)


def paid(till: Till, number: str, *, total: int = 10_000, sharing: bool = True) -> str:
    """A payment a minute ago; gives its transaction_id."""
    user = till.sim.user()
    till.pay(user, till.order(user, number, total=total, settle_info={"profit_sharing": sharing}))
    till.sim.advance(61)
    return str(till.query(number)["transaction_id"])


def body(till: Till, transaction_id: str, number: str, *shares: tuple[str, int], unfreeze: bool = False) -> dict[str, Any]:
    receivers = [{"type": "MERCHANT_ID", "account": mchid, "amount": fen, "description": "订金分账"} for mchid, fen in shares]
    return {
        "appid": till.entry["appid"], "transaction_id": transaction_id, "out_order_no": number, "receivers": receivers,
        "unfreeze_unsplit": unfreeze,
    }  # fmt: skip


def share(till: Till, transaction_id: str, number: str, *shares: tuple[str, int], unfreeze: bool = False) -> Reply:
    return till.ask("POST", SHARE, body(till, transaction_id, number, *shares, unfreeze=unfreeze))


def unsplit(till: Till, transaction_id: str) -> int:
    return int(till.ask("GET", f"/v3/profitsharing/transactions/{transaction_id}/amounts").data["unsplit_amount"])


def finished(till: Till, transaction_id: str, number: str) -> Any:
    def told() -> Any:
        answer = till.ask("GET", f"{SHARE}/{number}", transaction_id=transaction_id).data
        return answer if answer["state"] == "FINISHED" else None

    return wait_until(told, what="the sharing finishes")


def dealer_money(sim: Simulator, mchid: str = DEALER) -> int:
    return int(provider(sim).balance(mchid)["available"])


def test_money_waits_is_shared_out_and_the_rest_is_set_free(sim: Simulator, till: Till) -> None:
    before, dealer = till.balance(), dealer_money(sim)
    transaction_id = paid(till, "SH0000001")
    assert unsplit(till, transaction_id) == 9_940
    assert till.balance()["available"] == before["available"], "all of it is frozen"
    asked = share(till, transaction_id, "SHARE0001", (DEALER, 2_000))
    assert (asked.status, asked.data["state"], asked.data["receivers"][0]["result"]) == (200, "PROCESSING", "PENDING")
    told = finished(till, transaction_id, "SHARE0001")
    assert ([one["result"] for one in told["receivers"]], dealer_money(sim) - dealer) == (["SUCCESS"], 2_000)
    assert unsplit(till, transaction_id) == 7_940

    path = f"{SHARE}/unfreeze"
    freed = till.ask("POST", path, {"transaction_id": transaction_id, "out_order_no": "SHARE0001U", "description": "解冻全部剩余资金"})
    assert (freed.status, freed.data["receivers"][0]["account"], freed.data["receivers"][0]["amount"]) == (200, till.mchid, 7_940)
    assert (unsplit(till, transaction_id), till.balance()["available"] - before["available"]) == (0, 7_940)
    assert share(till, transaction_id, "SHARE0001B", (DEALER, 1)).refusal == (400, "INVALID_REQUEST")


def test_the_same_number_is_the_same_single_round(sim: Simulator, till: Till) -> None:
    transaction_id, dealer = paid(till, "SH0000002"), dealer_money(sim)
    first, again = (share(till, transaction_id, "SHARE0002", (DEALER, 100)) for _ in range(2))
    assert (first.data["order_id"], unsplit(till, transaction_id)) == (again.data["order_id"], 9_840)
    assert share(till, transaction_id, "SHARE0002", (DEALER, 101)).refusal == (400, "INVALID_REQUEST")
    finished(till, transaction_id, "SHARE0002")
    assert dealer_money(sim) - dealer == 100
    [row] = [row for row in sim.get("duplicates", kind="out_order_no")["duplicates"] if row["key"] == "SHARE0002"]
    assert (row["attempts"], row["effects"]) == (3, 1)


def test_the_last_round_may_set_the_rest_free_itself(till: Till) -> None:
    transaction_id = paid(till, "SH0000003")
    share(till, transaction_id, "SHARE0003", (DEALER, 100), (OTHER, 50), unfreeze=True)
    told = finished(till, transaction_id, "SHARE0003")
    assert [(one["account"], one["amount"], one["result"]) for one in told["receivers"]] == [
        (DEALER, 100, "SUCCESS"), (OTHER, 50, "SUCCESS"), (till.mchid, 9_790, "SUCCESS"),
    ]  # fmt: skip


def test_no_more_than_the_agreed_part_of_an_order_is_shared(sim: Simulator, till: Till) -> None:
    transaction_id = paid(till, "SH0000004")
    assert share(till, transaction_id, "SHARE0004A", (DEALER, 3_001)).refusal == (403, "RULE_LIMIT")
    assert share(till, transaction_id, "SHARE0004B", (DEALER, 2_000)).status == 200
    assert share(till, transaction_id, "SHARE0004C", (DEALER, 1_001)).refusal == (403, "RULE_LIMIT")
    sim.post(f"accounts/{till.mchid}/switches", pay_sharing_percent=100)
    too_much = share(till, transaction_id, "SHARE0004D", (DEALER, 7_941))
    enough = share(till, transaction_id, "SHARE0004D", (DEALER, 7_940))
    sim.post(f"accounts/{till.mchid}/switches", pay_sharing_percent=30)
    assert (too_much.refusal, enough.status) == ((403, "NOT_ENOUGH"), 200)


def test_what_is_too_early_not_meant_for_it_or_not_there_is_refused(sim: Simulator, till: Till) -> None:
    user = sim.user()
    till.pay(user, till.order(user, "SH0000005", total=10_000, settle_info={"profit_sharing": True}))
    early = str(till.query("SH0000005")["transaction_id"])
    assert share(till, early, "SHARE0005", (DEALER, 1)).refusal == (400, "INVALID_REQUEST")
    sim.advance(61)
    assert share(till, early, "SHARE0005", (DEALER, 1)).status == 200
    plain = paid(till, "SH0000006", sharing=False)
    assert share(till, plain, "SHARE0006", (DEALER, 1)).refusal == (400, "INVALID_REQUEST")
    assert share(till, "4200000000000000000000000000", "SHARE0006", (DEALER, 1)).refusal == (404, "RESOURCE_NOT_EXISTS")
    reply = till.ask("GET", f"{SHARE}/SHARE0005", transaction_id=plain)
    assert reply.refusal == (404, "RESOURCE_NOT_EXISTS")


def test_there_are_fifty_rounds_and_fifty_receivers(sim: Simulator, till: Till) -> None:
    transaction_id = paid(till, "SH0000007")
    crowd = share(till, transaction_id, "SHARE0007", *[(DEALER, 1)] * 51)
    assert (crowd.refusal, crowd.data["detail"]["field"]) == ((400, "PARAM_ERROR"), "/receivers")
    sim.post("limits", name="pay.sharing_rounds", value=2)
    replies = [share(till, transaction_id, f"SHARE0007{n}", (DEALER, 1)).status for n in range(3)]
    sim.post("limits", name="pay.sharing_rounds")
    assert replies == [200, 200, 403]


def test_a_receiver_is_a_real_merchant_under_its_real_encrypted_name(sim: Simulator, till: Till) -> None:
    serial = till.entry["public_key_id"]
    assert receiver(till, DEALER, "极曜汽车").refusal == (400, "INVALID_REQUEST")
    assert receiver(till, "1900009999", "没有这家公司").refusal == (400, "INVALID_REQUEST")
    plain = {"appid": till.entry["appid"], "type": "MERCHANT_ID", "account": DEALER, "relation_type": "STORE"}
    assert till.ask("POST", ADD, plain, serial=serial).refusal == (400, "PARAM_ERROR")
    assert till.ask("POST", ADD, {**plain, "name": DEALER_NAME}, serial=serial).refusal == (400, "PARAM_ERROR")
    assert till.ask("POST", ADD, {**plain, "name": till.sealed(DEALER_NAME, serial)}).refusal == (400, "PARAM_ERROR")
    assert receiver(till, DEALER, DEALER_NAME, relation_type="CUSTOM").refusal == (400, "PARAM_ERROR")
    assert receiver(till, DEALER, DEALER_NAME, relation_type="CUSTOM", custom_relation="经销商").status == 200


def test_a_person_receives_under_her_openid(sim: Simulator, till: Till) -> None:
    openid = sim.user()["openids"][sim.mini["appid"]]
    person = {"appid": till.entry["appid"], "type": "PERSONAL_OPENID", "account": openid, "relation_type": "STAFF"}
    assert till.ask("POST", ADD, {**person, "account": "oStranger"}).refusal == (400, "INVALID_REQUEST")
    assert till.ask("POST", ADD, person).status == 200
    transaction_id = paid(till, "SH0000008")
    order = body(till, transaction_id, "SHARE0008")
    order["receivers"] = [{"type": "PERSONAL_OPENID", "account": openid, "amount": 10, "description": "奖励"}]
    assert till.ask("POST", SHARE, order).status == 200


def test_only_those_who_were_added_receive(till: Till) -> None:
    transaction_id = paid(till, "SH0000009")
    gone = {"appid": till.entry["appid"], "type": "MERCHANT_ID", "account": OTHER}
    assert till.ask("POST", "/v3/profitsharing/receivers/delete", gone).data == {"type": "MERCHANT_ID", "account": OTHER}
    assert share(till, transaction_id, "SHARE0009", (OTHER, 1)).refusal == (400, "INVALID_REQUEST")
    assert till.ask("POST", "/v3/profitsharing/receivers/delete", gone).refusal == (400, "INVALID_REQUEST")
    assert receiver(till, OTHER, OTHER_NAME).status == 200
    assert share(till, transaction_id, "SHARE0009", (OTHER, 1)).status == 200


def test_a_share_that_fails_says_why_and_its_money_is_free(sim: Simulator, till: Till) -> None:
    transaction_id, before = paid(till, "SH0000010"), till.balance()["available"]
    sim.post("faults", faults=[{"kind": "sharing_failure", "status": "ACCOUNT_ABNORMAL", "times": 1}])
    share(till, transaction_id, "SHARE0010", (DEALER, 500))
    told = finished(till, transaction_id, "SHARE0010")
    assert [(one["result"], one["fail_reason"]) for one in told["receivers"]] == [("CLOSED", "ACCOUNT_ABNORMAL")]
    assert till.balance()["available"] - before == 500


@pytest.mark.parametrize(("days", "left"), [(29, 9_940), (31, 0)])
def test_after_thirty_days_the_rest_thaws_by_itself(sim: Simulator, till: Till, days: int, left: int) -> None:
    transaction_id = paid(till, f"SHTHAW{days:04}")
    sim.advance(days * DAY)
    wait_until(lambda: unsplit(till, transaction_id) == left, what="the money thaws, or not")


def test_a_dealers_money_waits_half_a_year(sim: Simulator) -> None:
    till, user = provider(sim), sim.user()
    till.pay(user, till.dealer_order(user, "SHDEALER01", DEALER, total=10_000, settle_info={"profit_sharing": True}))
    path = "/v3/pay/partner/transactions/out-trade-no/SHDEALER01"
    transaction_id = till.ask("GET", path, sp_mchid=till.mchid, sub_mchid=DEALER).data["transaction_id"]
    sim.advance(31 * DAY)
    assert (unsplit(till, transaction_id), till.balance(DEALER)["waits_for_sharing"]) == (9_940, 9_940)
    serial = till.entry["public_key_id"]
    brand = {"appid": till.entry["appid"], "sub_mchid": DEALER, "type": "MERCHANT_ID", "account": "1900000109", "relation_type": "BRAND"}
    name = till.sealed("极曜汽车销售有限公司", serial)
    assert till.ask("POST", ADD, {**brand, "name": name}, serial=serial).data["sub_mchid"] == DEALER
    order = {**body(till, transaction_id, "SHARE0011", ("1900000109", 100)), "sub_mchid": DEALER}
    assert till.ask("POST", SHARE, {**order, "sub_mchid": OTHER}).refusal == (404, "RESOURCE_NOT_EXISTS")
    assert till.ask("POST", SHARE, order).data["sub_mchid"] == DEALER
    assert till.ask("GET", f"/v3/profitsharing/merchant-configs/{DEALER}").data == {"sub_mchid": DEALER, "max_ratio": 3_000}
    sim.advance(150 * DAY)
    wait_until(lambda: unsplit(till, transaction_id) == 0, what="the money thaws")


def taken_back(till: Till, number: str, back: str, amount: int, **more: Any) -> Reply:
    base = {"out_order_no": number, "out_return_no": back, "return_mchid": DEALER, "amount": amount, "description": "用户退款"}
    return till.ask("POST", RETURN, {**base, **more})


def test_shared_money_is_taken_back_once_and_can_then_be_refunded(sim: Simulator, till: Till) -> None:
    sim.post(f"merchants/{till.mchid}/withdraw")
    transaction_id = paid(till, "SH0000012")
    share(till, transaction_id, "SHARE0012", (DEALER, 3_000), unfreeze=True)
    finished(till, transaction_id, "SHARE0012")
    assert till.refund("SH0000012", "SHREF0012", refund=10_000, total=10_000).refusal == (403, "NOT_ENOUGH")
    dealer = dealer_money(sim)
    first, again = (taken_back(till, "SHARE0012", "BACK0012", 3_000) for _ in range(2))
    assert (first.status, first.data["return_id"], first.data["result"]) == (200, again.data["return_id"], "PROCESSING")
    assert taken_back(till, "SHARE0012", "BACK0012", 2_999).refusal == (400, "INVALID_REQUEST")

    def told() -> Any:
        return till.ask("GET", f"{RETURN}/BACK0012", out_order_no="SHARE0012").data["result"] == "SUCCESS"

    wait_until(told, what="the return is done")
    assert dealer_money(sim) == dealer - 3_000
    assert till.refund("SH0000012", "SHREF0012", refund=10_000, total=10_000).status == 200


def test_a_return_keeps_to_its_rules(sim: Simulator, till: Till) -> None:
    transaction_id = paid(till, "SH0000013")
    share(till, transaction_id, "SHARE0013", (DEALER, 1_000))
    finished(till, transaction_id, "SHARE0013")
    assert taken_back(till, "SHARE0013", "BACK0013", 1_001).refusal == (400, "INVALID_REQUEST")
    assert taken_back(till, "SHARE0013", "BACK0013", 1, return_mchid=OTHER).refusal == (400, "INVALID_REQUEST")
    assert taken_back(till, "SHNONE001", "BACK0013", 1).refusal == (404, "RESOURCE_NOT_EXISTS")
    assert taken_back(till, "SHARE0013", "BACK0013", 1, order_id="3008").refusal == (400, "PARAM_ERROR")
    sim.post(f"accounts/{DEALER}/switches", pay_allows_sharing_return=False)
    refused = taken_back(till, "SHARE0013", "BACK0013", 1)
    sim.post(f"accounts/{DEALER}/switches", pay_allows_sharing_return=True)
    assert refused.refusal == (403, "NO_AUTH")
    sim.post("limits", name="pay.sharing_returns_of_a_receiver", value=1)
    replies = [taken_back(till, "SHARE0013", f"BACK0013{n}", 1).status for n in range(2)]
    sim.post("limits", name="pay.sharing_returns_of_a_receiver")
    assert replies == [200, 403]
    sim.post(f"merchants/{DEALER}/withdraw")
    assert taken_back(till, "SHARE0013", "BACK0013P", 1).refusal == (403, "NOT_ENOUGH")
    sim.post(f"merchants/{DEALER}/top-up", amount=10)
    sim.advance(181 * DAY)
    assert taken_back(till, "SHARE0013", "BACK0013L", 1).refusal == (403, "RULE_LIMIT")


def test_a_return_that_fails_leaves_the_money_where_it_was(sim: Simulator, till: Till) -> None:
    transaction_id = paid(till, "SH0000014")
    share(till, transaction_id, "SHARE0014", (DEALER, 1_000))
    finished(till, transaction_id, "SHARE0014")
    before = dealer_money(sim)
    sim.post("faults", faults=[{"kind": "sharing_return_failure", "status": "ACCOUNT_ABNORMAL", "times": 1}])
    taken_back(till, "SHARE0014", "BACK0014", 1_000)

    def told() -> Any:
        answer = till.ask("GET", f"{RETURN}/BACK0014", out_order_no="SHARE0014").data
        return answer if answer["result"] != "PROCESSING" else None

    answer = wait_until(told, what="the return ends")
    assert (answer["result"], answer["fail_reason"], dealer_money(sim)) == ("FAILED", "ACCOUNT_ABNORMAL", before)


def test_a_refund_before_sharing_comes_out_of_the_frozen_money(sim: Simulator, till: Till) -> None:
    sim.post(f"merchants/{till.mchid}/withdraw")
    transaction_id = paid(till, "SH0000015")
    assert till.refund("SH0000015", "SHREF0015", refund=4_000, total=10_000).status == 200
    assert (unsplit(till, transaction_id), till.balance()["available"]) == (9_940 - 3_976, 0)


def test_the_console_lists_rounds_returns_and_receivers(sim: Simulator, till: Till) -> None:
    transaction_id = paid(till, "SH0000019")
    share(till, transaction_id, "SHARE0019", (DEALER, 1_000), unfreeze=True)
    finished(till, transaction_id, "SHARE0019")
    taken_back(till, "SHARE0019", "BACK0019", 100)
    shown = sim.get("sharing", limit=1000)
    assert "SHARE0019" in {one["out_order_no"] for one in shown["rounds"]}
    assert "BACK0019" in {one["out_return_no"] for one in shown["returns"]}
    assert (till.mchid, DEALER) in {(one["mchid"], one["account"]) for one in shown["receivers"]}
