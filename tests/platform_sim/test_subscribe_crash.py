"""kill -9 while subscribe messages are sent: no credit is spent without its message, and no timer is forgotten."""

import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.platform_sim.mini import did, notices, openid, visitor
from tests.platform_sim.support import API, Simulator, Sink, wait_until

CREDITS = 60
DATA = {"thing1": {"value": "S7"}, "phrase2": {"value": "已确认"}, "character_string3": {"value": "A1"}, "thing4": {"value": "好"}}


@pytest.fixture
def mortal(tmp_path: Path, sink: Sink) -> Iterator[Simulator]:
    """A simulator that may be killed; it is gone after the test."""
    simulator = Simulator(tmp_path / "platform", sink).start()
    yield simulator
    simulator.kill()


def test_credits_and_messages_agree_after_a_kill_amid_two_hundred_sends(mortal: Simulator) -> None:
    user, template_id = visitor(mortal), mortal.mini["subscribe_templates"][0]["template_id"]
    for _ in range(CREDITS):
        did(mortal, user, "subscribe", answers=[{"template_id": template_id, "answer": "accept"}])
    url = f"{mortal.base}/{API}/cgi-bin/message/subscribe/send?access_token={mortal.token()['access_token']}"
    raw = json.dumps({"touser": openid(mortal, user), "template_id": template_id, "data": DATA}, ensure_ascii=False).encode()
    answered: list[dict[str, Any]] = []

    def send() -> None:
        for _ in range(20):
            with contextlib.suppress(requests.RequestException, ValueError):
                answered.append(requests.post(url, data=raw, timeout=60).json())

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(answered) > 20, what="some are answered")
    mortal.kill()
    for thread in threads:
        thread.join()
    mortal.start()
    shown = notices(mortal, user)
    kept = mortal.get(f"users/{user['id']}")["subscriptions"][0]["credits"]
    told = {str(one["msgid"]) for one in answered if one["errcode"] == 0}
    assert len(shown) + kept == CREDITS
    assert told <= {one["msgid"] for one in shown}
    assert len(told) == len([one for one in answered if one["errcode"] == 0])


def test_a_delivery_still_confirms_itself_and_settles_after_a_kill(mortal: Simulator) -> None:
    user, path = visitor(mortal), f"mini-programs/{mortal.mini['appid']}"
    mortal.post(f"{path}/trade-management", managed=True, confirmed=True)
    mortal.paid(user, "CRASH00001")
    body = {
        "order_key": {"order_number_type": 1, "mchid": mortal.merchant["mchid"], "out_trade_no": "CRASH00001"}, "logistics_type": 3,
        "delivery_mode": 1, "shipping_list": [{"item_desc": "订金"}], "upload_time": "2026-11-22T13:29:35.120+08:00",
        "payer": {"openid": openid(mortal, user)},
    }  # fmt: skip
    assert mortal.api("/wxa/sec/order/upload_shipping_info", body)["errcode"] == 0
    mortal.kill()
    mortal.start()
    assert mortal.get(f"{path}/orders")["orders"][0]["frozen"] is True
    mortal.advance(3 * 86400)
    wait_until(lambda: mortal.get(f"{path}/orders")["orders"][0]["order_state"] == 4, what="it settles")
    assert mortal.get(f"{path}/orders")["orders"][0]["frozen"] is False
