"""kill -9 at any moment and a restart: everything that was answered is still true, everything that was pending goes on."""

import contextlib
import itertools
import json
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.platform_sim.support import API, Simulator, Sink, wait_until


@pytest.fixture
def mortal(tmp_path: Path, sink: Sink) -> Iterator[Simulator]:
    """A simulator that may be killed; it is gone after the test."""
    simulator = Simulator(tmp_path / "platform", sink).start()
    yield simulator
    simulator.kill()


def restart(sim: Simulator) -> None:
    sim.kill()
    sim.start()


def test_codes_tokens_orders_and_messages_outlive_a_crash(mortal: Simulator) -> None:
    user = mortal.user()
    used, fresh = (mortal.post(f"users/{user['id']}/login-code", appid=mortal.mini["appid"])["code"] for _ in range(2))
    mortal.login(used)
    token = mortal.token()["access_token"]
    prepay_id = mortal.prepay(user, "MQCRASH001")[1]["prepay_id"]
    body = {
        "touser": "adv001",
        "msgtype": "text",
        "text": {"content": "您好"},
        "agentid": mortal.corp["agentid"],
        "enable_duplicate_check": 1,
    }
    sent = mortal.work("/cgi-bin/message/send", body)
    restart(mortal)
    assert mortal.login(used)["errcode"] == 40163
    assert mortal.login(fresh)["openid"] == user["openids"][mortal.mini["appid"]]
    assert mortal.token()["access_token"] == token
    assert mortal.post(f"users/{user['id']}/pay", **mortal.sheet(prepay_id))["result"] == "ok"
    assert mortal.work("/cgi-bin/message/send", body)["msgid"] == sent["msgid"]
    assert len(mortal.get("staff/adv001/inbox")["messages"]) == 1


def test_a_notification_that_waited_for_its_retry_is_sent_after_the_crash(mortal: Simulator, sink: Sink) -> None:
    sink.clear()
    sink.answers.append(500)
    mortal.paid(mortal.user(), "MQCRASH002")
    wait_until(lambda: mortal.callbacks(recipient="MQCRASH002")[0]["attempts"] == 1, what="the first attempt fails")
    due = mortal.callbacks(recipient="MQCRASH002")[0]["next_at"]
    restart(mortal)
    assert mortal.callbacks(recipient="MQCRASH002")[0]["next_at"] == due
    mortal.advance(15)
    wait_until(lambda: mortal.callbacks(recipient="MQCRASH002", state="delivered"), what="the second attempt arrives")
    assert len(sink.at("/paid")) == 2


def test_a_notification_cut_off_in_the_middle_is_sent_again(mortal: Simulator, sink: Sink) -> None:
    sink.clear()
    sink.answer_again.clear()
    sink.silent.set()
    mortal.paid(mortal.user(), "MQCRASH003")
    wait_until(lambda: sink.at("/paid"), what="the notification is under way")
    mortal.kill()
    sink.silent.clear()
    sink.answer_again.set()
    mortal.start()
    wait_until(lambda: mortal.callbacks(recipient="MQCRASH003", state="delivered"), what="it arrives after the restart")


def test_a_refund_settles_after_the_crash(mortal: Simulator, sink: Sink) -> None:
    mortal.paid(mortal.user(), "MQCRASH004")
    mortal.refund("MQCRASH004", "RFCRASH4", refund=1, notify_url=f"{sink.url}/refunded")
    restart(mortal)
    wait_until(lambda: json.loads(mortal.merchant_client.query_refund("RFCRASH4")[1])["status"] == "SUCCESS", what="settled")
    wait_until(lambda: mortal.callbacks(event="REFUND.SUCCESS", state="delivered"), what="notified")


def test_the_moved_clock_planted_faults_and_keys_outlive_a_crash(mortal: Simulator) -> None:
    mortal.advance(86_400)
    mortal.post("faults", lose_callbacks=3)
    restart(mortal)
    assert mortal.get("clock")["offset_seconds"] == 86_400
    [fault] = mortal.get("faults")["faults"]
    assert (fault["kind"], fault["path"], fault["times"]) == ("lose_callbacks", None, 3)
    again = Simulator(mortal.folder, mortal.sink)
    assert again.credentials == mortal.credentials


def orders_until_cut_off(sim: Simulator, user: dict, *, prefix: str) -> list[tuple[str, str]]:
    """Open orders until the server is gone; the number and the prepay_id of each that was answered."""
    answered = []
    with contextlib.suppress(requests.RequestException):
        for n in itertools.count():
            status, answer = sim.prepay(user, f"{prefix}{n:05}")
            assert status == 200
            answered.append((f"{prefix}{n:05}", answer["prepay_id"]))
    return answered


def test_whatever_was_answered_before_the_kill_is_kept(mortal: Simulator) -> None:
    """Orders are opened one after the other while another thread kills the server at a random moment, four times."""
    user, answered = mortal.user(), []
    for round_ in range(4):
        killer = threading.Timer(random.uniform(0.1, 0.5), mortal.kill)
        killer.start()
        answered += orders_until_cut_off(mortal, user, prefix=f"MQROUND{round_}N")
        killer.join()
        mortal.start()
    kept = {payment["out_trade_no"] for payment in mortal.get("payments", limit=1000)["payments"]}
    assert {number for number, _ in answered} <= kept
    assert len(kept) - len(answered) <= 4, "at most the one order per kill whose answer was cut off"
    assert mortal.post(f"users/{user['id']}/pay", **mortal.sheet(answered[-1][1]))["result"] == "ok"


def calls_until_cut_off(sim: Simulator, openid: str, token: str, *, name: str) -> list[str]:
    """Send template messages until the server is gone; the request ids of those that were answered."""
    answered: list[str] = []
    fields = {"thing1": "极曜 S7", "amount2": "2000.00元", "character_string3": "MQ1", "phrase4": "已退款"}
    message = {
        "touser": openid, "template_id": sim.credentials["templates"]["deposit_refunded"],
        "data": {key: {"value": value} for key, value in fields.items()},
    }  # fmt: skip
    url = f"{sim.base}/{API}/cgi-bin/message/template/send"
    with contextlib.suppress(requests.RequestException), requests.Session() as session:
        for n in itertools.count():
            body = json.dumps({**message, "client_msg_id": f"{name}-{n}"}, ensure_ascii=False).encode()
            answer = session.post(url, params={"access_token": token}, data=body, headers={"X-Request-Id": f"{name}-{n}"}, timeout=60)
            assert answer.json()["errcode"] == 0
            answered.append(f"{name}-{n}")
    return answered


def test_every_answer_under_load_is_in_the_record_after_the_kill(mortal: Simulator) -> None:
    """Sixteen at once share their commits; none is answered before the one it is in."""
    openids = [mortal.user()["openids"][mortal.service["appid"]] for _ in range(16)]
    for limit in mortal.get("limits")["limits"]:
        if limit["name"].startswith("service.template") and not limit["name"].endswith("_seconds"):
            mortal.post("limits", name=limit["name"], value=10**9)
    token = mortal.token(mortal.service)["access_token"]
    with ThreadPoolExecutor(16) as pool:
        under_way = [pool.submit(calls_until_cut_off, mortal, openid, token, name=f"crash{n}") for n, openid in enumerate(openids)]
        wait_until(lambda: mortal.get("calls", limit=1000, path="*/template/send")["calls"][99:], what="a hundred calls")
        mortal.kill()
        answered = [name for one in under_way for name in one.result()]
    mortal.start()
    rows, after = [], 0
    while page := mortal.get("calls", path="*/template/send", limit=1000, after=after)["calls"]:
        rows, after = rows + page, page[-1]["id"]
    assert set(answered) <= {row["request_id"] for row in rows}
    assert 100 - 16 <= len(answered) <= len(rows) <= len(answered) + 16
    happened = {row["key"].partition(":")[2]: row["effects"] for row in mortal.get("duplicates", kind="template")["duplicates"]}
    assert {happened[name] for name in answered} == {1}
    recorded = {row["request_id"] for row in rows}
    assert set(happened) == recorded, "an effect and its record are of one commit"
