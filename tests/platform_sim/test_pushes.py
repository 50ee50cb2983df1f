"""Pushes as accounts have them set: XML or JSON, encrypted or plain; and callbacks that are duplicated, late, swapped or spoilt."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException, InvalidSignatureException
from wechatpy.utils import check_signature

from tests.platform_sim.support import Simulator, Sink, wait_until


@pytest.fixture(autouse=True)
def as_it_was(sim: Simulator, sink: Sink) -> Iterator[None]:
    """The consoles' settings go back, and what was pushed before is gone."""
    sink.clear()
    yield
    for account in (sim.mini, sim.service):
        switch(sim, account, push_format="xml", push_on=True, push_encrypted=True, create_time_as_text=False)


def switch(sim: Simulator, account: dict, **values: object) -> None:
    sim.post(f"accounts/{account['appid']}/switches", **values)


def follow(sim: Simulator) -> str:
    user = sim.user(follow=False)
    sim.post(f"users/{user['id']}/follow", appid=sim.service["appid"])
    return user["openids"][sim.service["appid"]]


def asked(sim: Simulator, answers: int) -> str:
    """Somebody answers so many templates of the mini-program; her openid."""
    user = sim.user()
    ids = [one["template_id"] for one in sim.mini["subscribe_templates"]][:answers]
    chosen = [{"template_id": template_id, "answer": "accept"} for template_id in ids]
    sim.post(f"users/{user['id']}/subscribe", appid=sim.mini["appid"], answers=chosen)
    return user["openids"][sim.mini["appid"]]


def pushed(sim: Simulator, openid: str, *, copies: int = 1) -> list[dict[str, Any]]:
    def found() -> list[dict[str, Any]] | None:
        got = [one for one in sim.sink.received if one["query"].get("openid") == openid]
        return got if len(got) >= copies else None

    return wait_until(found, what=f"{copies} pushes for {openid}")


def decrypted(sim: Simulator, account: dict, push: dict[str, Any]) -> dict[str, Any]:
    """A JSON push as the merchant verifies and reads it."""
    query, envelope = push["query"], json.loads(push["body"])
    assert push["headers"]["Content-Type"] == "application/json"
    xml = f"<xml><ToUserName>{envelope['ToUserName']}</ToUserName><Encrypt>{envelope['Encrypt']}</Encrypt></xml>"
    crypt = WeChatCrypto(account["token"], account["aes_key"], account["appid"])
    return json.loads(crypt.decrypt_message(xml, query["msg_signature"], query["timestamp"], query["nonce"]))


def test_in_json_one_item_is_an_object_and_several_are_an_array(sim: Simulator) -> None:
    switch(sim, sim.mini, push_format="json")
    [one], [two] = (pushed(sim, asked(sim, answers)) for answers in (1, 2))
    single, several = decrypted(sim, sim.mini, one), decrypted(sim, sim.mini, two)
    assert (single["MsgType"], single["Event"]) == ("event", "subscribe_msg_popup_event")
    assert single["List"]["SubscribeStatusString"] == "accept"
    assert [item["SubscribeStatusString"] for item in several["List"]] == ["accept", "accept"]
    assert "SubscribeMsgPopupEvent" not in several
    assert type(single["CreateTime"]) is int


def test_create_time_may_be_a_text(sim: Simulator) -> None:
    switch(sim, sim.mini, push_format="json", create_time_as_text=True)
    [push] = pushed(sim, asked(sim, 1))
    assert type(decrypted(sim, sim.mini, push)["CreateTime"]) is str


@pytest.mark.parametrize("form", ["xml", "json"])
def test_in_plain_mode_the_message_is_readable_and_its_query_signed(sim: Simulator, form: str) -> None:
    switch(sim, sim.mini, push_format=form, push_encrypted=False)
    [push] = pushed(sim, asked(sim, 1))
    assert "subscribe_msg_popup_event" in push["body"]
    assert set(push["query"]) == {"signature", "timestamp", "nonce", "openid"}
    check_signature(sim.mini["token"], *(push["query"][name] for name in ("signature", "timestamp", "nonce")))


def test_an_account_without_message_push_is_told_nothing(sim: Simulator) -> None:
    switch(sim, sim.service, push_on=False)
    silent = follow(sim)
    switch(sim, sim.service, push_on=True)
    pushed(sim, follow(sim))
    assert sim.callbacks(recipient=silent) == []


@pytest.mark.parametrize(
    ("values", "status"), [({"push_format": "yaml"}, 422), ({"push_encrypted": "no"}, 422), ({"earthquake": True}, 404)]
)
def test_a_switch_takes_only_what_it_knows(sim: Simulator, values: dict, status: int) -> None:
    url = f"{sim.base}/_sim/accounts/{sim.mini['appid']}/switches"
    before = sim.http.get(url, timeout=60).json()["switches"]
    assert sim.http.post(url, json={"create_time_as_text": True, **values}, timeout=60).status_code == status
    assert sim.http.get(url, timeout=60).json()["switches"] == before


def test_every_attempt_is_encrypted_anew_and_written_down(sim: Simulator, sink: Sink) -> None:
    sink.answers.extend([500, (200, "success")])
    openid = follow(sim)
    wait_until(lambda: sim.callbacks(recipient=openid)[0]["attempts"] == 1, what="the first attempt fails")
    sim.advance(5)
    first, second = pushed(sim, openid, copies=2)
    wait_until(lambda: sim.callbacks(recipient=openid, state="delivered"), what="delivered")
    assert first["body"] != second["body"]
    assert first["query"]["nonce"] != second["query"]["nonce"]
    assert sim.opened(first) == sim.opened(second)
    shown = sim.get(f"callbacks/{sim.callbacks(recipient=openid)[0]['id']}")
    assert [(one["status"], one["error"], one["answer"]) for one in shown["tried"]] == [(500, "HTTP 500", ""), (200, None, "success")]
    assert all(one["ms"] > 0 for one in shown["tried"])


def test_a_duplicated_callback_arrives_as_often_as_said(sim: Simulator) -> None:
    sim.post("faults", faults=[{"kind": "duplicate_callbacks", "times": 1, "copies": 3}])
    openid = follow(sim)
    wait_until(lambda: len(sim.callbacks(recipient=openid, state="delivered")) == 3, what="three deliveries")
    copies = [sim.opened(push) for push in pushed(sim, openid, copies=3)]
    assert copies[0] == copies[1] == copies[2]
    assert {row["fault"] for row in sim.callbacks(recipient=openid)} == {"duplicate_callbacks"}


def test_a_late_callback_comes_that_much_later(sim: Simulator) -> None:
    sim.post("faults", faults=[{"kind": "late_callbacks", "times": 1, "by": 600}])
    late, prompt = follow(sim), follow(sim)
    pushed(sim, prompt)
    assert sim.callbacks(recipient=late)[0]["state"] == "pending"
    sim.advance(590)
    assert not [one for one in sim.sink.received if one["query"].get("openid") == late]
    sim.advance(11)
    pushed(sim, late)


def test_a_swapped_callback_comes_after_the_next_one(sim: Simulator) -> None:
    sim.post("faults", faults=[{"kind": "swap_callbacks", "times": 1}])
    first, second = follow(sim), follow(sim)
    pushed(sim, first)
    arrived = [one["query"]["openid"] for one in sim.sink.received if one["query"].get("openid") in (first, second)]
    assert arrived == [second, first]


def test_a_swapped_callback_without_a_next_one_comes_in_the_end(sim: Simulator) -> None:
    sim.post("faults", faults=[{"kind": "swap_callbacks", "times": 1}])
    alone = follow(sim)
    sim.advance(61)
    pushed(sim, alone)


def test_a_wrong_signature_is_put_right_at_the_next_try(sim: Simulator, sink: Sink) -> None:
    sim.post("faults", faults=[{"kind": "bad_signature", "times": 1}])
    sink.answers.append(403)
    openid = follow(sim)
    [bad] = pushed(sim, openid)
    with pytest.raises(InvalidSignatureException):
        sim.opened(bad)
    wait_until(lambda: sim.callbacks(recipient=openid)[0]["attempts"] == 1, what="the refusal is written down")
    sim.advance(5)
    assert sim.opened(pushed(sim, openid, copies=2)[1])["Event"] == "subscribe"


def test_a_message_for_another_receiver_verifies_but_names_another(sim: Simulator, sink: Sink) -> None:
    sim.post("faults", faults=[{"kind": "wrong_receiver", "times": 1}])
    sink.answers.append(403)
    [strange] = pushed(sim, follow(sim))
    with pytest.raises(InvalidAppIdException):
        sim.opened(strange)


def test_a_fault_of_callbacks_strikes_only_the_events_it_names(sim: Simulator) -> None:
    sim.post("faults", faults=[{"kind": "lose_callbacks", "path": "unsub*", "account": sim.service["appid"]}])
    user = sim.user(follow=False)
    for what in ("follow", "unfollow"):
        sim.post(f"users/{user['id']}/{what}", appid=sim.service["appid"])
    openid = user["openids"][sim.service["appid"]]
    states = {row["event"]: row["state"] for row in sim.callbacks(recipient=openid)}
    assert (states["unsubscribe"], states["subscribe"] != "lost") == ("lost", True)


@pytest.mark.parametrize(("kind", "beginning"), [("signtest", "WECHATPAY/SIGNTEST/"), ("wrong_serial", None), ("bad_signature", None)])
def test_a_spoilt_pay_notification_is_refused_and_comes_again_right(sim: Simulator, sink: Sink, kind: str, beginning: str | None) -> None:
    def verdict(received: dict[str, Any]) -> bool:
        client = sim.pay_client()
        try:
            return bool(client.callback(received["headers"], received["body"]))
        except Exception:
            return False

    sim.post("faults", faults=[{"kind": kind, "path": "TRANSACTION.*", "times": 1}])
    sink.answers.append(500)
    number = f"MQ{kind.upper().replace('_', '')}1"
    sim.paid(sim.user(), number)
    [bad] = wait_until(lambda: sink.at("/paid"), what="the first notification")
    assert verdict(bad) is False
    assert beginning is None or bad["headers"]["Wechatpay-Signature"].startswith(beginning)
    wait_until(lambda: sim.callbacks(recipient=number)[0]["attempts"] == 1, what="the refusal is written down")
    sim.advance(15)
    wait_until(lambda: len(sink.at("/paid")) == 2, what="the second notification")
    assert verdict(sink.at("/paid")[1]) is True
