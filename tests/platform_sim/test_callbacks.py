"""Message callbacks: encryption, the three tries, the console's check of an address, planted losses."""

import pytest
from wechatpy.enterprise.crypto import WeChatCrypto as WorkCrypto
from wechatpy.exceptions import InvalidSignatureException
from wechatpy.utils import check_signature

from tests.platform_sim.support import API, PAY, Simulator, Sink, wait_until


def follow(sim: Simulator, user: dict, *, no_more: bool = False) -> str:
    """The user follows (or unfollows) and we get her openid."""
    sim.post(f"users/{user['id']}/{'unfollow' if no_more else 'follow'}", appid=sim.service["appid"])
    return user["openids"][sim.service["appid"]]


def test_following_and_unfollowing_are_pushed_once_each_and_encrypted(sim: Simulator) -> None:
    user = sim.user(follow=False)
    openid = follow(sim, user)
    follow(sim, user)
    follow(sim, user, no_more=True)
    for name in ("subscribe", "unsubscribe"):
        [event] = wait_until(lambda name=name: [e for e in sim.events(sim.service, name) if e["FromUserName"] == openid], what=name)
        assert (event["ToUserName"], event["MsgType"]) == (sim.service["original_id"], "event")
    received = next(one for one in sim.sink.received if one["query"].get("openid") == openid)
    assert openid not in received["body"]
    check_signature(sim.service["token"], *(received["query"][name] for name in ("signature", "timestamp", "nonce")))
    assert received["query"]["encrypt_type"] == "aes"


def test_a_callback_changed_on_the_way_does_not_verify(sim: Simulator) -> None:
    openid = follow(sim, sim.user(follow=False))
    received = wait_until(lambda: [one for one in sim.sink.received if one["query"].get("openid") == openid], what="the push")[0]
    with pytest.raises(InvalidSignatureException):
        sim.opened({**received, "query": {**received["query"], "nonce": "other"}})


def test_a_message_is_tried_three_times_and_then_given_up(sim: Simulator, sink: Sink) -> None:
    sink.answers.extend([500, (200, "oops"), 503])
    openid = follow(sim, sim.user(follow=False))

    def row() -> dict:
        return sim.callbacks(recipient=openid)[0]

    for attempts in (1, 2):
        wait_until(lambda attempts=attempts: row()["attempts"] == attempts, what=f"attempt {attempts}")
        sim.advance(5)
    wait_until(lambda: row()["state"] == "given_up", what="given up")
    assert (row()["attempts"], row()["last_status"]) == (3, 503)
    sim.advance(86_400)
    assert len(sim.events(sim.service, "subscribe")) >= 3
    assert row()["attempts"] == 3


@pytest.mark.parametrize("answer", ["success", "", "<xml><Encrypt>x</Encrypt></xml>"])
def test_success_nothing_or_a_reply_end_the_tries(sim: Simulator, sink: Sink, answer: str) -> None:
    sink.answers.append((200, answer))
    openid = follow(sim, sim.user(follow=False))
    wait_until(lambda: sim.callbacks(recipient=openid, state="delivered"), what="delivered")


def test_who_does_not_answer_within_five_seconds_is_asked_again(sim: Simulator, sink: Sink) -> None:
    sink.silent.set()
    sink.answer_again.clear()
    openid = follow(sim, sim.user(follow=False))
    wait_until(lambda: sim.callbacks(recipient=openid)[0]["attempts"] == 1, what="the first attempt ends")
    assert sim.callbacks(recipient=openid)[0]["last_error"] == "TimeoutError"
    sink.silent.clear()
    sink.answer_again.set()
    sim.advance(5)
    wait_until(lambda: sim.callbacks(recipient=openid, state="delivered"), what="delivered at the second try")


def test_a_planted_loss_loses_exactly_that_many(sim: Simulator) -> None:
    sim.post("faults", lose_callbacks=1)
    lost, sent = follow(sim, sim.user(follow=False)), follow(sim, sim.user(follow=False))
    wait_until(lambda: sim.callbacks(recipient=sent, state="delivered"), what="the second is sent")
    assert sim.callbacks(recipient=lost)[0]["state"] == "lost"
    assert sim.get("faults")["faults"] == []


def test_the_console_checks_the_address_of_a_service_account_by_echo(sim: Simulator, sink: Sink) -> None:
    def echo(query: dict[str, str]) -> str:
        check_signature(sim.service["token"], query["signature"], query["timestamp"], query["nonce"])
        return query["echostr"]

    sink.echo = echo
    assert sim.post("verify-callback", appid=sim.service["appid"])["ok"] is True
    sink.echo = lambda query: "wrong"
    assert sim.post("verify-callback", appid=sim.service["appid"])["ok"] is False


def test_the_console_checks_the_address_of_a_corp_by_decryption(sim: Simulator, sink: Sink) -> None:
    crypt = WorkCrypto(sim.corp["token"], sim.corp["aes_key"], sim.corp["corpid"])
    names = ("msg_signature", "timestamp", "nonce", "echostr")
    sink.echo = lambda query: crypt.check_signature(*(query[name] for name in names))
    assert sim.post("verify-callback", appid=sim.corp["corpid"])["ok"] is True
    sink.echo = lambda query: query["echostr"]
    assert sim.post("verify-callback", appid=sim.corp["corpid"])["ok"] is False


def test_a_planted_error_code_is_answered_that_often_and_changes_nothing(sim: Simulator) -> None:
    user = sim.user()
    code = sim.post(f"users/{user['id']}/login-code", appid=sim.mini["appid"])["code"]
    sim.post("faults", errcode={"path": "/sns/jscode2session", "code": -1, "times": 2})
    assert [sim.login(code)["errcode"] for _ in range(2)] == [-1, -1]
    assert "openid" in sim.login(code)
    sim.post("faults", errcode={"path": "/v3/pay/transactions/*", "code": "SYSTEM_ERROR", "times": 1})
    status, answer = sim.prepay(user, "MQFAULT001")
    assert (status, answer["code"]) == (500, "SYSTEM_ERROR")
    assert sim.prepay(user, "MQFAULT001")[0] == 200


def test_a_timeout_after_acceptance_has_the_effect_but_no_answer(sim: Simulator) -> None:
    user = sim.user()
    sim.post("faults", timeout_after_accept={"path": "/v3/pay/transactions/jsapi", "times": 1})
    client = sim.pay_client()
    client._core._timeout = (2, 1)
    with pytest.raises(Exception, match=r"[Tt]imed out"):
        sim.prepay(user, "MQFAULT002", client=client)
    assert sim.prepay(user, "MQFAULT002")[0] == 200
    [row] = [row for row in sim.get("duplicates", kind="out_trade_no")["duplicates"] if row["key"] == "MQFAULT002"]
    assert (row["attempts"], row["effects"]) == (2, 1)
    assert [call["outcome"] for call in sim.get("calls", path="/v3/pay/transactions/jsapi", limit=2)["calls"]] == ["answered", "timed out"]


def test_every_call_is_recorded_without_its_secrets(sim: Simulator) -> None:
    after = sim.get("calls", limit=1)["calls"][0]["id"]
    user = sim.user(phone="13611112222")
    code = sim.post(f"users/{user['id']}/login-code", appid=sim.mini["appid"])["code"]
    session = sim.login(code)
    phone_code = sim.post(f"users/{user['id']}/phone-code", appid=sim.mini["appid"])["code"]
    token = sim.token()["access_token"]
    sim.api("/wxa/business/getuserphonenumber", {"code": phone_code}, token=token)
    sim.call(API, "GET", "/sns/jscode2session", appid="x")
    listed = sim.get("calls", after=after)["calls"]
    assert [(call["host"], call["path"], call["errcode"]) for call in listed] == [
        (API, "/sns/jscode2session", "0"),
        (API, "/cgi-bin/stable_token", "0"),
        (API, "/wxa/business/getuserphonenumber", "0"),
        (API, "/sns/jscode2session", "41004"),
    ]
    written = (sim.folder / "state.sqlite-wal").read_bytes() + (sim.folder / "state.sqlite").read_bytes()
    everything = str(listed)
    for secret in (sim.mini["secret"], session["session_key"], code, phone_code, token, "13611112222"):
        assert secret not in everything
    assert sim.mini["secret"].encode() not in written
    assert sim.get("calls", path="/v3/*", after=after)["calls"] == []
    assert PAY not in everything
