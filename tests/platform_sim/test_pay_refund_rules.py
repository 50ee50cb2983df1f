"""The rules of refunds that hurt: one refund whatever happens, money that is not there, closed accounts, the rescue of a failed one."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.platform_sim.support import Simulator, wait_until
from tests.platform_sim.till import Reply, Till, direct

REFUNDS = "/v3/refund/domestic/refunds"


@pytest.fixture
def till(sim: Simulator) -> Till:
    return direct(sim)


def paid(till: Till, number: str, *, total: int = 200_000) -> None:
    user = till.sim.user()
    assert till.pay(user, till.order(user, number, total=total))["result"] == "ok"


def state(till: Till, refund_no: str) -> str:
    return str(till.ask("GET", f"{REFUNDS}/{refund_no}").data["status"])


def test_two_hundred_identical_requests_at_once_are_one_refund(sim: Simulator, till: Till) -> None:
    paid(till, "RR0000001")
    before = till.balance()["held"]
    sim.post("limits", name="pay.refund_per_second", value=1000)
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda _: till.refund("RR0000001", "RRREF0001", refund=100_000), range(200)))
    sim.post("limits", name="pay.refund_per_second")
    sim.advance(1)  # what it used of this second is not its neighbours'
    assert ({reply.status for reply in replies}, len({reply.data["refund_id"] for reply in replies})) == ({200}, 1)
    assert len([row for row in sim.get("refunds", limit=1000)["refunds"] if row["out_trade_no"] == "RR0000001"]) == 1
    assert before - till.balance()["held"] == 100_000 - 600
    [row] = [row for row in sim.get("duplicates", kind="out_refund_no")["duplicates"] if row["key"] == "RRREF0001"]
    assert (row["attempts"], row["effects"]) == (200, 1)


def test_money_that_was_taken_to_the_bank_cannot_be_refunded(sim: Simulator, till: Till) -> None:
    paid(till, "RR0000002", total=10_000)
    sim.post(f"merchants/{till.mchid}/withdraw")
    assert till.refund("RR0000002", "RRREF0002", refund=10_000, total=10_000).refusal == (403, "NOT_ENOUGH")
    sim.post(f"merchants/{till.mchid}/top-up", amount=9_939)
    assert till.refund("RR0000002", "RRREF0002", refund=10_000, total=10_000).refusal == (403, "NOT_ENOUGH")
    sim.post(f"merchants/{till.mchid}/top-up", amount=1)
    reply = till.refund("RR0000002", "RRREF0002", refund=10_000, total=10_000)
    assert (reply.status, till.balance()["available"]) == (200, 0)
    [row] = sim.get("duplicates", kind="out_refund_no", key="RRREF0002")["duplicates"]
    assert (row["attempts"], row["effects"]) == (1, 1), "what was refused did not happen"


def test_all_refunds_of_an_order_bring_its_whole_fee_back(sim: Simulator, till: Till) -> None:
    before = till.balance()["held"]
    paid(till, "RR0000003", total=1_000)
    assert till.balance()["held"] == before + 1_000 - 6
    for n, part in enumerate((333, 333, 334)):
        assert till.refund("RR0000003", f"RRREF0003{n}", refund=part, total=1_000).status == 200
        sim.advance(61)
    assert till.balance()["held"] == before


def test_a_refund_to_a_closed_account_is_refused_and_takes_nothing(sim: Simulator, till: Till) -> None:
    user = sim.user()
    till.pay(user, till.order(user, "RR0000004"))
    before = till.balance()
    sim.post(f"users/{user['id']}/pay-account", abnormal=True)
    assert till.refund("RR0000004", "RRREF0004", refund=5).refusal == (403, "USER_ACCOUNT_ABNORMAL")
    assert till.balance() == before
    sim.post(f"users/{user['id']}/pay-account", abnormal=False)
    assert till.refund("RR0000004", "RRREF0004", refund=5).status == 200, "the same number again, as the rule says"


def test_who_closed_her_wechat_account_cannot_be_refunded(sim: Simulator, till: Till) -> None:
    user = sim.user()
    till.pay(user, till.order(user, "RRCLOSED01"))
    sim.post(f"users/{user['id']}/close-account")
    assert till.refund("RRCLOSED01", "RRREFCLOS1", refund=5).refusal == (403, "USER_ACCOUNT_ABNORMAL")


def waiting(sim: Simulator, till: Till, number: str, refund_no: str) -> str:
    """A refund that stays in PROCESSING until somebody decides it; gives its id."""
    paid(till, number)
    sim.post("limits", name="pay.refund_settle_seconds", value=86_400)
    reply = till.refund(number, refund_no, refund=200_000, notify_url=f"{sim.sink.url}/refunded")
    sim.post("limits", name="pay.refund_settle_seconds")
    return str(reply.data["refund_id"])


@pytest.mark.parametrize("status", ["SUCCESS", "CLOSED", "ABNORMAL"])
def test_somebody_decides_a_refund_now(sim: Simulator, till: Till, status: str) -> None:
    number = f"RRNOW{status}"
    before = till.balance()["held"]
    refund_id = waiting(sim, till, number, f"REF{number}")
    assert state(till, f"REF{number}") == "PROCESSING"
    sim.post(f"refunds/{refund_id}", status=status)
    assert state(till, f"REF{number}") == status
    [notice] = wait_until(lambda: till.notices("/refunded", number), what="the notification")
    assert (notice["event_type"], notice["resource"]["refund_status"]) == (f"REFUND.{status}", status)
    again = sim.http.post(f"{sim.base}/_sim/refunds/{refund_id}", json={"status": "SUCCESS"}, timeout=60)
    assert (again.status_code, state(till, f"REF{number}")) == (409, status)
    sim.advance(86_400)
    assert state(till, f"REF{number}") == status
    assert till.balance()["held"] - before == (198_800 if status == "CLOSED" else 0)


def test_the_money_of_a_closed_refund_may_be_refunded_again(sim: Simulator, till: Till) -> None:
    refund_id = waiting(sim, till, "RR0000005", "RRREF0005")
    assert till.refund("RR0000005", "RRREF0005B", refund=1).refusal == (400, "INVALID_REQUEST")
    sim.post(f"refunds/{refund_id}", status="CLOSED")
    assert till.refund("RR0000005", "RRREF0005C", refund=200_000).status == 200


def test_a_planted_end_is_that_of_the_next_refund_asked_for(sim: Simulator, till: Till) -> None:
    """Not of one that was on its way already, however late that one settles."""
    paid(till, "RRFATE0001")
    sim.post("limits", name="pay.refund_settle_seconds", value=3_600)
    till.refund("RRFATE0001", "RRREFFATE1", refund=5)
    sim.advance(61)
    sim.post("faults", refund_status={"status": "ABNORMAL", "times": 1})
    till.refund("RRFATE0001", "RRREFFATE2", refund=5)
    sim.post("limits", name="pay.refund_settle_seconds")
    sim.advance(3_600)
    wait_until(lambda: state(till, "RRREFFATE1") == "SUCCESS", what="the first one settles")
    wait_until(lambda: state(till, "RRREFFATE2") == "ABNORMAL", what="the second one settles")


def rescue(till: Till, refund_id: str, refund_no: str, serial: str | None = None, **body: str) -> Reply:
    return till.ask("POST", f"{REFUNDS}/{refund_id}/apply-abnormal-refund", {"out_refund_no": refund_no, **body}, serial=serial)


def test_an_abnormal_refund_is_rescued_to_her_bank_card_by_encrypted_fields(sim: Simulator, till: Till) -> None:
    refund_id, serial = waiting(sim, till, "RR0000006", "RRREF0006"), till.entry["public_key_id"]
    sim.post(f"refunds/{refund_id}", status="ABNORMAL")
    sealed = {"bank_account": till.sealed("6222020200112233445", serial), "real_name": till.sealed("林晓雯", serial)}
    card = {"type": "USER_BANK_CARD", "bank_type": "ICBC_DEBIT", **sealed}
    assert rescue(till, refund_id, "RRREF0006", **card).refusal == (400, "PARAM_ERROR"), "no word of which key it was encrypted for"
    assert rescue(till, refund_id, "RRREF0006", serial, **{**card, "real_name": "林晓雯"}).refusal == (400, "PARAM_ERROR")
    assert rescue(till, refund_id, "RRREF0006", serial, **{**card, "bank_type": "ICBC"}).refusal == (400, "PARAM_ERROR")
    assert rescue(till, refund_id, "RRREF0006", serial, type="USER_BANK_CARD").refusal == (400, "PARAM_ERROR")
    assert rescue(till, "50300000000000000000000000000", "RRREF0006", serial, **card).refusal == (404, "RESOURCE_NOT_EXISTS")
    reply = rescue(till, refund_id, "RRREF0006", serial, **card)
    assert (reply.status, reply.data["status"], reply.data["channel"]) == (200, "PROCESSING", "OTHER_BANKCARD")
    wait_until(lambda: state(till, "RRREF0006") == "SUCCESS", what="the refund settles")
    assert rescue(till, refund_id, "RRREF0006", serial, **card).refusal == (400, "INVALID_REQUEST")


def test_what_she_was_rescued_with_is_nowhere_in_the_record(sim: Simulator, till: Till) -> None:
    record = str(sim.get("calls", path="*apply-abnormal-refund", limit=100))
    assert "RRREF0006" in record
    assert "6222020200112233445" not in record


@pytest.mark.parametrize(
    "change",
    [
        {"out_refund_no": "x" * 65}, {"out_refund_no": "a b"}, {"reason": "因" * 81}, {"reason": ""}, {"funds_account": "UNSETTLED"},
        {"notify_url": "http://shop.example.com/refunded"}, {"notify_url": "https://" + "x" * 250}, {"note": "x"},
        {"amount": {"refund": 1, "total": 200_000}}, {"amount": {"refund": 0, "total": 200_000, "currency": "CNY"}},
        {"amount": {"refund": 5, "total": 200_000, "currency": "CNY", "from": [{"account": "AVAILABLE", "amount": 4}]}},
        {"goods_detail": [{"merchant_goods_id": "S7", "unit_price": 1, "refund_amount": 1}]}, {"transaction_id": "4200"},
    ],
)  # fmt: skip
def test_a_field_that_does_not_fit_refunds_nothing(sim: Simulator, till: Till, change: dict[str, object]) -> None:
    before = len(sim.get("refunds", limit=1000)["refunds"])
    sim.advance(1)  # a merchant may err six times a second
    amount = {"refund": 5, "total": 200_000, "currency": "CNY"}
    body = {"out_trade_no": "RR0000001", "out_refund_no": "RRWRONG01", "amount": amount, **change}
    assert till.ask("POST", REFUNDS, body).refusal == (400, "PARAM_ERROR")
    assert len(sim.get("refunds", limit=1000)["refunds"]) == before


def test_who_errs_too_often_in_a_second_is_shut_out_for_a_moment(sim: Simulator, till: Till) -> None:
    paid(till, "RR0000007")
    sim.advance(2)
    sim.post("limits", name="pay.refund_errors_per_second", value=1)
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda _: till.refund("RR0000007", "RRREF0007", refund=0), range(40)))
    assert {reply.refusal for reply in replies} == {(400, "PARAM_ERROR"), (429, "FREQUENCY_LIMITED")}
    sim.advance(2)
    assert till.refund("RR0000007", "RRREF0007", refund=5).status == 200
    sim.post("limits", name="pay.refund_errors_per_second")


def test_too_many_refunds_in_a_second_are_refused(sim: Simulator, till: Till) -> None:
    sim.post("limits", name="pay.refund_per_second", value=0)
    reply = till.refund("RR0000007", "RRREF0007", refund=5)
    sim.post("limits", name="pay.refund_per_second")
    assert reply.refusal == (429, "FREQUENCY_LIMITED")


def test_an_order_of_more_than_a_month_has_a_rate_of_its_own(sim: Simulator, till: Till) -> None:
    paid(till, "RR0000008")
    paid(till, "RR0000009")
    sim.advance(31 * 86_400)
    sim.post("limits", name="pay.old_order_refunds_per_minute", value=1)
    replies = [till.refund(f"RR000000{n}", f"RRREFOLD{n}", refund=5) for n in (8, 9)]
    sim.post("limits", name="pay.old_order_refunds_per_minute")
    assert [reply.status for reply in replies] == [200, 429]
