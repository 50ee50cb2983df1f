"""Two brands in one world: each merchant has its own keys, orders, money and bills."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from miniprogram_mock.platform.world import merchants
from tests.platform_sim.support import Simulator, Sink, wait_until
from tests.platform_sim.till import Till


class Brands(Simulator):
    """A simulator whose world has a second mini-program and a second merchant, which has certificates only."""

    def __init__(self, folder: Path, sink: Sink) -> None:
        super().__init__(folder, sink)
        world = json.loads((folder / "world.json").read_text())
        second = {**world["mini_programs"][0], "appid": "wxsecondbrand0001", "original_id": "gh_secondbrand", "name": "远山汽车"}
        world["mini_programs"].append(second)
        other = merchants.new(second["appid"])[0]
        world["merchants"].append({**other, "mchid": "1900000777", "name": "远山汽车销售有限公司", "key_mode": "certificate"})
        (folder / "world.json").write_text(json.dumps(world))
        init = [sys.executable, "-m", "miniprogram_mock.platform", "init", "--dir", str(folder), "--callback-base", sink.url]
        subprocess.run(init, check=True, capture_output=True)
        accounts = json.loads((folder / "accounts.json").read_text())["accounts"]
        self.merchants = [one for one in accounts if one["kind"] == "merchant"]


@pytest.fixture(scope="module")
def brands(tmp_path_factory: pytest.TempPathFactory, sink: Sink) -> Iterator[Brands]:
    simulator = Brands(tmp_path_factory.mktemp("brands"), sink)
    simulator.start()
    yield simulator
    simulator.stop()


@pytest.fixture
def tills(brands: Brands) -> tuple[Till, Till]:
    first, second = (Till(brands, entry) for entry in brands.merchants)
    second.fetch_certificates()
    return first, second


def paid(till: Till, user: dict[str, Any], number: str, total: int) -> None:
    assert till.pay(user, till.order(user, number, total=total))["result"] == "ok"


def test_the_console_of_a_merchant_with_certificates_shows_no_public_key(brands: Brands) -> None:
    first, second = brands.merchants
    assert (first["key_mode"], second["key_mode"]) == ("public_key", "certificate")
    assert ("public_key" in first, "public_key_id" in second, "public_key" in second) == (True, False, False)


def test_one_number_is_two_orders_of_two_merchants(brands: Brands, tills: tuple[Till, Till]) -> None:
    user = brands.user()
    for till, total in zip(tills, (100, 200), strict=True):
        paid(till, user, "BRAND00001", total)
    told = [till.query("BRAND00001") for till in tills]
    assert [one["amount"]["total"] for one in told] == [100, 200]
    assert [one["payer"]["openid"] for one in told] == [user["openids"][till.entry["appid"]] for till in tills]
    assert [till.balance()["held"] for till in tills] == [99, 199]


def test_each_is_told_under_its_own_keys(brands: Brands, tills: tuple[Till, Till]) -> None:
    first, second = tills
    paid(second, brands.user(), "BRAND00002", 300)
    [told] = wait_until(lambda: second.notices("/paid", "BRAND00002"), what="the notification")
    assert (told["signed_by"] in second.keys, told["serial"] in first.keys) == (True, False)
    assert first.notices("/paid", "BRAND00002") == [], "sealed with the other's APIv3 key"


def test_the_same_seed_mixes_the_keys_in_the_same_order(brands: Brands, tills: tuple[Till, Till]) -> None:
    """Each merchant counts its own notifications: with one seed, the n-th of both is signed by the same kind of key."""
    kinds = []
    for till in tills:
        brands.post(f"merchants/{till.mchid}/key-mode", mode="mixed")
        user, serials = brands.user(), []
        for n in range(10):
            number = f"BRMIX{till.mchid}{n}"
            paid(till, user, number, 1)
            [told] = wait_until(lambda t=till, number=number: t.notices("/paid", number), what="the notification")
            serials.append(told["serial"])
        kinds.append([serial.startswith("PUB_KEY_ID_") for serial in serials])
    assert (kinds[0], set(kinds[0])) == (kinds[1], {True, False})


def test_neither_finds_nor_signs_for_the_other(brands: Brands, tills: tuple[Till, Till]) -> None:
    first, second = tills
    user = brands.user()
    paid(second, user, "BRAND00003", 300)
    transaction_id = second.query("BRAND00003")["transaction_id"]
    assert first.ask("GET", f"/v3/pay/transactions/id/{transaction_id}", mchid=first.mchid).refusal == (404, "ORDER_NOT_EXIST")
    assert first.ask("GET", f"/v3/pay/transactions/id/{transaction_id}", mchid=second.mchid).refusal == (400, "PARAM_ERROR")
    assert first.refund("BRAND00003", "BRREF00003", refund=1, total=300).refusal == (404, "RESOURCE_NOT_EXISTS")
    wrong = {**first.order(user, "BRAND00004"), "appid": second.entry["appid"]}
    assert first.prepay(wrong).refusal == (400, "APPID_MCHID_NOT_MATCH")
    forged = Till(brands, {**first.entry, "mchid": second.mchid, "merchant_serial": second.entry["merchant_serial"]})
    assert forged.ask("GET", "/v3/certificates").refusal == (401, "SIGN_ERROR")
