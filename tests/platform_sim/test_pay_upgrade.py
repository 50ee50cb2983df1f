"""A simulator's folder of an earlier version goes on: its keys are kept, its payments can be refunded."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

from tests.platform_sim.support import Simulator, Sink
from tests.platform_sim.till import direct


def test_a_world_of_an_earlier_version_keeps_its_keys_and_gets_what_it_lacks(tmp_path: Path) -> None:
    init = [sys.executable, "-m", "miniprogram_mock.platform", "init", "--dir", str(tmp_path), "--callback-base", "http://127.0.0.1:9"]
    subprocess.run(init, check=True, capture_output=True)
    world, accounts = (tmp_path / "world.json"), (tmp_path / "accounts.json")
    told = json.loads(world.read_text())
    new = ("merchant_certificate", "platform_certificate", "certificate_private_key", "key_mode", "sub_merchants")
    old = {name: value for name, value in told["merchants"][0].items() if name not in new}
    world.write_text(json.dumps({**told, "merchants": [old]}))
    subprocess.run(init, check=True, capture_output=True)
    upgraded = json.loads(accounts.read_text())
    [merchant] = [one for one in upgraded["accounts"] if one["kind"] == "merchant"]
    kept = ("mchid", "merchant_private_key", "apiv3_key", "public_key_id")
    assert {name: merchant[name] for name in kept} == {name: old[name] for name in kept}
    assert (merchant["key_mode"], len(upgraded["partners"][0]["sub_mchids"])) == ("public_key", 2)


def test_payments_from_before_there_was_a_book_of_money_can_be_refunded(tmp_path: Path, sink: Sink) -> None:
    sim = Simulator(tmp_path, sink).start()
    till, user = direct(sim), sim.user()
    for number in ("UPGRADE001", "UPGRADE002"):
        till.pay(user, till.order(user, number, total=1_000))
    assert till.refund("UPGRADE001", "UPREF00001", refund=400, total=1_000).status == 200
    assert sim.stop() == 0
    with sqlite3.connect(tmp_path / "state.sqlite") as state:
        state.execute("DELETE FROM pay_funds")
    sim.start()
    assert till.balance()["available"] == 1_600
    sim.advance(61)
    assert till.refund("UPGRADE001", "UPREF00002", refund=600, total=1_000).status == 200
    assert sim.stop() == 0
    sim.start()
    assert till.balance()["available"] == 1_600 - 600 + 4, "the book is opened once"
    assert sim.stop() == 0
