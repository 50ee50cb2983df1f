"""The book of money holds whatever is done: no account below nought, no fen from nowhere, every balance the one before it and its entry."""

from itertools import pairwise
from random import Random
from typing import Any

from tests.platform_sim.support import Simulator, wait_until
from tests.platform_sim.till import Till, direct

DEALER, DEALER_NAME = "1900000311", "上海极曜汽车销售服务有限公司"


class Business:
    """A merchant who does at random what a merchant does; refusals are part of it."""

    def __init__(self, till: Till, seed: int) -> None:
        self.till, self.user, self.random = till, till.sim.user(), Random(seed)
        self.paid: list[tuple[str, str, int]] = []
        self.shared: list[str] = []
        self.count = 0

    def number(self) -> str:
        self.count += 1
        return f"BOOK{self.count:06}"

    def pay(self) -> int:
        number, total = self.number(), self.random.randint(1, 5_000)
        order = self.till.order(self.user, number, total=total, settle_info={"profit_sharing": self.random.random() < 0.6})
        assert self.till.pay(self.user, order)["result"] == "ok"
        self.paid.append((number, self.till.query(number)["transaction_id"], total))
        return 200

    def refund(self) -> int:
        number, _, total = self.random.choice(self.paid)
        return self.till.refund(number, self.number(), refund=self.random.randint(1, total), total=total).status

    def share(self) -> int:
        _, transaction_id, total = self.random.choice(self.paid)
        number = self.number()
        one = {"type": "MERCHANT_ID", "account": DEALER, "amount": self.random.randint(1, total), "description": "分账"}
        body = {
            "appid": self.till.entry["appid"], "transaction_id": transaction_id, "out_order_no": number, "receivers": [one],
            "unfreeze_unsplit": self.random.random() < 0.3,
        }  # fmt: skip
        reply = self.till.ask("POST", "/v3/profitsharing/orders", body)
        self.shared += [number] if reply.status == 200 else []
        return reply.status

    def take_back(self) -> int:
        body = {
            "out_order_no": self.random.choice(self.shared or ["NONE"]), "out_return_no": self.number(), "return_mchid": DEALER,
            "amount": self.random.randint(1, 500), "description": "回退",
        }  # fmt: skip
        return self.till.ask("POST", "/v3/profitsharing/return-orders", body).status

    def withdraw(self) -> int:
        mchid = self.random.choice([self.till.mchid, DEALER])
        self.till.sim.post(f"merchants/{mchid}/withdraw")
        return 200

    def wait(self) -> int:
        self.till.sim.advance(self.random.choice([61, 86_400, 31 * 86_400]))
        return 200


def entries(sim: Simulator, mchid: str) -> list[dict[str, Any]]:
    return list(reversed(sim.get(f"merchants/{mchid}/funds", limit=1000)["funds"]))


def settled(sim: Simulator) -> bool:
    """Nothing is on its way."""
    rounds = sim.get("sharing", limit=1000)
    pending = [one for one in rounds["rounds"] if one["state"] != "FINISHED"] + [
        one for one in rounds["returns"] if one["result"] == "PROCESSING"
    ]
    return not pending and not [one for one in sim.get("refunds", limit=1000)["refunds"] if one["state"] == "PROCESSING"]


def test_the_book_holds_whatever_is_done(sim: Simulator) -> None:
    till = direct(sim)
    sim.post(f"accounts/{till.mchid}/switches", pay_sharing_percent=60)
    serial = till.entry["public_key_id"]
    receiver = {"appid": till.entry["appid"], "type": "MERCHANT_ID", "account": DEALER, "relation_type": "STORE"}
    till.ask("POST", "/v3/profitsharing/receivers/add", {**receiver, "name": till.sealed(DEALER_NAME, serial)}, serial=serial)
    business = Business(till, seed=20261122)
    for _ in range(5):
        business.pay()
    outcomes = []
    sim.post("faults", faults=[{"kind": "sharing_failure", "status": "ACCOUNT_ABNORMAL", "percent": 20, "seed": 3}])
    sim.post("faults", faults=[{"kind": "refund_status", "status": "CLOSED", "percent": 20, "seed": 4}])
    for _ in range(150):
        what = business.random.choice(["pay", "refund", "refund", "share", "share", "take_back", "withdraw", "wait"])
        outcomes.append((what, getattr(business, what)() == 200))
        for mchid in (till.mchid, DEALER):
            shown = sim.get("merchants")["merchants"]
            money = next(
                one["balance"] for row in shown for one in (row, *row["sub_merchants"]) if one["mchid"] == mchid
            )  # fmt: skip
            assert min(money["held"], money["available"], money["waits_for_sharing"]) >= 0, (what, mchid, money)
    done = {what for what, was_done in outcomes if was_done}
    assert {"refund", "share", "take_back"} <= done, "something of everything went through"
    assert {"refund", "share"} <= {what for what, was_done in outcomes if not was_done}, "and something was refused"

    wait_until(lambda: settled(sim), what="everything is settled")
    for mchid in (till.mchid, DEALER):
        book = entries(sim, mchid)
        assert book[0]["balance"] == book[0]["amount"]
        assert all(after["balance"] == before["balance"] + after["amount"] for before, after in pairwise(book))
    moved = dict.fromkeys(("分账", "分账收入", "分账失败退回", "分账回退", "分账回退收入"), 0)
    for entry in [*entries(sim, till.mchid), *entries(sim, DEALER)]:
        if entry["business"] in moved:
            moved[entry["business"]] += entry["amount"]
    assert sum(moved.values()) == 0, "what one gave another got"
